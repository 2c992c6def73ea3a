/** The claims provider apart from the authorization server: one database, tokens and grants as they stand now. OIDC Core 1.0 §5.3. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClientRegistry } from './clients.ts';
import { keyTermsOf, replaceKey, rotateKey } from './key-schedule.ts';
import { defaultSettings } from './settings.ts';
import {
  basic,
  callback,
  claimsOf,
  clinic,
  hospital,
  issuer,
  obtainTokens,
  postForm,
  secret,
  startDomain,
} from './testing/domain.ts';
import { createUserinfoServer } from './userinfo-server.ts';

const endpoint = 'http://localhost:4001/userinfo';

test('F07: userinfo by itself takes the tokens of the domain, and knows at once what has ended', async (t) => {
  const formats = { hospital: 'opaque' } as const;
  const domain = await startDomain(t, {}, formats);
  const { pool } = domain.database;
  const apart = await createUserinfoServer({
    issuer,
    endpoint,
    pool,
    home: clinic,
    clients: createClientRegistry([
      { client_id: 'browser', redirect_uris: [callback] },
      { client_id: 'web', client_secret: secret, redirect_uris: [callback] },
    ]),
    consents: domain.consents,
    readIdentifiers: async (_, fhirUser) => domain.identifiers.get(fhirUser) ?? [],
    audit: { append: async (record) => void domain.audit.push(record) },
    settings: { keyPollSeconds: 0.02 },
    now: domain.now,
    log: (event, fields) => domain.logged.push({ event, ...fields }),
  });
  t.after(() => apart.close());
  const ask = (init: RequestInit = {}, url = endpoint) => apart.fetch(new Request(url, init));
  const by = (token: string, init: RequestInit = {}) =>
    ask({ ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });

  const main = await domain.another({}, { userinfoEndpoint: endpoint });
  assert.equal(main.metadata().userinfo_endpoint, endpoint, 'discovery says where it is');
  assert.equal((await main.fetch(new Request(`${issuer}/userinfo`), {})).status, 404, 'and it is nowhere else');

  const scope = 'openid fhirUser profile identifiers patient/Condition.rs';
  const tokens = await obtainTokens(domain, { scope, prompt: 'consent' });
  const expected = {
    sub: domain.ana,
    fhirUser: `${clinic}/Patient/p1`,
    name: 'Ana',
    identifiers: domain.identifiers.get('Patient/p1'),
  };
  for (const method of ['GET', 'POST']) {
    domain.audit.length = 0;
    const response = await by(tokens.access_token, { method });
    assert.deepEqual([response.status, response.headers.get('cache-control')], [200, 'no-store']);
    assert.deepEqual(await response.json(), expected);
    assert.deepEqual(
      domain.audit.map(({ event }) => event),
      ['identifiers-released'],
      'on record before it left',
    );
  }
  assert.equal(expected.sub, claimsOf(tokens.id_token ?? '').sub, 'the same as in the id_token');

  assert.equal((await ask()).status, 401);
  assert.match((await ask()).headers.get('www-authenticate') ?? '', /^Bearer realm=/);
  assert.equal((await by('x')).status, 401);
  assert.equal((await by(tokens.id_token ?? '')).status, 401);
  assert.equal((await by(tokens.access_token, { method: 'DELETE' })).status, 405);
  for (const path of ['/', '/auth/token', '/auth/authorize', '/auth/jwks', '/userinfo/', '/auth/userinfo'])
    assert.equal((await ask({}, `http://localhost:4001${path}`)).status, 404, path);

  const origins = async (origin: string) => {
    const preflight = await ask({ method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } });
    const answer = await by(tokens.access_token, { headers: { origin } });
    return [preflight, answer].map(({ headers }) => headers.get('access-control-allow-origin'));
  };
  const own = new URL(callback).origin;
  assert.deepEqual(await origins(own), [own, own]);
  assert.deepEqual(await origins('https://evil.example'), [null, null]);

  const reference = await obtainTokens(domain, { scope: 'openid user/Condition.rs', aud: hospital, prompt: 'consent' });
  assert.ok(!reference.access_token.includes('.'), 'a token by reference');
  assert.deepEqual(await (await by(reference.access_token)).json(), { sub: domain.ana });

  // A key that comes later is followed without being told.
  const old = await obtainTokens(domain, { scope, prompt: 'consent' });
  await rotateKey(pool, 'access-token', keyTermsOf(defaultSettings));
  assert.equal((await by(old.access_token)).status, 200);
  await replaceKey(pool, 'access-token');
  for (let looks = 0; (await by(old.access_token)).status === 200; looks++) {
    assert.ok(looks < 500, 'a key that was taken out is still believed');
    await new Promise((done) => setTimeout(done, 10));
  }
  const later = await domain.another();
  const renewed = await postForm(
    later,
    '/token',
    { grant_type: 'refresh_token', refresh_token: (await offline()).refresh_token ?? '' },
    basic('web'),
  );
  const fresh = (await renewed.json()) as { access_token: string };
  assert.equal((await by(fresh.access_token)).status, 200);
  await postForm(later, '/revoke', { token: fresh.access_token }, basic('web'));
  assert.equal((await by(fresh.access_token)).status, 401, 'revoked there, dead here');

  async function offline() {
    return obtainTokens(domain, { scope: 'openid offline_access patient/Condition.rs', prompt: 'consent' });
  }
});
