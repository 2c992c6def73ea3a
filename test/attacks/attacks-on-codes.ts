/** Codes and the way that they travel. RFC 9700 §4.1, §4.4, §4.5, §4.8; RFC 7636; RFC 9207. */
import assert from 'node:assert/strict';
import {
  authorizeUrl,
  basic,
  callback,
  challenge,
  codeFields,
  issuer,
  postForm,
  verifier,
} from '@affinity/authorization-server/testing/domain.ts';
import {
  type Attack,
  addressOfAttacker,
  assertErrorAfterSignIn,
  assertRefused,
  assertStaysHere,
  codeOfVictim,
  pageOf,
} from './attack.ts';

const otherVerifier = 'a-verifier-of-the-attacker-and-of-nobody-else-at-all';

export const attacksOnCodes: readonly Attack[] = [
  {
    name: 'code injection: a stolen code with a verifier of the attacker',
    section: '4.5',
    run: async (domain) => {
      const code = await codeOfVictim(domain);
      for (const code_verifier of [otherVerifier, challenge])
        await assertRefused(
          await domain.token(codeFields(code, { code_verifier }), basic('web')),
          'invalid_grant',
          400,
        );
      assert.equal((await domain.token(codeFields(code), basic('web'))).status, 200, 'the victim is not locked out');
    },
  },
  {
    name: 'code injection: a stolen code at another app of the attacker',
    section: '4.5',
    run: async (domain) => {
      const code = await codeOfVictim(domain);
      await assertRefused(await domain.token(codeFields(code), basic('other')), 'invalid_grant', 400);
    },
  },
  {
    name: 'code injection: redeemed with another redirect_uri than it was sent to',
    section: '4.1, 4.5',
    run: async (domain) => {
      const code = await codeOfVictim(domain);
      const elsewhere = codeFields(code, { redirect_uri: 'http://localhost:4000/apps/vitals/other' });
      await assertRefused(await domain.token(elsewhere, basic('web')), 'invalid_grant', 400);
    },
  },
  {
    name: 'code replay: the second use ends what the first one gave',
    section: '4.5; RFC 6749 §4.1.2',
    run: async (domain) => {
      const code = await codeOfVictim(domain);
      const first = await domain.token(codeFields(code), basic('web'));
      const { access_token: token = '' } = (await first.json()) as { access_token?: string };
      await assertRefused(await domain.token(codeFields(code), basic('web')), 'invalid_grant', 400);
      const about = await postForm(domain.server, '/introspect', { token }, basic('web'));
      assert.deepEqual(await about.json(), { active: false });
    },
  },
  {
    name: 'PKCE downgrade: a request without a challenge',
    section: '4.8',
    run: (domain) =>
      assertErrorAfterSignIn(
        domain,
        { code_challenge: undefined, code_challenge_method: undefined },
        'invalid_request',
      ),
  },
  {
    name: 'PKCE downgrade: the method plain, said or left out',
    section: '4.8; RFC 7636 §4.3',
    run: async (domain) => {
      await assertErrorAfterSignIn(domain, { code_challenge_method: 'plain' }, 'invalid_request');
      await assertErrorAfterSignIn(domain, { code_challenge_method: undefined }, 'invalid_request');
    },
  },
  {
    name: 'PKCE downgrade: a verifier for a code that has no challenge',
    section: '4.8',
    run: async (domain) => {
      const code = await codeOfVictim(domain);
      await domain.database.pool.query(
        `update authorization_state set payload = payload - 'codeChallenge' where model = 'AuthorizationCode'`,
      );
      await assertRefused(await domain.token(codeFields(code), basic('web')), 'invalid_grant', 400);
    },
  },
  {
    name: 'redirect manipulation: an address that only resembles the registered one',
    section: '4.1',
    run: async (domain) => {
      const upper = callback.toUpperCase();
      const wrong = [
        addressOfAttacker,
        `${callback}/`,
        `${callback}/../../../evil`,
        `${callback}?next=https://attacker.example`,
        `${callback}#fragment`,
        `${callback}%2f..`,
        `${callback}.attacker.example`,
        callback.replace('localhost', 'localhost@attacker.example'),
        callback.replace('http:', 'https:'),
        callback.replace(':4000', ':4001'),
        upper,
      ];
      for (const redirect_uri of wrong) {
        const response = await domain.browser().open(authorizeUrl({ redirect_uri }));
        assert.equal(response.status, 400, redirect_uri);
        assertStaysHere(response);
        assert.equal((await pageOf(response, 'error')).view.kind, 'bad-return-address', redirect_uri);
      }
    },
  },
  {
    name: 'redirect manipulation: two addresses in one request',
    section: '4.1; RFC 6749 §3.1',
    run: async (domain) => {
      const url = `${authorizeUrl()}&redirect_uri=${encodeURIComponent(addressOfAttacker)}`;
      const response = await domain.browser().open(url);
      assertStaysHere(response);
      await pageOf(response, 'error');
    },
  },
  {
    name: 'mix-up: an answer that does not say who gives it',
    section: '4.4; RFC 9207',
    run: async (domain) => {
      const browser = domain.browser();
      const silent = await browser.open(authorizeUrl({ prompt: 'none' }));
      const target = new URL(silent.headers.get('location') ?? assert.fail('no redirect'));
      assert.deepEqual([target.searchParams.get('error'), target.searchParams.get('iss')], ['login_required', issuer]);
      const faulty = await browser.open(authorizeUrl({ prompt: 'none', scope: 'nothing' }));
      const told = new URL(faulty.headers.get('location') ?? assert.fail('no redirect'));
      assert.deepEqual([told.searchParams.get('error'), told.searchParams.get('iss')], ['invalid_scope', issuer]);
    },
  },
  {
    name: 'counterfeit resource server: a token for a server that is not of the domain',
    section: '4.9.1; SMART App Launch 2.2, aud',
    run: async (domain) => {
      await assertErrorAfterSignIn(domain, { aud: 'https://attacker.example/fhir' }, 'invalid_target');
      await assertErrorAfterSignIn(domain, { aud: undefined }, 'invalid_request');
    },
  },
  {
    name: 'messages between windows, and answers in the fragment',
    section: '4.17, 4.3',
    run: async (domain) => {
      for (const response_mode of ['web_message', 'fragment', 'form_post'])
        await assertErrorAfterSignIn(domain, { response_mode }, 'invalid_request');
      for (const response_type of ['token', 'id_token token', 'code token'])
        await assertErrorAfterSignIn(domain, { response_type }, 'unsupported_response_type');
    },
  },
  {
    name: 'a code that is guessed, and a verifier in the address',
    section: '4.3; RFC 6749 §2.3.1',
    run: async (domain) => {
      const code = await codeOfVictim(domain);
      const response = await postForm(
        domain.server,
        `/token?code_verifier=${verifier}`,
        codeFields(code),
        basic('web'),
      );
      await assertRefused(response, 'invalid_request', 400);
    },
  },
];
