/** What an id_token says, each time and over time. OIDC Core 1.0 §2, §3.1.3.6, §12.2; SMART App Launch 2.2, scopes. */
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { checkClients } from './clients.ts';
import { pageOf } from './testing/browser.ts';
import {
  answerOf,
  authorizeUrl,
  basic,
  callback,
  claimsOf,
  clinic,
  codeFields,
  issuer,
  obtainTokens,
  refreshFields,
  secret,
  signIn,
  startDomain,
  type Tokens,
} from './testing/domain.ts';

test('id_tokens', async (t) => {
  const domain = await startDomain(t);
  const first = await obtainTokens(domain, { nonce: 'n-42' });
  const claims = claimsOf(first.id_token ?? '');

  await t.test('F01, F02, F05: who, for whom, from when until when, by RS256 and a key of the key set', async () => {
    const keys = await domain.server.keys();
    const { payload, protectedHeader } = await jwtVerify(first.id_token ?? '', createLocalJWKSet(keys), {
      issuer: domain.server.metadata().issuer,
      audience: 'web',
      algorithms: ['RS256'],
    });
    assert.ok(keys.keys.some(({ kid, alg }) => kid === protectedHeader.kid && alg === 'RS256'));
    assert.equal(payload.iss, issuer);
    assert.equal(payload.sub, domain.ana);
    assert.match(payload.sub ?? '', /^[\x21-\x7e]{1,255}$/);
    assert.equal(payload.nonce, 'n-42');
    assert.equal(payload.fhirUser, `${clinic}/Patient/p1`);
    const [iat, exp] = [payload.iat ?? 0, payload.exp ?? 0];
    assert.ok(iat <= Date.now() / 1000 && exp > iat && exp - iat <= 3600);
    const half = createHash('sha256').update(first.access_token).digest().subarray(0, 16);
    assert.equal(payload.at_hash, half.toString('base64url'), 'of this very access token');
    assert.equal(claimsOf((await obtainTokens(domain, { nonce: undefined })).id_token ?? '').nonce, undefined);
  });

  await t.test(
    'F09: a refreshed one is the same person of the same sign-in, without the nonce, for its own token',
    async () => {
      domain.advance(120);
      const refreshed = (await (await domain.token(refreshFields(first.refresh_token), basic('web'))).json()) as Tokens;
      const later = claimsOf(refreshed.id_token ?? '');
      for (const name of ['iss', 'sub', 'aud', 'auth_time', 'fhirUser'] as const)
        assert.equal(later[name], claims[name], name);
      assert.ok((later.iat ?? 0) >= (claims.iat ?? 0) + 120);
      assert.equal(later.nonce, undefined);
      assert.notEqual(later.at_hash, claims.at_hash);
      const half = createHash('sha256').update(refreshed.access_token).digest().subarray(0, 16);
      assert.equal(later.at_hash, half.toString('base64url'));
      assert.equal(decodeProtectedHeader(refreshed.id_token ?? '').alg, 'RS256');
    },
  );

  await t.test('F01, F16: max_age is obeyed, and auth_time is when the password was entered', async () => {
    const browser = domain.browser();
    const redeem = async (back: Response) => {
      const response = await domain.token(codeFields(answerOf(back).get('code') ?? ''), basic('web'));
      return claimsOf(((await response.json()) as Tokens).id_token ?? '');
    };
    // oidc-provider times sign-ins itself, by a clock that a test does not move.
    const entered = Math.floor(Date.now() / 1000);
    const one = await redeem(await signIn(browser, authorizeUrl({ max_age: '3600' })));
    assert.ok(Number(one.auth_time) >= entered && Number(one.auth_time) <= entered + 60);
    const two = await redeem(await browser.open(authorizeUrl({ max_age: '3600' })));
    assert.equal(two.auth_time, one.auth_time, 'nobody signed in since');
    const silent = await browser.open(authorizeUrl({ max_age: '0', prompt: 'none' }));
    assert.equal(answerOf(silent).get('error'), 'login_required');
    await pageOf(await browser.open(authorizeUrl({ max_age: '0' })), 'sign-in');
  });

  await t.test('F01: a subject is for good: not the name to sign in with, not given to anybody else', async () => {
    assert.notEqual(claims.sub, 'ana');
    const { sub: gone } = await domain.people.add({ username: 'zoe', password: 'correct horse', name: 'Zoe' });
    await domain.people.disable(gone, domain.now());
    await domain.database.pool.query(`update person set username = 'zoe, gone' where sub = $1`, [gone]);
    const { sub: anew } = await domain.people.add({ username: 'zoe', password: 'correct horse', name: 'Zoe' });
    assert.notEqual(anew, gone);
    assert.equal(claimsOf((await obtainTokens(domain)).id_token ?? '').sub, claims.sub);
  });
});

test('F15: no app is called as a person could be: a token of its own would pass for theirs', async () => {
  const faultsOf = (client_id: string) =>
    checkClients([{ client_id, client_secret: secret, redirect_uris: [callback] }]);
  const subject = randomUUID();
  for (const taken of [subject, subject.toUpperCase()])
    assert.match(faultsOf(taken)[0] ?? '', /client_id must not look like the subject of a person/);
  for (const free of [`app-${subject}`, subject.slice(1), 'web']) assert.deepEqual(faultsOf(free), []);
});
