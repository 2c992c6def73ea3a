/** Apps that register themselves: what they get, and what they never get. RFC 7591; RFC 9700 §2.1, §4.11. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { moveClient } from './client-lifecycle.ts';
import { addInitialToken, findInitialToken } from './initial-access-token.ts';
import { createRegisteredClients, isRegisteredId } from './registered-clients.ts';
import { issuer, startDomain } from './testing/domain.ts';
import { appCallback, refusalOf, register, send, startRegistration } from './testing/registration.ts';

const publicKey = async (alg = 'ES384'): Promise<JWK> => ({
  ...(await exportJWK((await generateKeyPair(alg, { extractable: true })).publicKey)),
  kid: 'k1',
});

test('H01: an app registers and is told what it is; its secret is kept by nobody else', async (t) => {
  const domain = await startRegistration(t);
  const response = await send(domain, {
    redirect_uris: [appCallback],
    client_name: 'My Health Diary',
    scope: 'openid fhirUser launch/patient patient/Observation.rs patient/Observation.rs future/thing',
    contacts: ['mail@app.example'],
    policy_uri: 'https://app.example/privacy',
    dpop_bound_access_tokens: true,
    require_pushed_authorization_requests: false,
    future_member: { any: 'thing' },
    client_id: 'vitals',
    affinity_purposes: ['BTG'],
    resource_server: 'http://localhost:4000/fhir',
    affinity_records: 'all',
    publisher: 'A hospital',
  });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.equal(response.headers.get('pragma'), 'no-cache');
  assert.equal(response.headers.get('access-control-allow-origin'), null);
  const told = (await response.json()) as { [name: string]: unknown };
  const { client_id: id, client_secret: secret, registration_access_token: token, client_id_issued_at: at } = told;
  assert.ok(typeof id === 'string' && isRegisteredId(id));
  assert.ok(typeof secret === 'string' && secret.length >= 43 && typeof token === 'string' && token.length >= 43);
  assert.ok(Math.abs(Number(at) - Date.now() / 1000) < 60);
  delete told.client_id_issued_at;
  assert.deepEqual(told, {
    client_id: id,
    client_secret: secret,
    client_secret_expires_at: 0,
    registration_access_token: token,
    registration_client_uri: `${issuer}/register/${id}`,
    redirect_uris: [appCallback],
    client_name: 'My Health Diary',
    contacts: ['mail@app.example'],
    policy_uri: 'https://app.example/privacy',
    dpop_bound_access_tokens: true,
    require_pushed_authorization_requests: false,
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    scope: 'openid fhirUser launch/patient patient/Observation.rs',
  });
  const { rows } = await domain.database.pool.query('select * from registered_client');
  for (const kept of [JSON.stringify(rows), JSON.stringify(domain.audit), JSON.stringify(domain.logged)])
    for (const canary of [secret, token]) assert.ok(!kept.includes(canary));
  const [record] = domain.audit.filter(({ event }) => event === 'client-registered');
  assert.deepEqual([record?.client, record?.outcome, record?.address], [id, 'permitted', '192.0.2.9']);
  const metadata = (await (
    await domain.server.fetch(new Request(`${issuer}/.well-known/openid-configuration`), {})
  ).json()) as object;
  assert.equal((metadata as { registration_endpoint?: string }).registration_endpoint, `${issuer}/register`);
});

test('H04: where registration is off there is no such endpoint, and it is not named', async (t) => {
  const domain = await startDomain(t);
  assert.equal((await send(domain, { redirect_uris: [appCallback] })).status, 404);
  assert.equal((await send(domain, undefined, { path: `/register/app_${'a'.repeat(22)}`, method: 'GET' })).status, 404);
  assert.ok(!('registration_endpoint' in domain.server.metadata()));
});

test('H01, Q24, Q26: another method, another type, and what is no JSON object are refused', async (t) => {
  const domain = await startRegistration(t, undefined, { bytes: 4096 });
  assert.equal((await send(domain, undefined, { method: 'GET' })).status, 405);
  assert.equal((await send(domain, undefined, { method: 'DELETE' })).headers.get('allow'), 'POST');
  assert.equal(await refusalOf(await send(domain, '{}', { type: 'text/plain' })), '415 invalid_client_metadata');
  assert.equal(
    await refusalOf(await send(domain, `{"client_name":"${'x'.repeat(4096)}"}`)),
    '413 invalid_client_metadata',
  );
  const exactly = JSON.stringify({ redirect_uris: [appCallback] }).padEnd(4096);
  assert.equal((await send(domain, exactly)).status, 201);
  assert.equal((await send(domain, `${exactly} `)).status, 413);
  const odd = [
    '',
    'x',
    '[]',
    'null',
    '"x"',
    '{"a":1,"a":2}',
    `{"a":${'['.repeat(9)}${']'.repeat(9)}}`,
    `{"redirect_uris":["${appCallback}"],"__proto__":{"status":"listed","polluted":true}}`,
    `{"redirect_uris":["${appCallback}"],"constructor":{"prototype":{"polluted":true}}}`,
    `{"redirect_uris":["${appCallback}"],"jwks":{"__proto__":{"keys":[]}}}`,
  ];
  for (const body of odd) assert.equal(await refusalOf(await send(domain, body)), '400 invalid_client_metadata', body);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test('H02, H05, B33, Q08: no app registers an address by which an answer could go astray', async (t) => {
  const domain = await startRegistration(t);
  const bad: readonly (readonly unknown[])[] = [
    [],
    ['http://app.example/cb'],
    ['http://10.0.0.1/cb'],
    ['http://localhost.evil.example/cb'],
    ['https://*.example/cb'],
    ['https://*/cb'],
    ['https://app.example/*'],
    ['https://user@app.example/cb'],
    ['https://user:pass@app.example/cb'],
    ['https://app.example/\r\nset-cookie: a=b'],
    ['https://app.example/cb#fragment'],
    ['https://app.example/<script>alert(1)</script>'],
    ['https://app.example/"onmouseover=alert(1)'],
    ['https://app.example\\@evil.example/cb'],
    ['//evil.example/cb'],
    ['/cb'],
    ['javascript:alert(1)'],
    ['data:text/html,x'],
    ['myapp:/cb'],
    ['com.example.app:/cb'],
    [''],
    [appCallback, 'http://app.example/cb'],
    [appCallback, 7],
    [`https://app.example/${'a'.repeat(2000)}`],
    Array.from({ length: 51 }, (_, at) => `${appCallback}${at}`),
  ];
  for (const uris of bad)
    assert.equal(
      await refusalOf(await send(domain, { redirect_uris: uris })),
      '400 invalid_redirect_uri',
      String(uris),
    );
  for (const uris of ['https://app.example/cb', { 0: appCallback }, 7])
    assert.equal(await refusalOf(await send(domain, { redirect_uris: uris })), '400 invalid_redirect_uri');
  const many = Array.from({ length: 20_000 }, (_, at) => `${appCallback}${at}`);
  assert.ok([400, 413].includes((await send(domain, { redirect_uris: many })).status));
  for (const scheme of ['myapp:/cb', 'javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd'])
    assert.equal(
      await refusalOf(await send(domain, { application_type: 'native', redirect_uris: [scheme] })),
      '400 invalid_redirect_uri',
    );
  const fifty = Array.from({ length: 50 }, (_, at) => `${appCallback}${at}`);
  assert.equal((await register(domain, { redirect_uris: fifty })).client_id.length, 26);
  const native = { application_type: 'native', redirect_uris: ['com.example.app:/cb', 'http://127.0.0.1/cb'] };
  assert.equal((await register(domain, native)).token_endpoint_auth_method, 'none');
  for (const uri of ['http://app.example/launch', 'https://app.example/launch#x', 'javascript:alert(1)'])
    assert.equal(
      await refusalOf(await send(domain, { redirect_uris: [appCallback], launch_uris: [uri] })),
      '400 invalid_client_metadata',
    );
});

