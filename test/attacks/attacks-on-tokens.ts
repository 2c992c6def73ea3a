/** Tokens once they are out: replayed, taken elsewhere, widened, asked about. RFC 9700 §4.9, §4.10, §4.14; RFC 6749 §2.3, §6. */
import assert from 'node:assert/strict';
import {
  basic,
  clinic,
  codeFields,
  hospital,
  postForm,
  refreshFields,
  secret,
} from '@affinity/authorization-server/testing/domain.ts';
import { createClinic, observation } from '@affinity/resource-server/testing/clinic.ts';
import { type Attack, assertRefused, codeOfVictim, tokensOfVictim } from './attack.ts';

/** A clinic that takes the tokens of the usual issuer, and what it says to a token that is off. */
const statusAtClinic = async (
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Promise<number> => {
  const place = await createClinic();
  await place.put(observation('o1', 'a', 'laboratory'));
  assert.equal((await place.send('/Observation/o1', await place.token())).status, 200);
  return (await place.send('/Observation/o1', await place.token(claims, header))).status;
};

export const attacksOnTokens: readonly Attack[] = [
  {
    name: 'refresh token replay: the one that was rotated ends the family',
    section: '4.14.2',
    run: async (domain) => {
      const { refresh_token: first } = await tokensOfVictim(domain);
      const second = (await (await domain.token(refreshFields(first), basic('web'))).json()) as Record<string, string>;
      domain.advance(11);
      await assertRefused(await domain.token(refreshFields(first), basic('web')), 'invalid_grant', 400);
      await assertRefused(await domain.token(refreshFields(second.refresh_token), basic('web')), 'invalid_grant', 400);
      const about = await postForm(domain.server, '/introspect', { token: second.access_token ?? '' }, basic('web'));
      assert.deepEqual(await about.json(), { active: false });
    },
  },
  {
    name: 'refresh token theft: used by another app',
    section: '4.14.2; RFC 6749 §10.4',
    run: async (domain) => {
      const { refresh_token: token } = await tokensOfVictim(domain);
      await assertRefused(await domain.token(refreshFields(token), basic('other')), 'invalid_grant', 400);
      assert.equal(
        (await domain.token(refreshFields(token), basic('web'))).status,
        200,
        'the victim is not locked out',
      );
    },
  },
  {
    name: 'refresh: more scope than was granted',
    section: 'RFC 6749 §6',
    run: async (domain) => {
      const { refresh_token: token } = await tokensOfVictim(domain);
      const wider = refreshFields(token, { scope: 'patient/*.cruds' });
      await assertRefused(await domain.token(wider, basic('web')), 'invalid_scope', 400);
    },
  },
  {
    name: 'refresh: after the person was disabled',
    section: '4.14.2',
    run: async (domain) => {
      const { refresh_token: token } = await tokensOfVictim(domain);
      await domain.people.set('ana', { disabled: true }, domain.now());
      try {
        await assertRefused(await domain.token(refreshFields(token), basic('web')), 'invalid_grant', 400);
      } finally {
        await domain.people.set('ana', { disabled: false }, domain.now());
      }
    },
  },
  {
    name: 'client authentication downgrade: a confidential app that says nothing but its name',
    section: '2.5',
    run: async (domain) => {
      const code = await codeOfVictim(domain);
      await assertRefused(await domain.token(codeFields(code, { client_id: 'web' })), 'invalid_client', 401);
    },
  },
  {
    name: 'client authentication: two proofs in one request',
    section: 'RFC 6749 §2.3',
    run: async (domain) => {
      const code = await codeOfVictim(domain);
      const both = codeFields(code, { client_id: 'web', client_secret: secret });
      await assertRefused(await domain.token(both, basic('web')), 'invalid_request', 400);
    },
  },
  {
    name: 'client authentication: a guessed secret',
    section: 'RFC 6749 §2.3.1',
    run: async (domain) => {
      const code = await codeOfVictim(domain);
      await assertRefused(await domain.token(codeFields(code), basic('web', `${secret}x`)), 'invalid_client', 401);
    },
  },
  {
    name: 'introspection: another app asks what a stolen token is worth',
    section: '4.9; RFC 7662 §4',
    run: async (domain) => {
      const { access_token: token } = await tokensOfVictim(domain);
      const about = await postForm(domain.server, '/introspect', { token }, basic('other'));
      assert.deepEqual(await about.json(), { active: false });
    },
  },
  {
    name: 'revocation: another app ends what is not its own',
    section: 'RFC 7009 §2.1',
    run: async (domain) => {
      const { access_token: token, refresh_token: refresh } = await tokensOfVictim(domain);
      for (const stolen of [token, refresh ?? ''])
        assert.equal((await postForm(domain.server, '/revoke', { token: stolen }, basic('other'))).status, 200);
      const about = await postForm(domain.server, '/introspect', { token }, basic('web'));
      assert.equal(((await about.json()) as { active: boolean }).active, true);
    },
  },
  {
    name: 'userinfo: with a token whose grant has ended',
    section: 'RFC 7009 §3',
    run: async (domain) => {
      const { access_token: token } = await tokensOfVictim(domain);
      await postForm(domain.server, '/revoke', { token }, basic('web'));
      const response = await domain.server.fetch(
        new Request('http://localhost:4000/auth/userinfo', { headers: { authorization: `Bearer ${token}` } }),
        {},
      );
      assert.equal(response.status, 401);
    },
  },
  {
    name: 'token replay: at another resource server',
    section: '4.9.2, 4.10.2',
    run: async () => {
      assert.equal(await statusAtClinic({ aud: hospital }), 401);
      assert.equal(await statusAtClinic({ aud: [hospital, `${clinic}/elsewhere`] }), 401);
      assert.equal(await statusAtClinic({ aud: undefined }), 401);
    },
  },
  {
    name: 'token replay: of another issuer whose key is known',
    section: '4.4; RFC 9068 §4',
    run: async () => assert.equal(await statusAtClinic({ iss: 'https://other.example/auth' }), 401),
  },
  {
    name: 'token replay: after its time',
    section: '4.10; RFC 9068 §4',
    run: async () => {
      const iat = Date.UTC(2026, 0, 2) / 1000;
      assert.equal(await statusAtClinic({ iat, exp: iat + 300 }), 401);
      assert.equal(await statusAtClinic({ exp: undefined }), 401);
    },
  },
  {
    name: 'token confusion: an id_token, a logout token or an assertion as an access token',
    section: 'RFC 8725 §3.11; RFC 9068 §4',
    run: async () => {
      for (const typ of ['JWT', 'logout+jwt', 'dpop+jwt', undefined])
        assert.equal(await statusAtClinic({}, { typ }), 401);
    },
  },
];
