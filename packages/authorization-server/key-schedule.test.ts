/**
 * Keys change while tokens live, on two servers at once. What PostgreSQL times cannot be moved: the schedule is moved
 * under it, which is the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import type pg from 'pg';
import type { AuthorizationServer } from './authorization-server.ts';
import { checkClients } from './clients.ts';
import { type KeyUse, keyTermsOf, readKeys, replaceKey, rotateKey } from './key-schedule.ts';
import { purgeExpired } from './purge.ts';
import { defaultSettings } from './settings.ts';
import { createBrowser, pageOf } from './testing/browser.ts';
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
  postForm,
  refreshFields,
  secret,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';

const terms = keyTermsOf(defaultSettings);
const fast = { keyPollSeconds: 0.02 };

/** As if so many seconds had passed at the database. */
const pass = (pool: pg.Pool, seconds: number) =>
  pool.query(
    `update signing_key set published_at = published_at - $1 * interval '1 second',
       signs_from = signs_from - $1 * interval '1 second', signs_until = signs_until - $1 * interval '1 second',
       published_until = published_until - $1 * interval '1 second'`,
    [seconds],
  );

const kidsOf = async (server: AuthorizationServer): Promise<readonly string[]> => {
  const response = await server.fetch(new Request(`${issuer}/jwks`), {});
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
};

/** Every process looks by itself: until it has. */
const until = async (servers: readonly AuthorizationServer[], right: (kids: readonly string[]) => boolean) => {
  for (const server of servers) {
    for (let looks = 0; !right(await kidsOf(server)); looks++) {
      assert.ok(looks < 500, 'the server does not follow');
      await new Promise((done) => setTimeout(done, 10));
    }
  }
};
/** For what the key set does not tell: until every server has looked since, which a key of another use shows. */
const looked = async (pool: pg.Pool, servers: readonly AuthorizationServer[]): Promise<void> => {
  const { kid } = await replaceKey(pool, 'id-token-es256');
  await until(servers, (kids) => kids.includes(kid));
};

const kidOf = (token: string | undefined): string => decodeProtectedHeader(token ?? '').kid ?? '';
const refresh = async (server: AuthorizationServer, { refresh_token }: Tokens): Promise<Tokens> => {
  const response = await postForm(server, '/token', refreshFields(refresh_token), basic('web'));
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Tokens;
};
const userinfo = async (server: AuthorizationServer, { access_token }: Tokens): Promise<number> =>
  (await server.fetch(new Request(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } }), {}))
    .status;
const verifies = (jwks: JSONWebKeySet, { access_token, id_token }: Tokens) =>
  Promise.all([
    jwtVerify(access_token, createLocalJWKSet(jwks), { issuer, audience: clinic }),
    jwtVerify(id_token ?? '', createLocalJWKSet(jwks), { issuer, audience: 'web' }),
  ]);
const twoServers = async (domain: TestDomain) => [domain.server, await domain.another(fast)] as const;

test('F10: a new key is published before it signs, the old one until nothing of it can live', async (t) => {
  const domain = await startDomain(t, fast);
  const { pool } = domain.database;
  const servers = await twoServers(domain);
  const [one, other] = servers;
  const before = await obtainTokens(domain);
  const [oldAccess, oldIdentity] = [kidOf(before.access_token), kidOf(before.id_token)];

  const planned = await Promise.all([rotateKey(pool, 'access-token', terms), rotateKey(pool, 'access-token', terms)]);
  assert.deepEqual(
    planned.map(({ kind }) => kind).sort(),
    ['pending', 'planned'],
    'one at a time, also of two at once',
  );
  const fresh = planned[0].kid;
  assert.equal(planned[1].kid, fresh);
  const { kid: freshIdentity } = await rotateKey(pool, 'id-token', terms);
  await until(servers, (kids) => kids.includes(fresh) && kids.includes(freshIdentity) && kids.includes(oldAccess));

  const remembers = Number(
    /max-age=(\d+)/.exec((await one.fetch(new Request(`${issuer}/jwks`), {})).headers.get('cache-control') ?? '')?.[1],
  );
  assert.ok(terms.aheadSeconds >= remembers + defaultSettings.clockSkewSeconds, 'ahead of every memory of the key set');
  const longest = Math.max(...[defaultSettings.accessTokenSeconds, defaultSettings.emergencySeconds, 3600]);
  assert.ok(terms.afterSeconds >= longest + defaultSettings.clockSkewSeconds);

  // Just before its time, nobody signs with it; just after, everybody does.
  await pass(pool, terms.aheadSeconds - 20);
  await looked(pool, servers);
  let tokens = before;
  for (const server of servers) {
    tokens = await refresh(server, tokens);
    assert.deepEqual([kidOf(tokens.access_token), kidOf(tokens.id_token)], [oldAccess, oldIdentity]);
  }
  const last = tokens;
  await pass(pool, 21);
  await looked(pool, servers);
  for (const server of servers) {
    tokens = await refresh(server, tokens);
    assert.deepEqual([kidOf(tokens.access_token), kidOf(tokens.id_token)], [fresh, freshIdentity]);
  }
  // Signed before, verified after, by whoever knows the key set, and here.
  for (const server of servers) {
    assert.deepEqual([await userinfo(server, last), await userinfo(server, tokens)], [200, 200]);
    await verifies(await server.keys(), last);
    await verifies(await server.keys(), tokens);
  }

  await purgeExpired(pool, defaultSettings);
  const erased = (await readKeys(pool))
    .filter(({ privateJwk, state }) => privateJwk === undefined && state !== 'withdrawn')
    .map(({ kid }) => kid);
  assert.deepEqual(
    new Set(erased),
    new Set([oldAccess, oldIdentity]),
    'a retired key is kept without its private half',
  );

  // The retired keys leave at their time and not before.
  await pass(pool, terms.afterSeconds - 22);
  await looked(pool, servers);
  assert.ok((await kidsOf(other)).includes(oldAccess));
  await pass(pool, 22);
  await until(servers, (kids) => !kids.includes(oldAccess) && !kids.includes(oldIdentity));
  assert.equal(await userinfo(other, last), 401, 'what a key signed that has left is no token any more');
  await assert.rejects(verifies(await other.keys(), last));

  // An id_token of before is still a hint of who is meant, and the access token's key is forgotten.
  await purgeExpired(pool, defaultSettings);
  assert.ok(!(await readKeys(pool)).some(({ kid }) => kid === oldAccess));
  const hinted = await createBrowser(one, issuer).open(
    authorizeUrl({ id_token_hint: before.id_token, prompt: 'none' }),
  );
  assert.equal(answerOf(hinted).get('error'), 'login_required', 'the hint was understood: nobody is signed in');
});

