import assert from 'node:assert/strict';
import { test } from 'node:test';
import { purposeClaim } from '@affinity/core/smart/purpose-of-use.ts';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { base, createClinic, observation } from './testing/clinic.ts';

const read = '/Observation/o1';

const chain = (length: number): object | undefined =>
  Array.from({ length }).reduce<object | undefined>(
    (act, _, at) => ({ sub: `server-${at}`, ...(act === undefined ? {} : { act }) }),
    undefined,
  );

test('C55, J07: the servers that hold a token for its app are recorded, the latest first', async () => {
  const clinic = await createClinic();
  await clinic.put(observation('o1', 'a', 'laboratory'));
  assert.equal((await clinic.send(read, await clinic.token({ act: chain(2) }))).status, 200);
  assert.equal((await clinic.send(read, await clinic.token())).status, 200);
  assert.deepEqual(
    clinic.audit.filter(({ event }) => event === 'read').map(({ client, actors }) => [client, actors]),
    [
      ['app-1', ['server-1', 'server-0']],
      ['app-1', undefined],
    ],
  );
});

test('E02, E05, Q18: every claim is checked, by value and by type', async () => {
  const clinic = await createClinic();
  await clinic.put(observation('o1', 'a', 'laboratory'));
  assert.equal((await clinic.send(read, await clinic.token())).status, 200);
  const now = Math.floor(clinic.time / 1000);
  const treat = { extensions: purposeClaim(['TREAT']) };
  const faulty: Record<string, unknown>[] = [
    { iss: 'http://localhost:4000/auth/' },
    { iss: undefined },
    { aud: `${base}/` },
    { aud: 'http://localhost:4000/hospital/fhir' },
    { aud: 'HTTP://LOCALHOST:4000/fhir' },
    { aud: undefined },
    { aud: [base, 7] },
    { aud: [] },
    { exp: now },
    { exp: now - 1 },
    { exp: undefined },
    { exp: `${now + 300}` },
    { exp: now + 300.5 },
    { exp: (now + 300) * 1000 },
    { exp: 1e308 },
    { exp: -1 },
    { iat: now + 61 },
    { iat: undefined },
    { nbf: now + 61 },
    { nbf: 'now' },
    { sub: undefined },
    { sub: 7 },
    { client_id: undefined },
    { client_id: ['app-1'] },
    { jti: undefined },
    { jti: '' },
    { scope: undefined },
    { scope: ['patient/*.rs'] },
    { patient: 7 },
    { patient: 'Patient/a' },
    { patient: '' },
    { fhirUser: 7 },
    { grant_id: undefined },
    { grant_id: 7 },
    { clearance: 'X' },
    { clearance: 'L' },
    { clearance: null },
    { cnf: null },
    { cnf: {} },
    { cnf: 'A'.repeat(43) },
    { cnf: { jkt: 'short' } },
    { cnf: { jkt: ['A'.repeat(43)] } },
    { cnf: { 'x5t#S256': 'A'.repeat(43) } },
    { cnf: { jkt: 'A'.repeat(43), kid: '1' } },
    { cnf: { jkt: 'A'.repeat(43) } },
    { extensions: 'BTG' },
    { extensions: { ihe_iua: { purpose_of_use: 'BTG' } } },
    { extensions: { ihe_iua: { purpose_of_use: [{ code: 'BTG' }] } } },
    { act: null },
    { act: 'gateway' },
    { act: {} },
    { act: { sub: 7 } },
    { act: { sub: 'gateway', act: {} } },
    { act: { sub: 'gateway', may_act: true } },
    { act: chain(6) },
    { sub: 'app-1', act: { sub: 'gateway' } },
    { sub: 'app-1', fhirUser: `${base}/Patient/a` },
    { scope: Array.from({ length: 1001 }, (_, i) => i).join(' ') },
  ];
  for (const claims of faulty) {
    const response = await clinic.send(read, await clinic.token(claims));
    assert.equal(response.status, 401, JSON.stringify(claims));
    assert.match(response.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
  }
  for (const claims of [
    { aud: ['x', base] },
    { iat: now + 60 },
    { nbf: now },
    { clearance: 'V' },
    { exp: now + 1 },
    { act: chain(5) },
    treat,
  ]) {
    assert.equal((await clinic.send(read, await clinic.token(claims))).status, 200, JSON.stringify(claims));
  }
});

test('E06: a token is dead at its exp, also when it is remembered; a skew can be given', async () => {
  const clinic = await createClinic();
  await clinic.put(observation('o1', 'a', 'laboratory'));
  const token = await clinic.token();
  assert.equal((await clinic.send(read, token)).status, 200);
  clinic.time += 299_999;
  assert.equal((await clinic.send(read, token)).status, 200);
  clinic.time += 1;
  assert.equal((await clinic.send(read, token)).status, 401);

  const patient = await createClinic({ limits: { expiredSkewSeconds: 30 } });
  await patient.put(observation('o1', 'a', 'laboratory'));
  const late = await patient.token();
  patient.time += 329_999;
  assert.equal((await patient.send(read, late)).status, 200);
  patient.time += 1;
  assert.equal((await patient.send(read, late)).status, 401);
});

test('E75: the purpose comes from the token, is recorded, and no header of the caller changes it', async () => {
  const clinic = await createClinic();
  await clinic.put(observation('o1', 'a', 'laboratory'));
  const header = { headers: { 'purpose-of-use': 'TREAT', 'x-purpose-of-use': 'TREAT' } };
  await clinic.send(read, await clinic.token({ extensions: purposeClaim(['HRESCH', 'PATRQT']) }), header);
  assert.equal(clinic.audit.at(-1)?.purpose, 'HRESCH PATRQT');
  await clinic.send(read, await clinic.token(), header);
  assert.equal(clinic.audit.at(-1)?.purpose, undefined);
});

test('E09, Q17: an id_token, a refresh token or an assertion is no access token', async () => {
  const clinic = await createClinic();
  await clinic.put(observation('o1', 'a', 'laboratory'));
  for (const typ of ['JWT', 'jwt', 'logout+jwt', 'client-authentication+jwt', 'dpop+jwt', 'xat+jwt', undefined]) {
    assert.equal((await clinic.send(read, await clinic.token({}, { typ }))).status, 401, typ);
  }
  for (const typ of ['at+jwt', 'application/at+jwt', 'AT+JWT']) {
    assert.equal((await clinic.send(read, await clinic.token({}, { typ }))).status, 200, typ);
  }
  for (const token of ['opaque-refresh-token', 'a.b.c', 'a.b.c.d.e', '..']) {
    assert.equal((await clinic.send(read, token)).status, 401, token);
  }
});

test('Q16, G21: alg none, the public key as a secret, a key of its own, an unknown kid, a changed byte', async () => {
  const clinic = await createClinic();
  await clinic.put(observation('o1', 'a', 'laboratory'));
  const good = await clinic.token();
  const [header = '', payload = '', signature = ''] = good.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const own = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(own.publicKey);
  const sign = (protectedHeader: Record<string, unknown>, key: CryptoKey | Uint8Array) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...protectedHeader }).sign(key);
  const changed = { ...claims, patient: 'b' };
  const forged = [
    new UnsecuredJWT(claims).encode(),
    `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`,
    await sign({ alg: 'HS256', kid: 'k1' }, Buffer.from(await exportSPKI(own.publicKey))),
    await sign({ kid: 'k1' }, own.privateKey),
    await sign({ kid: 'k2' }, own.privateKey),
    await sign({ kid: '../../etc/passwd' }, own.privateKey),
    await sign({ jwk }, own.privateKey),
    await sign({ kid: 'k1', jku: 'https://evil.example/jwks' }, own.privateKey),
    `${header}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${signature}`,
    `${header}.${payload}.${'A'.repeat(86)}`,
    `${header}.${payload}.`,
    `${header}.${payload}`,
  ];
  for (const token of forged) assert.equal((await clinic.send(read, token)).status, 401, token);
  assert.equal((await clinic.send(read, good)).status, 200);
  assert.equal((await clinic.send(read, `${good}A`)).status, 401, 'what is remembered is the whole token');
});

test('a header that demands what is not understood is refused', async () => {
  const clinic = await createClinic();
  for (const header of [
    { crit: ['b64'], b64: true },
    { crit: ['exp'], exp: 1 },
  ]) {
    const token = await clinic.token({}, header).catch(() => undefined);
    assert.ok(token === undefined || (await clinic.send(read, token)).status === 401, JSON.stringify(header));
  }
});
