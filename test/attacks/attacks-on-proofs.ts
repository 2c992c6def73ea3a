/** Requests that are pushed, keys that are proved, launches from a record system. RFC 9126 §7; RFC 9449 §11; SMART App Launch 2.2. */
import assert from 'node:assert/strict';
import { createBrowser, type TestBrowser } from '@affinity/authorization-server/testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  codeFields,
  issuer,
  postForm,
  refreshFields,
  signIn,
  type TestDomain,
  type Tokens,
} from '@affinity/authorization-server/testing/domain.ts';
import { ehrToken, launchOf, scope as launchScope } from '@affinity/authorization-server/testing/launch-flow.ts';
import { createProver, type Prover } from '@affinity/proof/testing/prover.ts';
import { createClinic, observation } from '@affinity/resource-server/testing/clinic.ts';
import { type Attack, assertErrorAfterSignIn, assertRefused, codeOfVictim, raceFor } from './attack.ts';

type Changes = Parameters<typeof authorizeUrl>[0];

const endpoint = `${issuer}/token`;
const refusedProof = 'invalid_dpop_proof';

const proofFor = async (
  domain: TestDomain,
  prover: Prover,
  asked: Partial<Parameters<Prover['proof']>[0]> = {},
): Promise<{ dpop: string }> => ({
  dpop: await prover.proof({ url: endpoint, now: domain.now().getTime(), ...asked }),
});

const pushed = async (domain: TestDomain, changes: Changes = {}): Promise<string> => {
  const fields = Object.fromEntries(new URL(authorizeUrl(changes)).searchParams);
  const response = await postForm(domain.server, '/par', fields, basic('web'));
  assert.equal(response.status, 201, await response.clone().text());
  return ((await response.json()) as { request_uri: string }).request_uri;
};
const bring = (reference: string, client = 'web'): string =>
  `${issuer}/authorize?${new URLSearchParams({ client_id: client, request_uri: reference })}`;

/** Of a public app that proves its key. */
const boundTokens = async (domain: TestDomain, prover: Prover): Promise<Tokens> => {
  const code = await codeOfVictim(domain, { client_id: 'browser' });
  const fields = codeFields(code, { client_id: 'browser' });
  const response = await domain.token(fields, await proofFor(domain, prover));
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Tokens;
};

const askUserinfo = (domain: TestDomain, headers: Readonly<Record<string, string>>): Promise<Response> =>
  domain.server.fetch(new Request(`${issuer}/userinfo`, { headers }), { address: '192.0.2.9' });

/** A code of the app `bound`, which has to prove a key where it redeems. */
const boundCode = async (domain: TestDomain, changes: Changes = {}) =>
  codeFields(await codeOfVictim(domain, { client_id: 'bound', ...changes }), { client_id: 'bound' });