test('H02, H03, H08, C51, Q15, Q20: metadata that does not fit together, or that reaches within, is refused', async (t) => {
  const domain = await startRegistration(t);
  const key = await publicKey();
  const { publicKey: short } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const weak = { ...short.export({ format: 'jwk' }), kid: 'w' };
  // The same short key with zeros before it, so that it looks longer.
  const padded = {
    ...weak,
    n: Buffer.concat([Buffer.alloc(200), Buffer.from(weak.n ?? '', 'base64url')]).toString('base64url'),
  };
  const pair = await generateKeyPair('ES384', { extractable: true });
  const whole = { ...(await exportJWK(pair.privateKey)), kid: 'k' };
  const uris = { redirect_uris: [appCallback] };
  const signed = (jwks: unknown) => ({ ...uris, token_endpoint_auth_method: 'private_key_jwt', jwks });
  const inside = ['http://app.example/x', 'https://127.0.0.1/x', 'https://localhost/x', 'http://localhost:4000/x'];
  const alsoInside = ['https://169.254.169.254/x', 'https://10.0.0.1/x', 'https://[::1]/x', 'https://2130706433/x'];
  const cases: readonly object[] = [
    { ...uris, dpop_bound_access_tokens: 'yes' },
    { ...uris, grant_types: ['implicit'] },
    { ...uris, grant_types: ['password'] },
    { ...uris, grant_types: [] },
    { ...uris, grant_types: 'authorization_code' },
    { ...uris, grant_types: ['refresh_token'] },
    { ...uris, grant_types: ['authorization_code', 'authorization_code'] },
    { ...uris, response_types: ['token'] },
    { ...uris, response_types: ['code', 'id_token'] },
    { ...uris, response_types: [] },
    { ...uris, grant_types: ['client_credentials'], response_types: ['code'] },
    { ...uris, token_endpoint_auth_method: 'client_secret_jwt' },
    { ...uris, token_endpoint_auth_method: 'private_key_jwt' },
    { ...uris, token_endpoint_auth_method: 'none', jwks: { keys: [key] } },
    { ...uris, grant_types: ['client_credentials'], scope: 'system/Patient.rs' },
    { grant_types: ['client_credentials'], scope: 'system/Patient.rs', token_endpoint_auth_method: 'none' },
    { ...uris, application_type: 'desktop' },
    { ...uris, scope: 'no such scope' },
    { ...uris, scope: `patient/Observation.rs ${'a'.repeat(16_384)}` },
    { ...uris, scope: ['openid'] },
    { ...uris, client_name: '<b>Vitals</b>' },
    { ...uris, client_name: 'Vitals\u202egnihton' },
    { ...uris, client_name: 'Vit\u200bals' },
    { ...uris, client_name: 'two\nlines' },
    { ...uris, client_name: ' ' },
    { ...uris, client_name: 'x'.repeat(101) },
    { ...uris, client_name: 7 },
    { ...uris, contacts: 'mail@app.example' },
    ...[...inside, ...alsoInside, 'javascript:alert(1)', 'https://user@app.example/'].flatMap((uri) => [
      { ...uris, logo_uri: uri },
      { ...uris, client_uri: uri },
      { ...uris, tos_uri: uri },
      { ...uris, policy_uri: uri },
      { ...uris, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: uri },
    ]),
    signed({ keys: [whole] }),
    signed({ keys: [weak] }),
    signed({ keys: [padded] }),
    signed({ keys: [{ ...key, kid: undefined }] }),
    signed({ keys: [key, key] }),
    signed({ keys: [{ kty: 'EC', crv: 'P-384', x: key.x, kid: 'k' }] }),
    signed({ keys: [{ ...key, y: key.x }] }),
    signed({ keys: [{ ...key, crv: 'secp256k1' }] }),
    signed({ keys: [{ kty: 'oct', k: 'AAAA', kid: 'k' }] }),
    signed({ keys: [] }),
    signed({ keys: Array.from({ length: 51 }, (_, at) => ({ ...key, kid: String(at) })) }),
    signed('x'),
    { ...signed({ keys: [key] }), jwks_uri: 'https://app.example/jwks' },
    { ...signed({ keys: [key] }), token_endpoint_auth_signing_alg: 'none' },
    { ...signed({ keys: [key] }), token_endpoint_auth_signing_alg: 'HS256' },
  ];
  for (const metadata of cases)
    assert.equal(
      await refusalOf(await send(domain, metadata)),
      '400 invalid_client_metadata',
      JSON.stringify(metadata),
    );
  const { rows } = await domain.database.pool.query('select from registered_client');
  assert.equal(rows.length, 0);
  const told = await register(domain, signed({ keys: [key] }));
  assert.deepEqual(told.jwks, { keys: [key] });
  assert.ok(!('client_secret' in told) && !('client_secret_expires_at' in told));
  const inferred = await register(domain, { ...uris, jwks_uri: 'https://app.example/jwks' });
  assert.equal(inferred.token_endpoint_auth_method, 'private_key_jwt');
  assert.deepEqual((await register(domain, { ...uris, grant_types: ['authorization_code'] })).response_types, ['code']);
});