test('F10: a key that somebody else may have goes at once, with all that it signed', async (t) => {
  const domain = await startDomain(t, fast);
  const { pool } = domain.database;
  const servers = await twoServers(domain);
  const stolen = await obtainTokens(domain);
  await rotateKey(pool, 'access-token', terms);
  const { kid, withdrawn } = await replaceKey(pool, 'access-token');
  assert.equal(withdrawn, 2, 'also the one that was to come: it lay in the same place');
  await until(servers, (kids) => kids.includes(kid) && !kids.includes(kidOf(stolen.access_token)));
  for (const server of servers) {
    assert.equal(await userinfo(server, stolen), 401);
    const introspected = await postForm(server, '/introspect', { token: stolen.access_token }, basic('clinic'));
    assert.deepEqual(await introspected.json(), { active: false });
  }
  const renewed = await refresh(servers[1], stolen);
  assert.equal(kidOf(renewed.access_token), kid, 'what is refreshed goes on');
  assert.equal(await userinfo(servers[0], renewed), 200);

  await replaceKey(pool, 'id-token');
  await until(servers, (kids) => !kids.includes(kidOf(renewed.id_token)));
  const page = await pageOf(
    await createBrowser(servers[0], issuer).open(authorizeUrl({ id_token_hint: renewed.id_token })),
    'sign-in',
  );
  assert.ok(page, 'the fault is told after the sign-in');
  const silent = await createBrowser(servers[0], issuer).open(
    authorizeUrl({ id_token_hint: renewed.id_token, prompt: 'none' }),
  );
  assert.equal(answerOf(silent).get('error'), 'invalid_request', 'nor is it a hint any more');
  assert.equal((await readKeys(pool)).filter(({ privateJwk }) => privateJwk !== undefined).length, 3);
});

test('F02: an app that registered ES256 gets ES256, by a key of that use alone; every other one RS256', async (t) => {
  const domain = await startDomain(t);
  const tokens = await obtainTokens(domain);
  const { rows } = await domain.database.pool.query<{ use: KeyUse; kid: string }>('select use, kid from signing_key');
  const kids = Object.fromEntries(rows.map(({ use, kid }) => [use, kid]));
  assert.deepEqual(decodeProtectedHeader(tokens.id_token ?? ''), { alg: 'RS256', kid: kids['id-token'], typ: 'JWT' });
  const browser = domain.browser();
  const page = await pageOf(await browser.open(authorizeUrl({ client_id: 'es256' })), 'sign-in');
  const consent = await pageOf(await browser.submit(page, { username: 'ana', password: 'correct horse' }), 'consent');
  const scope = consent.view.items.map((item) => item.scope);
  const back = await browser.submit(consent, { decision: 'allow', duration: '30', scope });
  const response = await domain.token(codeFields(answerOf(back).get('code') ?? ''), basic('es256'));
  const { id_token } = (await response.json()) as Tokens;
  assert.deepEqual(decodeProtectedHeader(id_token ?? ''), { alg: 'ES256', kid: kids['id-token-es256'], typ: 'JWT' });
  const { payload } = await jwtVerify(id_token ?? '', createLocalJWKSet(await domain.server.keys()), {
    issuer,
    audience: 'es256',
  });
  assert.equal(payload.sub, claimsOf(tokens.id_token ?? '').sub);
  const hinted = answerOf(
    await createBrowser(domain.server, issuer).open(
      authorizeUrl({ client_id: 'es256', id_token_hint: id_token, prompt: 'none' }),
    ),
  );
  assert.equal(hinted.get('error'), 'login_required');
  const faults = checkClients([
    { client_id: 'a', client_secret: secret, redirect_uris: [callback], id_token_signed_response_alg: 'none' },
  ]);
  assert.match(faults[0] ?? '', /id_token_signed_response_alg must be one of RS256, ES256/);
});

test('without a look at the keys for too long, nothing is signed and nothing verified', async (t) => {
  const domain = await startDomain(t);
  const tokens = await obtainTokens(domain);
  const deaf = await domain.another({ keyStaleSeconds: -1 });
  assert.equal(await userinfo(deaf, tokens), 503);
  const response = await postForm(deaf, '/token', refreshFields(tokens.refresh_token), basic('web'));
  assert.equal(response.status, 503);
  assert.equal((await refresh(domain.server, tokens)).token_type, 'Bearer', 'and nothing was used up');
});
