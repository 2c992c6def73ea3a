/** What is a proof of a key for one request, and what is none. RFC 9449 §4.3, §8, §11; RFC 8725. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { createProofCheck } from './dpop-check.ts';
import { createNonces } from './dpop-nonce.ts';
import { verifyProof } from './dpop-proof.ts';
import { createProver } from './testing/prover.ts';

const url = 'https://server.example/fhir/Patient/1';
const rules = { seconds: 60, skewSeconds: 30, characters: 8_192 };
const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const time = now / 1000;
const accessToken = 'an.access.token';
const request = { method: 'GET', url, accessToken };
const usual = { ...request, now };

const verdict = async (text: string, asked = request): Promise<string> => {
  const proof = await verifyProof(text, rules, asked, now);
  return proof.kind === 'proof' ? 'proof' : proof.reason;
};

test('C56: a proof by each algorithm that is offered names its key', async () => {
  for (const alg of ['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA', 'Ed25519']) {
    const prover = await createProver(alg);
    const proof = await verifyProof(await prover.proof(usual), rules, request, now);
    assert.deepEqual([alg, proof.kind, 'jkt' in proof && proof.jkt], [alg, 'proof', prover.jkt]);
  }
  const large = await createProver('PS256', { modulusLength: 4096 });
  assert.equal(await verdict(await large.proof(usual)), 'proof');
});

test('C56: every claim is checked, by value and by type', async () => {
  const prover = await createProver();
  const good: Readonly<Record<string, unknown>>[] = [
    {},
    { iat: time - 60 },
    { iat: time + 30 },
    { exp: time - 29 },
    { nbf: time + 30 },
    { nonce: 'n' },
    { htu: `${url}?_id=7#part` },
    { htu: 'HTTPS://server.EXAMPLE:443/fhir/./Patient/%31' },
    { jti: 'x'.repeat(255) },
  ];
  for (const claims of good)
    assert.equal(await verdict(await prover.proof({ ...usual, claims })), 'proof', JSON.stringify(claims));
  const faulty: Readonly<Record<string, unknown>>[] = [
    { iat: time - 61 },
    { iat: time + 31 },
    { iat: time * 1000 },
    { iat: time + 0.5 },
    { iat: `${time}` },
    { iat: -1 },
    { iat: 1e308 },
    { iat: undefined },
    { exp: time - 30 },
    { exp: 'never' },
    { nbf: time + 31 },
    { jti: undefined },
    { jti: '' },
    { jti: 7 },
    { jti: 'x'.repeat(256) },
    { htm: undefined },
    { htm: 'POST' },
    { htm: 'get' },
    { htm: ['GET'] },
    { htu: undefined },
    { htu: [url] },
    { htu: 'https://server.example/fhir/Patient/2' },
    { htu: 'https://server.example/fhir/Patient/1/' },
    { htu: 'https://server.example/fhir/patient/1' },
    { htu: 'http://server.example/fhir/Patient/1' },
    { htu: 'https://server.example:444/fhir/Patient/1' },
    { htu: 'https://other.example/fhir/Patient/1' },
    { htu: 'https://server.example@other.example/fhir/Patient/1' },
    { htu: 'https://a@server.example/fhir/Patient/1' },
    { htu: 'https:\\\\server.example/fhir/Patient/1' },
    { htu: ' https://server.example/fhir/Patient/1' },
    { htu: 'https:server.example/fhir/Patient/1' },
    { htu: '/fhir/Patient/1' },
    { ath: undefined },
    { ath: accessToken },
    { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' },
    { nonce: 7 },
    { nonce: '' },
  ];
  for (const claims of faulty)
    assert.notEqual(await verdict(await prover.proof({ ...usual, claims })), 'proof', JSON.stringify(claims));
});

test('Q16, Q17: whose key, which algorithm and what kind of JWT is not left to the sender', async () => {
  const prover = await createProver();
  const [other, es384, rsa] = await Promise.all([createProver(), createProver('ES384'), createProver('RS256')]);
  const { publicJwk, privateJwk } = prover;
  const headers: Readonly<Record<string, unknown>>[] = [
    { typ: undefined },
    { typ: 'JWT' },
    { typ: 'at+jwt' },
    { typ: 'DPOP+JWT' },
    { typ: 'client-authentication+jwt' },
    { jwk: undefined },
    { jwk: privateJwk },
    { jwk: { ...publicJwk, d: '' } },
    { jwk: { ...publicJwk, k: 'AA' } },
    { jwk: other.publicJwk },
    { jwk: es384.publicJwk },
    { jwk: rsa.publicJwk },
    { jwk: [publicJwk] },
    { jwk: JSON.stringify(publicJwk) },
    { jwk: { ...publicJwk, alg: 'ES384' } },
    { jwk: { ...publicJwk, use: 'enc' } },
    { jwk: { ...publicJwk, crv: 'P-384' } },
    { jwk: { ...publicJwk, x: `${publicJwk.x}=` } },
    { jwk: { ...publicJwk, x: 'AAAA' } },
    { jku: 'https://evil.example/jwks' },
    { x5u: 'https://evil.example/x' },
    { x5c: ['AA'] },
    { zip: 'DEF' },
    { enc: 'A256GCM' },
    { b64: true },
  ];
  assert.equal(await verdict(await prover.proof({ ...usual, header: { kid: 'a' } })), 'proof');
  for (const header of headers)
    assert.notEqual(await verdict(await prover.proof({ ...usual, header })), 'proof', JSON.stringify(header));

  const claims = JSON.parse(
    Buffer.from((await prover.proof(usual)).split('.')[1] ?? '', 'base64url').toString(),
  ) as Record<string, unknown>;
  const spki = await exportSPKI((await importJWK(rsa.publicJwk, 'RS256')) as CryptoKey);
  const [head = '', body = '', signature = ''] = (await prover.proof(usual)).split('.');
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const forged = [
    new UnsecuredJWT(claims).encode(),
    `${encode({ alg: 'none', typ: 'dpop+jwt', jwk: publicJwk })}.${body}.`,
    await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk: rsa.publicJwk })
      .sign(Buffer.from(spki)),
    await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk: { kty: 'oct', k: 'AAAA' } as never })
      .sign(Buffer.alloc(32)),
    `${head}.${body}.${'A'.repeat(86)}`,
    `${head}.${body}.`,
    `${head}.${body}`,
    `${head}.${body}.${signature}.${signature}`,
    `${head}.${body}.${signature}, ${head}.${body}.${signature}`,
    `${head}.${encode({ ...claims, jti: 'other' })}.${signature}`,
    `${head}=.${body}.${signature}`,
    `${await prover.proof({ ...usual, claims: { x: 'x'.repeat(8_192) } })}`,
    '..',
    '',
  ];
  for (const text of forged) assert.notEqual(await verdict(text), 'proof', text.slice(0, 80));

  const header = `{"alg":"ES256","typ":"dpop+jwt","jwk":${JSON.stringify(publicJwk)}}`;
  const payload = JSON.stringify(claims);
  assert.equal(await verdict(prover.signed(header, payload)), 'proof', 'the odd ones below are signed as this one is');
  const odd: [string, string][] = [
    [header, payload.replace('{', '{"htm":"GET",')],
    [header.replace('{', '{"typ":"dpop+jwt",'), payload],
    [header, payload.replace('{', '{"__proto__":{},')],
    [header.replace('{', '{"crit":["exp"],"exp":1,'), payload],
    [header.replace('{', '{"crit":["b64"],"b64":true,'), payload],
    [header, `[${payload}]`],
    [header, `\ufeff${payload}`],
    [header, `${payload}x`],
  ];
  for (const [one, two] of odd)
    assert.notEqual(await verdict(prover.signed(one, two)), 'proof', `${one.slice(0, 40)} ${two.slice(0, 40)}`);

  // RSA keys that are too short, too long, or quick to forge by
  const { n } = { ...rsa.publicJwk };
  const short = await createProver('PS256', { modulusLength: 2048 });
  for (const jwk of [
    { kty: 'RSA', e: 'AQAB', n: Buffer.alloc(128, 255).toString('base64url') },
    { kty: 'RSA', e: 'AQAB', n: Buffer.alloc(600, 255).toString('base64url') },
    { kty: 'RSA', e: 'AQ', n },
    { kty: 'RSA', e: 'Ag', n },
    { kty: 'RSA', e: Buffer.alloc(256, 255).toString('base64url'), n },
    { kty: 'RSA', e: 'AQAB' },
  ])
    assert.equal(await verdict(await short.proof({ ...usual, header: { jwk } })), 'jwk is no public key for alg');
});

test('C56: a proof serves once, with the nonce of now where one is needed, and for the key that is asked for', async () => {
  const prover = await createProver();
  const used = new Set<string>();
  let clock = now;
  const nonces = createNonces(
    (text) => `sealed ${text}`,
    120,
    () => clock,
  );
  const neighbours = {
    rules,
    nonces,
    requireNonce: false,
    useOnce: async (id: Uint8Array) => used.size < used.add(Buffer.from(id).toString('hex')).size,
    now: () => clock,
  };
  const check = createProofCheck(neighbours);
  const careful = createProofCheck({ ...neighbours, requireNonce: true });
  const sent = async (claims: Readonly<Record<string, unknown>> = {}) =>
    new Headers({ dpop: await prover.proof({ ...usual, now: clock, claims }) });

  const headers = await sent();
  assert.deepEqual(await check(new Headers(), request), { kind: 'none' });
  const stranger = await check(headers, { ...request, key: (await createProver()).jkt });
  assert.equal(stranger.kind === 'refused' && stranger.error, 'invalid_token');
  assert.deepEqual(await check(headers, { ...request, key: prover.jkt }), { kind: 'proved', jkt: prover.jkt });
  const again = await check(headers, request);
  assert.equal(again.kind === 'refused' && again.error, 'invalid_dpop_proof');
  const twice = new Headers(await sent());
  twice.append('dpop', (await sent()).get('dpop') ?? '');
  assert.equal((await check(twice, request)).kind, 'refused');

  for (const nonce of [undefined, 'guessed', `${nonces.current()}x`]) {
    const refused = await careful(await sent({ nonce }), request);
    assert.equal(refused.kind === 'refused' && refused.error, 'use_dpop_nonce');
  }
  const nonce = nonces.current();
  assert.equal((await careful(await sent({ nonce }), request)).kind, 'proved');
  clock += 120_000;
  assert.equal((await careful(await sent({ nonce }), request)).kind, 'proved', 'of the time before');
  clock += 120_000;
  assert.equal((await careful(await sent({ nonce }), request)).kind, 'refused', 'too old');
  clock -= 360_000;
  assert.equal((await careful(await sent({ nonce }), request)).kind, 'proved', 'of a process whose clock goes ahead');
  await assert.rejects(
    createProofCheck({ ...neighbours, useOnce: () => Promise.reject(new Error('down')) })(await sent(), request),
  );
});