test('H04: what nobody vouches for has less than it asks for, and what somebody vouches for has it', async (t) => {
  const domain = await startRegistration(t);
  const asked = {
    redirect_uris: [appCallback],
    logo_uri: 'https://app.example/logo.png',
    launch_uris: ['https://app.example/launch'],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid offline_access online_access user/Patient.rs system/Patient.rs patient/Patient.rs launch/patient',
  };
  const told = await register(domain, asked);
  assert.equal(told.scope, 'openid patient/Patient.rs launch/patient');
  assert.deepEqual(told.grant_types, ['authorization_code']);
  assert.ok(!('logo_uri' in told) && !('launch_uris' in told));
  const clients = createRegisteredClients(domain.database.pool);
  const pending = await clients.find(told.client_id);
  assert.equal(pending?.registered, 'pending');
  assert.deepEqual(pending?.grantTypes, ['authorization_code']);
  const silent = await register(domain, { redirect_uris: [appCallback] });
  assert.equal(silent.scope, 'openid fhirUser profile launch/patient patient/*.cruds');
  for (const metadata of [
    { ...asked, scope: 'user/*.rs offline_access' },
    {
      redirect_uris: [],
      scope: 'system/*.rs',
      grant_types: ['client_credentials'],
      jwks: { keys: [await publicKey()] },
    },
  ])
    assert.equal(await refusalOf(await send(domain, metadata)), '400 invalid_client_metadata');

  const { pool } = domain.database;
  const { token } = await addInitialToken(pool, {
    note: 'a maker',
    uses: 2,
    createdAt: domain.now(),
    expiresAt: new Date(domain.now().getTime() + 60_000),
  });
  const listed = await register(domain, asked, { token });
  assert.equal(listed.scope, 'openid offline_access online_access user/Patient.rs patient/Patient.rs launch/patient');
  assert.equal(listed.logo_uri, 'https://app.example/logo.png');
  assert.equal((await clients.find(listed.client_id))?.registered, 'listed');
  const service = { grant_types: ['client_credentials'], scope: 'system/*.rs', jwks: { keys: [await publicKey()] } };
  assert.equal(
    await refusalOf(await send(domain, service, { token })),
    '400 invalid_client_metadata',
    'not with this token',
  );
  assert.notEqual(await findInitialToken(pool, token, domain.now()), undefined, 'what was refused has used nothing up');
  const { token: forService } = await addInitialToken(pool, {
    note: 'a service',
    scope: 'system/Observation.rs system/Patient.r',
    uses: 5,
    createdAt: domain.now(),
    expiresAt: new Date(domain.now().getTime() + 60_000),
  });
  const limited = { ...service, scope: 'system/Observation.rs system/Patient.rs system/*.rs' };
  assert.equal((await register(domain, limited, { token: forService })).scope, 'system/Observation.rs');
  domain.advance(61);
  assert.equal(await refusalOf(await send(domain, asked, { token })), '401 invalid_token', 'its time is over');
});

