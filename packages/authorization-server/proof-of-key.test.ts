/** Tokens that only the holder of a key can use: given, refreshed and looked at. RFC 9449 §5–§8. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProver, type Prover } from '@affinity/proof/testing/prover.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  claimsOf,
  codeFields,
  issuer,
  postForm,
  refreshFields,
  signIn,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';

const endpoint = `${issuer}/token`;
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const codeFor = async (domain: TestDomain, client: string): Promise<string> => {
  const browser = domain.browser();
  const shown = await signIn(browser, authorizeUrl({ client_id: client }));
  return answerOf(shown.headers.has('location') ? shown : await allow(browser, shown)).get('code') ?? '';
};
const proofOf = async (prover: Prover, claims: Readonly<Record<string, unknown>> = {}, url = endpoint) => ({
  dpop: await prover.proof({ url, claims }),
});
const told = async (response: Response): Promise<unknown[]> => [
  response.status,
  ((await response.json()) as { error?: string }).error,
];
const tokensOf = async (response: Response): Promise<Tokens> => {
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Tokens;
};

test('proofs at the token endpoint and at what takes its tokens', async (t) => {
  const domain = await startDomain(t);
  const [own, other] = await Promise.all([createProver(), createProver('Ed25519')]);

  await t.test('C22, C56: a public app’s tokens are bound to its key, and so is what it renews them with', async () => {
    const fields = codeFields(await codeFor(domain, 'browser'), { client_id: 'browser' });
    const wrong = await domain.token(fields, await proofOf(own, {}, `${issuer}/userinfo`));
    assert.deepEqual(await told(wrong), [400, 'invalid_dpop_proof']);
    assert.equal(domain.audit.at(-1)?.event, 'token-refused');
    const first = await tokensOf(await domain.token(fields, await proofOf(own)));
    assert.equal(first.token_type, 'DPoP');
    assert.deepEqual(claimsOf(first.access_token).cnf, { jkt: own.jkt });
    const renew = refreshFields(first.refresh_token, { client_id: 'browser' });
    for (const headers of [{}, await proofOf(other)])
      assert.deepEqual(await told(await domain.token(renew, headers)), [400, 'invalid_grant']);
    const second = await tokensOf(await domain.token(renew, await proofOf(own)));
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.deepEqual(claimsOf(second.access_token).cnf, { jkt: own.jkt });
    assert.deepEqual(
      await told(await domain.token(renew)),
      [400, 'invalid_grant'],
      'nor is the first answer given again',
    );
    const later = refreshFields(second.refresh_token, { client_id: 'browser' });
    assert.deepEqual(await told(await domain.token(later, await proofOf(other))), [400, 'invalid_grant']);
    await tokensOf(await domain.token(later, await proofOf(own)));
  });

  await t.test('C22: whoever has an old refresh token but not its key ends nothing with it', async () => {
    const fields = codeFields(await codeFor(domain, 'browser'), { client_id: 'browser' });
    const first = await tokensOf(await domain.token(fields, await proofOf(own)));
    const renew = refreshFields(first.refresh_token, { client_id: 'browser' });
    const second = await tokensOf(await domain.token(renew, await proofOf(own)));
    domain.advance(11);
    const now = (): number => domain.now().getTime();
    const late = async (prover: Prover) => ({ dpop: await prover.proof({ url: endpoint, now: now() }) });
    assert.deepEqual(await told(await domain.token(renew, await late(other))), [400, 'invalid_grant']);
    const next = refreshFields(second.refresh_token, { client_id: 'browser' });
    const third = await tokensOf(await domain.token(next, await late(own)));
    assert.deepEqual(await told(await domain.token(renew, await late(own))), [400, 'invalid_grant']);
    const last = refreshFields(third.refresh_token, { client_id: 'browser' });
    assert.deepEqual(
      await told(await domain.token(last, await late(own))),
      [400, 'invalid_grant'],
      'a replay by the key',
    );
    domain.advance(-11);
  });

  await t.test('C56: a confidential app may change its key, and may do without', async () => {
    const code = await codeFor(domain, 'web');
    const first = await tokensOf(await domain.token(codeFields(code), { ...basic('web'), ...(await proofOf(own)) }));
    assert.deepEqual(claimsOf(first.access_token).cnf, { jkt: own.jkt });
    const headers = { ...basic('web'), ...(await proofOf(other)) };
    const second = await tokensOf(await domain.token(refreshFields(first.refresh_token), headers));
    assert.deepEqual(claimsOf(second.access_token).cnf, { jkt: other.jkt });
    const third = await tokensOf(await domain.token(refreshFields(second.refresh_token), basic('web')));
    assert.deepEqual([third.token_type, claimsOf(third.access_token).cnf], ['Bearer', undefined]);
  });

  await t.test(
    'C56: an app that is registered for bound tokens gets no others; a refusal uses nothing up',
    async () => {
      const fields = codeFields(await codeFor(domain, 'bound'), { client_id: 'bound' });
      const used = await proofOf(own);
      const refused: Readonly<Record<string, string>>[] = [
        {},
        { dpop: '' },
        { dpop: 'a.b.c' },
        { dpop: `${used.dpop}, ${(await proofOf(own)).dpop}` },
        await proofOf(own, { htm: 'GET' }),
        await proofOf(own, { htu: 'http://evil.example/auth/token' }),
        await proofOf(own, { iat: Math.floor(Date.now() / 1000) - 62 }),
        await proofOf(own, { iat: Math.floor(Date.now() / 1000) + 300 }),
        // what is signed by an app for another purpose is no proof, and a proof is nothing else
        { dpop: await domain.assertion() },
      ];
      for (const headers of refused)
        assert.deepEqual(await told(await domain.token(fields, headers)), [400, 'invalid_dpop_proof']);
      const asAssertion = { client_assertion_type: assertionType, client_assertion: used.dpop };
      assert.deepEqual(await told(await domain.token({ ...codeFields('x'), ...asAssertion })), [401, 'invalid_client']);
      assert.equal((await tokensOf(await domain.token(fields, used))).token_type, 'DPoP');
      assert.deepEqual(await told(await domain.token(fields, used)), [400, 'invalid_dpop_proof'], 'used before');
    },
  );

  await t.test('C56: the Host of a request says nothing of where the proof is for', async () => {
    const send = async (dpop: string): Promise<Response> =>
      domain.server.fetch(
        new Request('http://evil.example/auth/token', {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', host: 'evil.example', dpop },
          body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id: 'browser' }),
        }),
        {},
      );
    const elsewhere = await proofOf(own, {}, 'http://evil.example/auth/token');
    assert.deepEqual(await told(await send(elsewhere.dpop)), [400, 'invalid_dpop_proof']);
    assert.deepEqual(await told(await send((await proofOf(own)).dpop)), [400, 'invalid_grant']);
  });

  await t.test(
    'C56, G01–G03: userinfo and introspection take a bound token with a proof, and say that it is one',
    async () => {
      const code = await codeFor(domain, 'browser');
      const sent = codeFields(code, { client_id: 'browser' });
      const tokens = await tokensOf(await domain.token(sent, await proofOf(own)));
      const { access_token: accessToken, refresh_token: refreshToken = '' } = tokens;
      const plain = (await tokensOf(await domain.token(codeFields(await codeFor(domain, 'web')), basic('web'))))
        .access_token;
      const headersWith = async (prover: Prover, url: string, method: string, token = accessToken) => ({
        authorization: `DPoP ${token}`,
        dpop: await prover.proof({ url, method, accessToken: token }),
      });
      const userinfo = (headers: Readonly<Record<string, string>>): Promise<Response> =>
        domain.server.fetch(new Request(`${issuer}/userinfo`, { headers }), {});
      const introspect = (headers: Readonly<Record<string, string>>, token = accessToken): Promise<Response> =>
        postForm(domain.server, '/introspect', { token }, headers);
      for (const [send, path, method] of [
        [userinfo, '/userinfo', 'GET'],
        [introspect, '/introspect', 'POST'],
      ] as const) {
        const url = issuer + path;
        const good = await headersWith(own, url, method);
        const refused: [string, Readonly<Record<string, string>>][] = [
          ['invalid_token', { authorization: `Bearer ${accessToken}` }],
          ['invalid_token', { ...good, authorization: `Bearer ${accessToken}` }],
          ['invalid_token', await headersWith(own, url, method, plain)],
          ['invalid_token', await headersWith(other, url, method)],
          ['invalid_dpop_proof', { authorization: `DPoP ${accessToken}` }],
          ['invalid_dpop_proof', { ...good, dpop: await own.proof({ url, method }) }],
          ['invalid_dpop_proof', await headersWith(own, `${issuer}/token`, method)],
          ['invalid_dpop_proof', await headersWith(own, url, 'PUT')],
        ];
        for (const [error, headers] of refused) {
          const response = await send(headers);
          const challenge = response.headers.get('www-authenticate') ?? '';
          assert.match(challenge, new RegExp(`error="${error}"`));
          if (headers.authorization?.startsWith('DPoP')) assert.match(challenge, /^DPoP .*algs="ES256/);
          assert.deepEqual(await told(response), [401, error], `${path} ${Object.keys(headers)}`);
        }
        assert.equal((await send(good)).status, 200);
        assert.deepEqual(await told(await send(good)), [401, 'invalid_dpop_proof'], 'used before');
      }
      const client = { client_id: 'clinic' };
      const asked = await postForm(domain.server, '/introspect', { token: accessToken, ...client }, basic('clinic'));
      const description = (await asked.json()) as Record<string, unknown>;
      assert.deepEqual([description.token_type, description.cnf], ['DPoP', { jkt: own.jkt }]);
      const unbound = await postForm(domain.server, '/introspect', { token: plain }, basic('clinic'));
      const { token_type: type, cnf } = (await unbound.json()) as Record<string, unknown>;
      assert.deepEqual([type, cnf], ['Bearer', undefined]);
      const self = await headersWith(own, `${issuer}/introspect`, 'POST');
      const { cnf: bound, active } = (await (await introspect(self, refreshToken)).json()) as Record<string, unknown>;
      assert.deepEqual([active, bound], [true, { jkt: own.jkt }]);
    },
  );
});

test('C56, race: eight at once with one proof, on two servers: exactly one is served', async (t) => {
  const domain = await startDomain(t);
  const servers = [domain.server, await domain.another()];
  const prover = await createProver();
  for (let round = 0; round < 20; round++) {
    const proof = await proofOf(prover);
    const assertions = await Promise.all(Array.from({ length: 8 }, () => domain.assertion()));
    const responses = await Promise.all(
      assertions.map((assertion, at) =>
        postForm(
          servers[at % 2] ?? domain.server,
          '/token',
          {
            grant_type: 'client_credentials',
            scope: 'system/Patient.rs',
            client_assertion_type: assertionType,
            client_assertion: assertion,
          },
          proof,
        ),
      ),
    );
    const tokens = responses.filter(({ status }) => status === 200);
    assert.equal(tokens.length, 1, `round ${round}`);
    const { token_type: type, access_token: token } = (await tokens[0]?.json()) as Tokens;
    assert.deepEqual([type, claimsOf(token).cnf], ['DPoP', { jkt: prover.jkt }]);
    for (const response of responses.filter((one) => one !== tokens[0]))
      assert.deepEqual(await told(response), [400, 'invalid_dpop_proof']);
  }
});

test('C56: a nonce that is needed is told, and taken by every server of the domain', async (t) => {
  const domain = await startDomain(t, { requireProofNonce: true });
  const second = await domain.another();
  const prover = await createProver();
  const ask = async (server: AuthorizationServer, nonce?: string): Promise<Response> =>
    postForm(
      server,
      '/token',
      {
        grant_type: 'client_credentials',
        scope: 'system/Patient.rs',
        client_assertion_type: assertionType,
        client_assertion: await domain.assertion(),
      },
      { origin: 'http://localhost:4000', ...(await proofOf(prover, nonce === undefined ? {} : { nonce })) },
    );
  for (const wrong of [undefined, 'guessed']) {
    const refused = await ask(domain.server, wrong);
    const nonce = refused.headers.get('dpop-nonce') ?? '';
    assert.match(nonce, /^[A-Za-z0-9_-]{22,}$/);
    assert.match(refused.headers.get('access-control-expose-headers') ?? '', /DPoP-Nonce/);
    assert.deepEqual(await told(refused), [400, 'use_dpop_nonce']);
    const taken = await ask(second, nonce);
    assert.equal(taken.status, 200);
    assert.match(taken.headers.get('dpop-nonce') ?? '', /^[A-Za-z0-9_-]{22,}$/, 'and the next one is given beforehand');
  }
});
