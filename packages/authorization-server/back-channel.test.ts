/** Revocation, introspection and userinfo: ours, for JWTs and refresh tokens. RFC 7009; RFC 7662; OIDC Core 1.0 §5.3. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  claimsOf,
  clinic,
  codeFields,
  hospital,
  issuer,
  obtainTokens,
  postForm,
  refreshFields,
  signIn,
  startDomain,
  type Tokens,
} from './testing/domain.ts';

test('the endpoints for tokens that were issued', async (t) => {
  const domain = await startDomain(t);
  const { server, database } = domain;
  const json = async (response: Response): Promise<Record<string, unknown>> =>
    (await response.json()) as Record<string, unknown>;
  const introspect = (token: string, headers: Record<string, string> = basic('web')): Promise<Response> =>
    postForm(server, '/introspect', { token }, headers);
  const revoke = (token: string, headers: Record<string, string> = basic('web')): Promise<Response> =>
    postForm(server, '/revoke', { token }, headers);
  const userinfo = (headers: Record<string, string>, method = 'GET'): Promise<Response> =>
    server.fetch(new Request(`${issuer}/userinfo`, { method, headers }), {});
  const fresh = (changes = {}): Promise<Tokens> => obtainTokens(domain, { prompt: 'consent', ...changes });

  await t.test('introspection tells the app, and the server that a token is for (G01, G02, G04–G06)', async () => {
    const tokens = await fresh();
    const response = await introspect(tokens.access_token);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const told = await json(response);
    const claims = claimsOf(tokens.access_token);
    assert.deepEqual(
      [told.active, told.scope, told.client_id, told.exp, told.patient, told.sub, told.iss, told.fhirUser],
      [true, tokens.scope, 'web', claims.exp, 'p1', domain.ana, issuer, `${clinic}/Patient/p1`],
    );
    assert.equal((await json(await introspect(tokens.access_token, basic('clinic')))).active, true);
    const refresh = await json(await introspect(tokens.refresh_token ?? ''));
    assert.deepEqual([refresh.active, refresh.scope, refresh.patient], [true, tokens.scope, 'p1']);
    // an app may ask with its own access token
    assert.equal(
      (await json(await introspect(tokens.access_token, { authorization: `Bearer ${tokens.access_token}` }))).active,
      true,
    );
  });

  await t.test('for everyone else a token is not there (G03, G05)', async () => {
    const tokens = await fresh({ aud: hospital });
    const refused = [
      introspect(tokens.access_token, basic('other')),
      introspect(tokens.refresh_token ?? '', basic('other')),
      introspect(tokens.access_token, basic('clinic')),
      introspect('nonsense'),
      introspect(tokens.id_token ?? ''),
    ];
    for (const response of await Promise.all(refused)) {
      assert.equal(response.status, 200);
      assert.deepEqual(await json(response), { active: false });
    }
  });

  await t.test('nobody introspects without saying who, and only by POST (G04)', async () => {
    assert.equal((await introspect('x', {})).status, 401);
    assert.equal((await introspect('x', basic('web', 'wrong'))).status, 401);
    assert.equal((await introspect('x', { authorization: 'Bearer nonsense' })).status, 401);
    assert.equal((await server.fetch(new Request(`${issuer}/introspect`), {})).status, 405);
    assert.equal((await introspect('')).status, 400);
  });

  await t.test('revoking either token ends the grant, here and on every server (G10, G11)', async () => {
    for (const which of ['refresh_token', 'access_token'] as const) {
      const tokens = await fresh();
      // whoever it does not belong to learns nothing and changes nothing
      assert.equal((await revoke(tokens[which] ?? '', basic('other'))).status, 200);
      assert.equal((await json(await introspect(tokens.access_token))).active, true);
      assert.equal((await revoke(tokens[which] ?? '')).status, 200);
      assert.deepEqual(await json(await introspect(tokens.access_token)), { active: false });
      assert.deepEqual(await json(await introspect(tokens.refresh_token ?? '')), { active: false });
      assert.equal((await domain.token(refreshFields(tokens.refresh_token), basic('web'))).status, 400);
      assert.equal((await userinfo({ authorization: `Bearer ${tokens.access_token}` })).status, 401);
      assert.equal(
        (await introspect(tokens.access_token, { authorization: `Bearer ${tokens.access_token}` })).status,
        401,
      );
      const { rows } = await database.pool.query('select reason from ended_grant where grant_id = $1', [
        claimsOf(tokens.access_token).grant_id,
      ]);
      assert.deepEqual(rows, [{ reason: 'revoked-by-app' }]);
      assert.equal(domain.audit.findLast(({ event }) => event === 'token-revoked')?.client, 'web');
    }
    assert.equal((await revoke('unknown')).status, 200);
    assert.equal((await revoke('unknown', {})).status, 401);
    assert.equal((await revoke('unknown', basic('web', 'wrong'))).status, 401);
  });

  await t.test('a token of a backend service cannot be revoked, and it is told so', async () => {
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    const signed = async () => ({ client_assertion_type: type, client_assertion: await domain.assertion() });
    const issued = await json(
      await domain.token({ grant_type: 'client_credentials', scope: 'system/Patient.rs', ...(await signed()) }),
    );
    const response = await postForm(server, '/revoke', { token: String(issued.access_token), ...(await signed()) });
    assert.equal(response.status, 400);
    assert.equal((await json(response)).error, 'unsupported_token_type');
    assert.equal(
      (await json(await postForm(server, '/introspect', { token: String(issued.access_token), ...(await signed()) })))
        .active,
      true,
    );
  });

  await t.test('a public app revokes with its id alone, from its own origin (G12)', async () => {
    const browser = domain.browser();
    const back = await allow(browser, await signIn(browser, authorizeUrl({ client_id: 'browser' })));
    const origin = { origin: 'http://localhost:4000' };
    const issued = await domain.token(
      { ...codeFields(answerOf(back).get('code') ?? ''), client_id: 'browser' },
      origin,
    );
    assert.equal(issued.headers.get('access-control-allow-origin'), 'http://localhost:4000');
    const tokens = (await issued.json()) as Tokens;
    const response = await postForm(
      server,
      '/revoke',
      { token: tokens.refresh_token ?? '', client_id: 'browser' },
      origin,
    );
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('access-control-allow-origin'), 'http://localhost:4000');
    assert.equal((await domain.token({ ...refreshFields(tokens.refresh_token), client_id: 'browser' })).status, 400);
    for (const path of ['/token', '/revoke', '/userinfo']) {
      const preflight = (from: string): Promise<Response> =>
        server.fetch(
          new Request(issuer + path, {
            method: 'OPTIONS',
            headers: { origin: from, 'access-control-request-method': 'POST' },
          }),
          {},
        );
      assert.equal(
        (await preflight('http://localhost:4000')).headers.get('access-control-allow-origin'),
        'http://localhost:4000',
      );
      const allowed = (await preflight('http://localhost:4000')).headers.get('access-control-allow-headers');
      assert.equal(allowed, 'Authorization, Content-Type, DPoP');
      assert.equal((await preflight('https://evil.example')).headers.get('access-control-allow-origin'), null);
    }
  });

  await t.test('userinfo tells who, to a token for a FHIR server that has openid (F04, F07)', async () => {
    const tokens = await fresh({ scope: 'openid fhirUser profile patient/Condition.rs' });
    for (const method of ['GET', 'POST']) {
      const response = await userinfo({ authorization: `Bearer ${tokens.access_token}` }, method);
      assert.equal(response.status, 200);
      assert.deepEqual(await json(response), { sub: domain.ana, fhirUser: `${clinic}/Patient/p1`, name: 'Ana' });
    }
    const bare = await userinfo({});
    const challenge = `Bearer realm="${issuer}", DPoP algs="ES256 ES384 PS256 RS256 EdDSA Ed25519"`;
    assert.deepEqual([bare.status, bare.headers.get('www-authenticate')], [401, challenge]);
    assert.equal((await userinfo({ authorization: 'Bearer x' })).status, 401);
    assert.equal((await userinfo({ authorization: `Bearer ${tokens.id_token}` })).status, 401);
    assert.equal(
      (await server.fetch(new Request(`${issuer}/userinfo?access_token=${tokens.access_token}`), {})).status,
      401,
    );
    const without = await fresh({ scope: 'patient/Condition.rs' });
    assert.equal(without.id_token, undefined);
    assert.equal((await userinfo({ authorization: `Bearer ${without.access_token}` })).status, 403);
  });

  await t.test('secrets are not guessed at leisure (Q07)', async () => {
    const guess = async (password: string): Promise<number> => (await revoke('x', basic('other', password))).status;
    for (let at = 0; at < 10; at++) assert.equal(await guess(`wrong ${at}`), 401);
    assert.equal(await guess('wrong'), 429);
    const stillThrottled = await revoke('x', basic('other'));
    assert.equal(stillThrottled.status, 429);
  });

  await t.test('an audit log that cannot write stops every answer', async () => {
    const deaf = await domain.another();
    domain.audit.push = () => {
      throw new Error('full');
    };
    const response = await postForm(deaf, '/token', codeFields('x'), basic('web'));
    assert.equal(response.status, 503);
  });
});