test('H04, race: an initial access token registers as many apps as it may, and its door is open to nobody else', async (t) => {
  const domain = await startRegistration(t, { mode: 'with-token', statementIssuers: [] });
  const other = await domain.another();
  const { pool } = domain.database;
  const { token, id } = await addInitialToken(pool, {
    note: 'makers',
    uses: 3,
    createdAt: domain.now(),
    expiresAt: new Date(domain.now().getTime() + 60_000),
  });
  const metadata = { redirect_uris: [appCallback] };
  const nobody = await send(domain, metadata);
  assert.match(nobody.headers.get('www-authenticate') ?? '', /^Bearer .*invalid_token/);
  assert.equal(await refusalOf(nobody), '401 invalid_token');
  for (const wrong of ['x', token.slice(1), randomBytes(32).toString('base64url'), id])
    assert.equal(await refusalOf(await send(domain, metadata, { token: wrong })), '401 invalid_token');
  const servers = [domain, { server: other }];
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, at) => send(servers[at % 2] ?? domain, metadata, { token })),
  );
  const count = (status: number): number => answers.filter((answer) => answer.status === status).length;
  assert.deepEqual([count(201), count(401)], [3, 9]);
  assert.equal((await pool.query('select from registered_client')).rows.length, 3);
  const denied = domain.audit.filter(({ event, outcome }) => event === 'client-registered' && outcome === 'denied');
  assert.equal(denied.length, 5 + 9);
  assert.ok(
    !JSON.stringify([
      domain.audit,
      domain.logged,
      (await pool.query('select * from initial_access_token')).rows,
    ]).includes(token),
  );
});

test('H04, Q30: one address registers so often and no oftener, and so many apps wait to be looked at and no more', async (t) => {
  const domain = await startRegistration(t, undefined, { perAddress: 3, pendingMost: 4 });
  const metadata = { redirect_uris: [appCallback] };
  const answers = await Promise.all(Array.from({ length: 5 }, () => send(domain, metadata)));
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [201, 201, 201, 429, 429]);
  assert.ok(Number(answers.find(({ status }) => status === 429)?.headers.get('retry-after')) > 0);
  const elsewhere = await Promise.all(
    Array.from({ length: 3 }, (_, at) => send(domain, metadata, { address: `198.51.100.${at}` })),
  );
  assert.deepEqual(elsewhere.map(({ status }) => status).sort(), [201, 503, 503]);
  const [full] = elsewhere.filter(({ status }) => status === 503);
  assert.ok(Number(full?.headers.get('retry-after')) > 0);
  const [waiting] = (await domain.database.pool.query('select client_id from registered_client')).rows;
  const lifecycle = {
    pool: domain.database.pool,
    consents: domain.consents,
    endGrant: async () => {},
    tokenSeconds: 900,
    now: domain.now,
  };
  await moveClient(lifecycle, waiting.client_id, 'list', async () => {});
  assert.equal((await send(domain, metadata, { address: '198.51.100.7' })).status, 201, 'there is room again');
});
