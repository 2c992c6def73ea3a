/** What the server says of itself, whatever the request says of its host; and what is not there. RFC 8414; OIDC Discovery. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOf } from './testing/browser.ts';
import { authorizeUrl, issuer, startDomain } from './testing/domain.ts';

test('discovery', async (t) => {
  const domain = await startDomain(t);
  const get = (url: string, init: RequestInit = {}): Promise<Response> =>
    domain.server.fetch(new Request(url, init), {});

  await t.test('one document in every place, pinned to the configured issuer (A12–A16)', async () => {
    const paths = [
      '/auth/.well-known/openid-configuration',
      '/auth/.well-known/oauth-authorization-server',
      '/.well-known/oauth-authorization-server/auth',
    ];
    for (const origin of ['http://localhost:4000', 'http://evil.example']) {
      for (const path of paths) {
        const response = await get(origin + path, {
          headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
        });
        assert.equal(response.status, 200);
        assert.equal(response.headers.get('content-type'), 'application/json');
        assert.equal(response.headers.get('access-control-allow-origin'), '*');
        assert.deepEqual(await response.json(), JSON.parse(JSON.stringify(domain.server.metadata())));
      }
    }
    const { issuer: told, ...metadata } = domain.server.metadata();
    assert.equal(told, issuer);
    for (const [name, value] of Object.entries(metadata)) {
      if (/_endpoint$|_uri$/.test(name)) assert.ok(String(value).startsWith(`${issuer}/`), name);
    }
    assert.equal(metadata.authorization_response_iss_parameter_supported, true);
    assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
    assert.ok((metadata.id_token_signing_alg_values_supported as string[]).includes('RS256'));
  });

  await t.test('what is not offered is not there: UDAP, registration (A22)', async () => {
    for (const path of ['/auth/.well-known/udap', '/.well-known/udap/auth', '/auth/register'])
      assert.equal((await get(`http://localhost:4000${path}`)).status, 404, path);
  });

  await t.test('redirects of the sign-in stay on the configured issuer whatever the Host', async () => {
    const url = authorizeUrl().replace('http://localhost:4000', 'http://evil.example');
    const response = await get(url, {
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    });
    assert.equal(response.status, 303);
    const location = response.headers.get('location') ?? '';
    assert.ok(location.startsWith(`${issuer}/interaction/`), location);
    const cookie = response.headers.getSetCookie().join();
    assert.doesNotMatch(cookie, /secure|evil/i);
  });

  await t.test('keys: bare, public, each with a kid of its own, cacheable (F03)', async () => {
    const response = await get(`${issuer}/jwks`);
    assert.match(response.headers.get('cache-control') ?? '', /max-age=\d+/);
    const { keys } = (await response.json()) as { keys: Record<string, string>[] };
    assert.deepEqual(
      keys.map(({ alg }) => alg),
      ['RS256', 'ES256', 'ES256'],
    );
    assert.equal(new Set(keys.map(({ kid }) => kid)).size, 3);
    for (const key of keys) {
      assert.equal(key.use, 'sig');
      for (const hidden of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'x5c']) assert.ok(!(hidden in key), hidden);
    }
  });

  await t.test('what is not offered is neither named nor there', async () => {
    const absent = [
      'registration_endpoint',
      'backchannel_authentication_endpoint',
      'check_session_iframe',
      'frontchannel_logout_supported',
      'require_pushed_authorization_requests',
    ];
    for (const name of absent) assert.ok(!(name in domain.server.metadata()), name);
    const grants = domain.server.metadata().grant_types_supported as string[];
    assert.deepEqual(grants, [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ]);
    assert.equal(domain.server.metadata().device_authorization_endpoint, `${issuer}/device_authorization`);
    const paths = [
      '/request', '/reg', '/register', '/registration', '/reg/web', '/device/auth', '/backchannel',
      '/session/end', '/session/end/confirm', '/session/end/success', '/me', '/token/introspection', '/token/revocation',
      '/challenge', '/credential', '/auth', '/authorize/', '/interaction', '/interaction/../token', '/',
    ]; // biome-ignore format: a list
    for (const path of paths) {
      for (const method of ['GET', 'POST']) {
        const response = await get(issuer + path, { method });
        if (path === '/interaction/../token') continue;
        assert.equal(response.status, 404, `${method} ${path}`);
        await pageOf(response, 'error');
      }
    }
    // the grant types of what is not offered are not supported either
    for (const type of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:jwt-bearer']) {
      const response = await domain.token({ grant_type: type, client_id: 'browser' });
      assert.deepEqual(
        [response.status, ((await response.json()) as { error: string }).error],
        [400, 'unsupported_grant_type'],
      );
    }
  });
});
