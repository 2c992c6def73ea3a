/**
 * What is no access token for this server is refused, wherever it is carried; and after all of it no secret stands where it
 * does not belong. RFC 6750 §2; RFC 8725; RFC 9068 §4; RFC 9700 §4.3.
 */
import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { verifyAuditLog } from '@affinity/store/audit-verification.ts';
import { type TestDatabase, testDatabase } from '@affinity/store/testing/database.ts';
import { demonstration } from '../journeys/demonstration.ts';
import { type Domain, removeDirectory, startDomain } from '../journeys/domain.ts';
import {
  appSecret,
  assertion,
  authorizeUrl,
  basic,
  bearer,
  clientsYaml,
  codeOf,
  createVisitor,
  post,
  readPage,
  redeem,
  refresh,
  serviceFields,
  serviceToken,
  type Tokens,
  walk,
} from './caller.ts';

const encode = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

suite('tokens', () => {
  let database: TestDatabase;
  let domain: Domain;
  let origin: string;
  /** the issuer's own */
  let key: KeyObject;
  let kid: string;
  let code: string;
  let tokens: Tokens;
  /** what must be found nowhere */
  const secrets = new Map<string, string>();
  /** every answer that was got but those of the token endpoint, which give tokens out */
  const heard: string[] = [];
  const straight = globalThis.fetch;
  before(async () => {
    globalThis.fetch = async (input, init) => {
      const response = await straight(input, init);
      const url = String(input instanceof Request ? input.url : input);
      const headers = [...response.headers].filter(([name]) => name !== 'set-cookie' && name !== 'location');
      const location = (response.headers.get('location') ?? '').replace(/([?&]code=)[^&]+/, '$1');
      if (!url.endsWith('/auth/token')) {
        heard.push(`${location} ${JSON.stringify(headers)} ${await response.clone().text()}`);
      }
      return response;
    };
    database = await testDatabase(undefined, demonstration(4));
    domain = await startDomain({ yaml: clientsYaml, env: { DATABASE_URL: database.url, AFFINITY_DEMO_PATIENTS: '4' } });
    origin = domain.origin;
    const { rows } = await database.pool.query("select private_jwk from signing_key where use = 'access-token'");
    key = createPrivateKey({ key: rows[0].private_jwk, format: 'jwk' });
    const visitor = createVisitor(origin);
    code = codeOf(await walk(visitor, origin));
    tokens = (await (await redeem(origin, code)).json()) as Tokens;
    kid = JSON.parse(Buffer.from(tokens.access_token.split('.')[0] ?? '', 'base64url').toString()).kid;
    secrets.set('code', code).set('client secret', appSecret).set('password', 'ana-demo-2026-wrong-password');
    for (const { name, value } of visitor.cookies.values()) secrets.set(`cookie ${name}`, value);
    remember('first', tokens);
  });
  after(async () => {
    globalThis.fetch = straight;
    await domain.stop();
    removeDirectory(domain.directory);
    await database.close();
  });

  const remember = (name: string, { access_token, refresh_token, id_token }: Tokens): void => {
    secrets.set(`${name} access token`, access_token);
    secrets.set(`${name} signature`, access_token.split('.')[2] ?? '');
    if (refresh_token !== undefined) secrets.set(`${name} refresh token`, refresh_token);
    if (id_token !== undefined) secrets.set(`${name} id_token`, id_token);
  };
  const read = (token: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${origin}/fhir/Patient/patient-0001`, { ...init, headers: { ...bearer(token), ...init.headers } });

  /** A JWS by the issuer's own key over this header and these claims. */
  const signed = (header: object = {}, claims: object = {}, without: readonly string[] = []): string => {
    const [, own = ''] = tokens.access_token.split('.');
    const all = { ...JSON.parse(Buffer.from(own, 'base64url').toString()), ...claims };
    for (const name of without) delete all[name];
    const text = `${encode({ alg: 'ES256', kid, typ: 'at+jwt', ...header })}.${encode(all)}`;
    return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };

  test('only an access token of this issuer, for this server, in time, is one', async () => {
    assert.equal((await read(signed())).status, 200, 'a token that is signed here as it should be is taken');
    const now = Math.floor(Date.now() / 1000);
    const [head = '', claims = '', signature = ''] = tokens.access_token.split('.');
    const { publicKey: foreign, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = foreign.export({ format: 'jwk' });
    const byForeign = (header: object): string => {
      const text = `${encode({ alg: 'ES256', typ: 'at+jwt', ...header })}.${claims}`;
      return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    };
    const published = (await (await fetch(`${origin}/auth/jwks`)).json()) as {
      keys: { kid: string; alg: string; kty: string }[];
    };
    const hmac = published.keys.flatMap((jwkOfOurs) => {
      const own = createPublicKey({ key: jwkOfOurs as never, format: 'jwk' });
      const materials = [
        own.export({ type: 'spki', format: 'pem' }),
        own.export({ type: 'spki', format: 'der' }),
        JSON.stringify(jwkOfOurs),
      ];
      return materials.map((material) => {
        const text = `${encode({ alg: 'HS256', kid: jwkOfOurs.kid, typ: 'at+jwt' })}.${claims}`;
        return `${text}.${createHmac('sha256', material).update(text).digest('base64url')}`;
      });
    });
    const wrong: Readonly<Record<string, string>> = {
      'an id_token': tokens.id_token,
      'a refresh token': tokens.refresh_token,
      'a code': code,
      'an assertion': await assertion(origin),
      'a secret': appSecret,
      'no signature': `${head}.${claims}.`,
      'no signature part': `${head}.${claims}`,
      'another signature': `${head}.${claims}.${signature.slice(0, -4)}AAAA`,
      'other claims': `${head}.${encode({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()), patient: 'patient-0002' })}.${signature}`,
      'alg none': `${encode({ alg: 'none', typ: 'at+jwt' })}.${claims}.`,
      'alg None': `${encode({ alg: 'None', typ: 'at+jwt' })}.${claims}.`,
      'alg none with the signature': `${encode({ alg: 'none', typ: 'at+jwt' })}.${claims}.${signature}`,
      ...Object.fromEntries(hmac.map((token, at) => [`HMAC with a public key ${at}`, token])),
      'a key of its own': byForeign({ jwk }),
      'a key of its own under our kid': byForeign({ kid, jwk }),
      'a key elsewhere': byForeign({ kid: 'x', jku: 'http://127.0.0.1:1/jwks', x5u: 'http://127.0.0.1:1/' }),
      'an unknown kid': signed({ kid: 'rotated-away' }),
      'a critical extension': signed({ crit: ['exp'] }),
      'b64 false': signed({ b64: false }),
      'typ JWT': signed({ typ: 'JWT' }),
      'no typ': signed({ typ: undefined }),
      'typ of an assertion': signed({ typ: 'client-authentication+jwt' }),
      'another issuer': signed({}, { iss: 'https://evil.example/auth' }),
      'an issuer with a slash': signed({}, { iss: `${origin}/auth/` }),
      'another audience': signed({}, { aud: 'https://evil.example/fhir' }),
      'an audience with a slash': signed({}, { aud: `${origin}/fhir/` }),
      'the issuer as audience': signed({}, { aud: `${origin}/auth` }),
      'no audience': signed({}, {}, ['aud']),
      expired: signed({}, { exp: now - 1 }),
      'no end': signed({}, {}, ['exp']),
      'an end as text': signed({}, { exp: String(now + 60) }),
      'an end in milliseconds': signed({}, { exp: Date.now() + 60_000_000 }),
      'from the future': signed({}, { iat: now + 600 }),
      'not yet': signed({}, { nbf: now + 600 }),
      'no grant': signed({}, {}, ['grant_id']),
      'no subject': signed({}, {}, ['sub']),
      'no app': signed({}, {}, ['client_id']),
      'no id': signed({}, {}, ['jti']),
      'scope as a list': signed({}, { scope: ['patient/Patient.r'] }),
      'a patient with a path': signed({}, { patient: '../Patient/patient-0002' }),
      'a patient as a list': signed({}, { patient: ['patient-0001', 'patient-0002'] }),
      'a clearance that is none': signed({}, { clearance: 'X' }),
      'a megabyte': `${head}.${claims}.${'A'.repeat(48_000)}`,
      'an encrypted one': `${encode({ alg: 'dir', enc: 'A256GCM', typ: 'at+jwt' })}..AAAA.AAAA.AAAA`,
    };
    for (const [name, token] of Object.entries(wrong)) {
      const response = await read(token);
      assert.equal(response.status, 401, name);
      assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer .*error="invalid_token"/, name);
    }
    assert.equal((await read(tokens.access_token)).status, 200);
  });

  test('a token elsewhere than in the one header is refused, and never used', async () => {
    const url = `${origin}/fhir/Patient/patient-0001`;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const token = tokens.access_token;
    const search = `${origin}/fhir/Patient/_search`;
    for (const [name, status, response] of [
      ['in the query', 400, await fetch(`${url}?access_token=${token}`)],
      ['in the query, written oddly', 400, await fetch(`${url}?%61ccess_token=${token}`)],
      ['in query and header', 400, await fetch(`${url}?access_token=${token}`, { headers: bearer(token) })],
      ['in the form', 401, await fetch(search, { method: 'POST', headers: form, body: `access_token=${token}` })],
      [
        'in form and header',
        400,
        await fetch(search, { method: 'POST', headers: { ...form, ...bearer(token) }, body: `access_token=${token}` }),
      ],
      [
        'in a cookie',
        401,
        await fetch(url, { headers: { cookie: `access_token=${token}; affinity-session=${token}` } }),
      ],
      ['as Basic', 401, await fetch(url, { headers: { authorization: `Basic ${token}` } })],
      ['as DPoP', 401, await fetch(url, { headers: { authorization: `DPoP ${token}` } })],
      ['without a scheme', 401, await fetch(url, { headers: { authorization: token } })],
      [
        'twice',
        400,
        await fetch(url, {
          headers: [
            ['authorization', `Bearer ${token}`],
            ['authorization', `Bearer ${token}`],
          ],
        }),
      ],
      ['two in one', 400, await fetch(url, { headers: { authorization: `Bearer ${token} ${token}` } })],
      [
        'in another header',
        401,
        await fetch(url, { headers: { 'x-authorization': `Bearer ${token}`, 'x-forwarded-user': 'ana' } }),
      ],
      [
        'the session of the person',
        401,
        await fetch(url, {
          headers: {
            cookie: [...secrets]
              .filter(([name]) => name.startsWith('cookie '))
              .map(([name, value]) => `${name.slice(7)}=${value}`)
              .join('; '),
          },
        }),
      ],
    ] as const) {
      assert.equal(response.status, status, `${name}: ${await response.clone().text()}`);
      assert.doesNotMatch(await response.text(), /"resourceType":"Patient"/, name);
    }
    assert.equal(
      (await read('x', { headers: { authorization: `bearer ${token}` } })).status,
      200,
      'the scheme has no case',
    );
  });

  test('the token endpoint: other apps, wrong proofs, two proofs, wrong bindings', async () => {
    const visitor = createVisitor(origin);
    const fresh = async (): Promise<string> => {
      const made = codeOf(await walk(visitor, origin));
      secrets.set(`code ${secrets.size}`, made);
      return made;
    };
    const invalid = async (name: string, response: Response, expected: string): Promise<void> => {
      const body = (await response.json()) as { error: string };
      assert.equal(`${response.status} ${body.error}`, expected, name);
      assert.equal(response.headers.get('cache-control'), 'no-store', name);
    };
    const unused = await fresh();
    await invalid(
      'of another app',
      await redeem(origin, unused, { client_id: 'spa' }, {} as never),
      '400 invalid_grant',
    );
    await invalid(
      'another address',
      await redeem(origin, unused, { redirect_uri: 'https://evil.example' }),
      '400 invalid_grant',
    );
    await invalid(
      'another verifier',
      await redeem(origin, unused, { code_verifier: 'x'.repeat(43) }),
      '400 invalid_grant',
    );
    await invalid('no proof', await redeem(origin, unused, { client_id: 'web' }, {} as never), '401 invalid_client');
    await invalid('a wrong secret', await redeem(origin, unused, {}, basic('web', 'wrong')), '401 invalid_client');
    await invalid('two proofs', await redeem(origin, unused, { client_secret: appSecret }), '400 invalid_request');
    await invalid('two codes', await redeem(origin, unused, { code: [unused, unused] }), '400 invalid_request');
    const given = await redeem(origin, unused);
    assert.equal(given.status, 200, 'after all of that its owner can use it');
    const own = (await given.json()) as Tokens;
    remember('second', own);
    await invalid(
      'a refresh token of another app',
      await refresh(origin, own.refresh_token, { client_id: 'spa' }, {} as never),
      '400 invalid_grant',
    );
    await invalid('an access token as refresh token', await refresh(origin, own.access_token), '400 invalid_grant');
    await invalid(
      'more than was granted',
      await refresh(origin, own.refresh_token, { scope: 'patient/*.cruds' }),
      '400 invalid_scope',
    );
    await invalid(
      'the person by a service',
      await post(`${origin}/auth/token`, serviceFields(await assertion(origin), 'patient/*.cruds')),
      '400 invalid_scope',
    );
    for (const claims of [
      { aud: `${origin}/fhir` },
      { aud: [`${origin}/auth/token`, 'https://evil.example'] },
      { iss: 'web', sub: 'web' },
      { sub: 'web' },
      { exp: Math.floor(Date.now() / 1000) - 60 },
      { exp: Math.floor(Date.now() / 1000) + 3600 },
      { exp: 1e308 },
      { exp: Date.now() },
      { iat: Math.floor(Date.now() / 1000) + 3600 },
      { jti: undefined },
    ]) {
      const proof = await assertion(origin, claims);
      await invalid(
        JSON.stringify(claims),
        await post(`${origin}/auth/token`, serviceFields(proof)),
        '401 invalid_client',
      );
    }
    const used = await assertion(origin);
    secrets.set('assertion', used);
    assert.equal((await post(`${origin}/auth/token`, serviceFields(used))).status, 200);
    await invalid('used before', await post(`${origin}/auth/token`, serviceFields(used)), '401 invalid_client');
    // Introspection and revocation tell and do nothing to whom the token does not belong.
    const foreign = await post(
      `${origin}/auth/introspect`,
      { token: own.access_token },
      bearer(await serviceToken(origin)),
    );
    assert.deepEqual(await foreign.json(), { active: false });
    await post(`${origin}/auth/revoke`, { token: own.access_token, client_id: 'spa' });
    assert.equal((await read(own.access_token)).status, 200, 'an app cannot revoke the token of another');
    await post(`${origin}/auth/revoke`, { token: own.refresh_token }, basic());
    // Told by the feed, to this process too: in milliseconds, not in no time.
    let status = 200;
    for (const began = performance.now(); status !== 401 && performance.now() - began < 5_000; ) {
      status = (await read(own.access_token)).status;
    }
    assert.equal(status, 401);
    const page = createVisitor(origin);
    const form = await readPage(await page.open(authorizeUrl(origin)));
    assert.equal((await page.submit(form, { username: 'ana', password: 'ana-demo-2026-wrong-password' })).status, 400);
  });

  test('no secret in a log, an audit record, an answer or the database', async () => {
    assert.ok(secrets.size > 12);
    const { rows: tables } = await database.pool.query("select tablename from pg_tables where schemaname = 'public'");
    let kept = '';
    for (const { tablename } of tables) {
      const { rows } = await database.pool.query(`select t::text from "${tablename}" t`);
      kept += rows.map(({ t }) => t).join('\n');
    }
    assert.ok(
      kept.includes('token-refused') && kept.includes('a token in the query is refused'),
      'the audit log is in it',
    );
    assert.match(domain.output(), /request refused/);
    const places = { 'the log': domain.output(), 'an answer': heard.join('\n'), 'the database': kept };
    for (const [place, text] of Object.entries(places)) {
      for (const [name, value] of secrets) {
        // The address of a sign-in under way is in its form; without the cookie of the same value it opens nothing.
        if (value.length < 16 || (place === 'an answer' && /affinity-(interaction|resume)$/.test(name))) continue;
        assert.ok(!text.includes(value), `${name} in ${place}`);
        assert.ok(!text.includes(Buffer.from(value).toString('hex')), `${name} as bytes in ${place}`);
      }
    }
    assert.equal((await verifyAuditLog(database.pool)).kind, 'intact');
  });
});