export const attacksOnProofs: readonly Attack[] = [
  {
    name: 'pushed request: its reference brought by a second browser',
    section: 'RFC 9126 §7.3',
    run: async (domain) => {
      const reference = await pushed(domain);
      assert.equal((await domain.browser().send(bring(reference))).status, 303);
      assert.equal((await domain.browser().send(bring(reference))).status, 400);
    },
  },
  {
    name: 'pushed request: its reference in the name of another app',
    section: 'RFC 9126 §4, §7.2',
    run: async (domain) => {
      const reference = await pushed(domain);
      assert.equal((await domain.browser().send(bring(reference, 'other'))).status, 400);
      assert.equal((await domain.browser().send(bring(reference))).status, 303, 'nobody else used it up');
    },
  },
  {
    name: 'pushed request: a link instead, for an app that pushes',
    section: 'RFC 9126 §6',
    run: (domain) => assertErrorAfterSignIn(domain, { client_id: 'pusher' }, 'invalid_request'),
  },
  {
    name: 'code injection: a code that is bound to a key, with another',
    section: 'RFC 9449 §10; 4.5',
    run: async (domain) => {
      const [own, other] = await Promise.all([createProver(), createProver()]);
      const fields = await boundCode(domain, { dpop_jkt: own.jkt });
      await assertRefused(await domain.token(fields, await proofFor(domain, other)), 'invalid_grant', 400);
    },
  },
  {
    name: 'proof replay: on a second process',
    section: 'RFC 9449 §11.1',
    run: async (domain) => {
      const [own, second] = [await createProver(), await domain.another()];
      const [first, stolen] = [await boundCode(domain), await boundCode(domain, { prompt: 'consent' })];
      const proof = await proofFor(domain, own);
      assert.equal((await domain.token(first, proof)).status, 200);
      await assertRefused(await postForm(second, '/token', stolen, proof), refusedProof, 400);
    },
  },
  {
    name: 'proof: kept for later',
    section: 'RFC 9449 §11.1',
    run: async (domain) => {
      const own = await createProver();
      const old = await proofFor(domain, own, { now: domain.now().getTime() - 3_600_000 });
      await assertRefused(await domain.token(await boundCode(domain), old), refusedProof, 400);
    },
  },
  {
    name: 'proof: made for another server',
    section: 'RFC 9449 §11.6, htu',
    run: async (domain) => {
      const own = await createProver();
      const elsewhere = await proofFor(domain, own, { url: 'https://attacker.example/token' });
      await assertRefused(await domain.token(await boundCode(domain), elsewhere), refusedProof, 400);
    },
  },
  {
    name: 'proof: of another token',
    section: 'RFC 9449 §11.8, ath',
    run: async (domain) => {
      const own = await createProver();
      const [stolen, known] = [await boundTokens(domain, own), await boundTokens(domain, own)];
      const proof = async (accessToken: string) =>
        proofFor(domain, own, { url: `${issuer}/userinfo`, method: 'GET', accessToken });
      const ask = async (accessToken: string, proved: string) =>
        askUserinfo(domain, { authorization: `DPoP ${accessToken}`, ...(await proof(proved)) });
      assert.equal((await ask(known.access_token, known.access_token)).status, 200);
      assert.equal((await ask(stolen.access_token, known.access_token)).status, 401);
    },
  },
  {
    name: 'token theft: a token that is bound to a key, borne without it, at our own endpoints',
    section: '4.10.1; RFC 9449 §7.2',
    run: async (domain) => {
      const { access_token: token } = await boundTokens(domain, await createProver());
      assert.equal((await askUserinfo(domain, { authorization: `Bearer ${token}` })).status, 401);
    },
  },
  {
    name: 'token theft: a token that is bound to a key, borne without it, at a resource server',
    section: '4.10.1; RFC 9449 §7.2',
    run: async () => {
      const [place, { jkt }] = [await createClinic(), await createProver()];
      await place.put(observation('o1', 'a', 'laboratory'));
      assert.equal((await place.send('/Observation/o1', await place.token())).status, 200);
      assert.equal((await place.send('/Observation/o1', await place.token({ cnf: { jkt } }))).status, 401);
    },
  },
  {
    name: 'refresh token theft: one that is bound to a key, without it or with another',
    section: '4.14.2; RFC 9449 §5',
    run: async (domain) => {
      const [own, other] = await Promise.all([createProver(), createProver()]);
      const { refresh_token: token } = await boundTokens(domain, own);
      const renew = refreshFields(token, { client_id: 'browser' });
      for (const headers of [await proofFor(domain, other), {}])
        await assertRefused(await domain.token(renew, headers), 'invalid_grant', 400);
      assert.equal((await domain.token(renew, await proofFor(domain, own))).status, 200, 'the victim is locked out');
    },
  },
  {
    name: 'launch: one handle for many, at once',
    section: 'SMART App Launch 2.2, EHR launch',
    run: async (domain) => {
      const { launch } = await launchOf(domain, await ehrToken(domain));
      const servers = [domain.server, await domain.another()];
      const waiting: { readonly browser: TestBrowser; readonly shown: Response }[] = [];
      for (let at = 0; at < 8; at++) {
        const browser = createBrowser(servers[at % 2] ?? domain.server, issuer);
        const url = authorizeUrl({ scope: launchScope, launch, prompt: 'consent' });
        waiting.push({ browser, shown: await signIn(browser, url, 'doctor') });
      }
      const backs = await raceFor(domain, 'select from ehr_launch for update', () =>
        Promise.all(waiting.map(({ browser, shown }) => allow(browser, shown))),
      );
      const codes = backs.filter(({ headers }) => headers.get('location')?.includes('code='));
      assert.equal(codes.length, 1);
    },
  },
  {
    name: 'launch: whose record it is, for who is not signed in to the record system',
    section: 'SMART App Launch 2.2, EHR launch',
    run: async (domain) => {
      const { launch } = await launchOf(domain, await ehrToken(domain));
      // Whom other attacks have guessed at would have to wait.
      await domain.database.pool.query('delete from sign_in_failure');
      const browser = domain.browser();
      const shown = await signIn(browser, authorizeUrl({ scope: launchScope, launch }), 'nurse');
      assert.ok(shown.headers.has('location'), `a page is shown: ${shown.status}`);
      assert.equal(answerOf(shown).get('error'), 'access_denied');
    },
  },
];
