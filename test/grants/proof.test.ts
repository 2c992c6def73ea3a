/**
 * A library that knows nothing of us pushes a request, proves its key, renews and reads; and whoever takes its tokens
 * without the key has nothing. RFC 9126; RFC 9449.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBrowser, pageOf } from '@affinity/authorization-server/testing/browser.ts';
import {
  answerOf,
  authorizeUrl,
  callback,
  claimsOf,
  codeFields,
  postForm,
  signIn,
  type Tokens,
} from '@affinity/authorization-server/testing/domain.ts';
import { createProver } from '@affinity/proof/testing/prover.ts';
import * as client from 'openid-client';
import { asItComes, base, basic, type GrantStage, issuer, openStage } from './stage.ts';

const scope = 'openid fhirUser launch/patient offline_access patient/Observation.rs';

const connect = async (stage: GrantStage): Promise<client.Configuration> => {
  const customFetch: client.CustomFetch = (url, options) =>
    stage.fetch(new Request(url, { ...options, body: options.body ?? null } as RequestInit));
  const config = await client.discovery(new URL(issuer), 'phone', undefined, client.None(), {
    execute: [client.allowInsecureRequests],
    [client.customFetch]: customFetch,
  });
  config[client.customFetch] = customFetch;
  return config;
};

for (const [name, tokens] of [
  ['signed tokens', {}],
  ['tokens that are references, and nonces', { format: 'opaque', require_proof_nonce: true }],
] as const)
  test(`B31, C22, C56: openid-client, by itself, with ${name}`, async (t) => {
    const stage = await openStage(t, tokens);
    const subject = { reference: 'Patient/p1' };
    const code = { coding: [{ system: 'http://loinc.org', code: '718-7' }] };
    await stage.put({ resourceType: 'Patient', id: 'p1' });
    await stage.put({ resourceType: 'Observation', id: 'o1', status: 'final', code, subject });
    const config = await connect(stage);
    const keys = await client.randomDPoPKeyPair('ES256');
    const DPoP = client.getDPoPHandle(config, keys);
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
    const url = await client.buildAuthorizationUrlWithPAR(
      config,
      {
        redirect_uri: callback,
        scope,
        aud: base,
        state: expectedState,
        nonce: expectedNonce,
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      },
      { DPoP },
    );
    assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
    const browser = createBrowser(stage.server, issuer);
    const page = await pageOf(await signIn(browser, url.href), 'consent');
    const back = (await browser.submit(page, asItComes(page.view))).headers.get('location') ?? '';
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
    const first = await client.authorizationCodeGrant(config, new URL(back), checks, undefined, { DPoP });
    assert.equal(first.token_type, 'dpop');
    const second = await client.refreshTokenGrant(config, first.refresh_token ?? '', undefined, { DPoP });
    assert.notEqual(second.refresh_token, first.refresh_token);
    const { access_token: token } = second;
    const record = new URL(`${base}/Observation/o1`);
    for (let reads = 0; reads < 3; reads++) {
      const answer = await client.fetchProtectedResource(config, token, record, 'GET', null, undefined, { DPoP });
      assert.equal(((await answer.json()) as { id: string }).id, 'o1');
    }
    const { sub = '' } = first.claims() ?? {};
    assert.equal((await client.fetchUserInfo(config, token, sub, { DPoP })).sub, sub);

    // What was stolen without the key
    assert.equal((await stage.send('Observation/o1', token)).status, 401);
    const thief = await createProver();
    const dpop = await thief.proof({ url: record.href, method: 'GET', accessToken: token });
    const stolen = new Request(record, { headers: { authorization: `DPoP ${token}`, dpop } });
    assert.equal((await stage.fetch(stolen)).status, 401);
    const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
    for (const handle of [undefined, other])
      await assert.rejects(
        client.refreshTokenGrant(config, second.refresh_token ?? '', undefined, handle && { DPoP: handle }),
        (error: unknown) => error instanceof client.ResponseBodyError && error.error === 'invalid_grant',
      );
    const third = await client.refreshTokenGrant(config, second.refresh_token ?? '', undefined, { DPoP });
    assert.ok(third.access_token);
    if (!('format' in tokens)) assert.equal(typeof (claimsOf(third.access_token).cnf as { jkt: string }).jkt, 'string');
  });

test('C56, race: eight at once with one proof at the clinic, ten times: exactly one is answered', async (t) => {
  const stage = await openStage(t);
  await stage.put({ resourceType: 'Patient', id: 'p1' });
  const prover = await createProver();
  const browser = createBrowser(stage.server, issuer);
  const page = await pageOf(
    await signIn(browser, authorizeUrl({ scope: 'launch/patient patient/Patient.rs', prompt: 'consent' })),
    'consent',
  );
  const back = await browser.submit(page, asItComes(page.view));
  const headers = { ...basic('web'), dpop: await prover.proof({ url: `${issuer}/token` }) };
  const given = await postForm(stage.server, '/token', codeFields(answerOf(back).get('code') ?? ''), headers);
  const { access_token: accessToken } = (await given.json()) as Tokens;
  const url = `${base}/Patient/p1`;
  for (let round = 0; round < 10; round++) {
    const dpop = await prover.proof({ url, method: 'GET', accessToken });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        stage.fetch(new Request(url, { headers: { authorization: `DPoP ${accessToken}`, dpop } })),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 401, 401, 401, 401, 401, 401, 401], `round ${round}`);
  }
});
