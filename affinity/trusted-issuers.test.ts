/** Trusted issuers from the settings to the server: what may be declared, and keys from a real JWKS URL that fails in every way. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createSafeFetch } from '@affinity/outbound/safe-fetch.ts';
import { base, createSmallClinic } from '@affinity/resource-server/testing/clinic.ts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { parse } from 'yaml';
import { readConfig } from './config.ts';
import { type ConfigFile, checkFile, type Fault } from './config-file.ts';
import { createForeignKeys } from './foreign-keys.ts';
import { trustedIssuersAt } from './trusted-issuers.ts';

const theirs = 'https://lab.example/auth';
const system = 'urn:oid:2.999.1';
const sound = {
  issuer: theirs,
  jwks_uri: 'https://lab.example/jwks',
  servers: ['clinic'],
  scopes: ['patient/Observation.rs'],
};

const read = (...trusted_issuers: readonly object[]): { file: ConfigFile | undefined; faults: readonly Fault[] } => {
  const faults: Fault[] = [];
  return { file: checkFile({ trusted_issuers }, faults), faults };
};
const fileOf = (...given: readonly object[]): ConfigFile => read(...given).file ?? assert.fail('not taken');

const pairs = Promise.all(
  ['one', 'two'].map(async (kid) => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' }, secret: privateKey };
  }),
);

const listen = async (t: TestContext, handle: RequestListener): Promise<string> => {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('nobody is trusted unless told; a whole declaration is taken, and its limits are narrow where nothing is said', () => {
  assert.deepEqual(fileOf().trusted_issuers, []);
  const [one] = fileOf(sound).trusted_issuers;
  const { most_seconds, purposes, identifier_systems, records, clients, keys_seconds, keys_again_seconds } =
    one ?? assert.fail();
  assert.deepEqual(
    { most_seconds, purposes, identifier_systems, records, clients, keys_seconds, keys_again_seconds },
    {
      ...{ most_seconds: 300, purposes: [], identifier_systems: [], records: [], clients: undefined },
      ...{ keys_seconds: 600, keys_again_seconds: 10 },
    },
  );
});

test('the declaration of the guide can be used as it stands', () => {
  const guide = readFileSync(join(import.meta.dirname, '../docs/guides/settings.md'), 'utf8');
  const yaml = /## Other domains\n\n```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? assert.fail();
  const faults: Fault[] = [];
  assert.equal(checkFile(parse(yaml), faults)?.trusted_issuers.length, 1);
  assert.deepEqual(faults, []);
});

test('each limit of a trusted issuer at its bounds and one past them; what cannot be agreed is a fault', async () => {
  const takes = (more: object) => read({ ...sound, ...more }).faults.length === 0;
  const bounds = { most_seconds: [1, 3600], keys_seconds: [1, 86_400], keys_again_seconds: [1, 600] } as const;
  for (const [name, [least, most]] of Object.entries(bounds)) {
    assert.ok(takes({ [name]: least }) && takes({ [name]: most }), name);
    assert.ok(!takes({ [name]: least - 1 }) && !takes({ [name]: most + 1 }), name);
  }
  const [pair] = await pairs;
  const inline = { jwks_uri: undefined, jwks: { keys: [pair?.jwk] } };
  for (const more of [
    inline,
    { issuer: 'http://localhost:5000/auth', jwks_uri: 'http://localhost:5000/jwks' },
    { scopes: ['system/*.rs', 'patient/Observation.rs?category=laboratory'], records: 'all', purposes: ['TREAT'] },
    { records: ['Patient/a', 'Group/g', 'Organization/o'] },
  ])
    assert.ok(takes(more), JSON.stringify(more));
  for (const more of [
    { issuer: 'http://lab.example/auth' },
    { issuer: 'https://lab.example/auth?x=1' },
    { issuer: 'https://lab.example/auth#x' },
    { issuer: 'https://a:b@lab.example/' },
    { jwks_uri: 'http://lab.example/jwks' },
    { jwks_uri: 'file:///etc/passwd' },
    { jwks_uri: undefined },
    { jwks: inline.jwks },
    { jwks_uri: undefined, jwks: { keys: [] } },
    { jwks_uri: undefined, jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'x' }] } },
    { servers: [] },
    { servers: undefined },
    { scopes: [] },
    { scopes: undefined },
    { scopes: ['user/*.rs'] },
    { scopes: ['patient/*'] },
    { scopes: ['openid'] },
    { clients: [] },
    { purposes: ['BTG'] },
    { purposes: ['WHATEVER'] },
    { records: ['Practitioner/x'] },
    { unknown: true },
  ])
    assert.ok(!takes(more), JSON.stringify(more));
  assert.equal(read(sound, { ...sound, servers: ['hospital'] }).faults.length, 1, 'each issuer once');
});

test('our own issuer is not one of the others, and a server that is not there is told', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'affinity-trusted-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const faultsOf = (issuer: string, servers: readonly string[]): readonly string[] => {
    writeFileSync(
      join(directory, 'affinity.yaml'),
      JSON.stringify({ trusted_issuers: [{ ...sound, issuer, servers }] }),
    );
    const result = readConfig({ AFFINITY_PORT: '4000' }, directory);
    return result.kind === 'faults' ? result.faults.map(({ setting }) => setting) : [];
  };
  assert.deepEqual(faultsOf(theirs, ['clinic', 'hospital', 'identity']), []);
  assert.deepEqual(faultsOf('http://localhost:4000/auth', ['clinic']), ['trusted_issuers.0.issuer']);
  assert.deepEqual(faultsOf(theirs, ['clinic', 'clinics']), ['trusted_issuers.0.servers']);
});

/** A clinic that trusts an issuer whose keys are at this address. */
const clinicTrusting = async (
  jwks_uri: string,
  more: object = {},
  name = 'clinic',
  origin = 'http://localhost:4000',
) => {
  const file = fileOf({ ...sound, jwks_uri, identifier_systems: [system], ...more });
  const state = { time: Date.UTC(2026, 0, 2, 3, 4, 5) };
  const foreign = trustedIssuersAt({
    config: { origin, file },
    name,
    patientsIdentified: async ({ value }) => (value === 'known' ? ['a'] : []),
    now: () => new Date(state.time),
    log: () => {},
  });
  const { clinic, token } = await createSmallClinic(foreign === undefined ? {} : { foreign });
  const sign = async (kid = 'one') => {
    const pair = (await pairs).find((one) => one.kid === kid) ?? (await pairs)[0] ?? assert.fail();
    const iat = Math.floor(clinic.time / 1000);
    const claims = {
      ...{ iss: theirs, aud: base, sub: 'user-9', client_id: 'viewer', iat, exp: iat + 300, jti: 'their-1' },
      ...{ scope: 'patient/*.rs', patient_identifier: { system, value: 'known' } },
    };
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid, typ: 'at+jwt' }).sign(pair.privateKey);
  };
  const status = async (given: string) => (await clinic.send('/Observation/o1', given)).status;
  return { clinic, token, state, sign, status };
};

test('E05, E82: a token counts by the keys of a real JWKS URL; while it fails theirs are 503 and ours are answered', async (t) => {
  const [one] = await pairs;
  let broken: RequestListener | undefined;
  const url = await listen(t, (request, response) => {
    if (broken !== undefined) return void broken(request, response);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA', kid: 'one' }, one?.jwk] }));
  });
  const hits: string[] = [];
  const inside = await listen(t, (request, response) => {
    hits.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: [one?.jwk] }));
  });
  const { status, sign, token } = await clinicTrusting(`${url}/jwks`);
  assert.deepEqual([await status(await sign()), await status(token)], [200, 200]);
  const failing: readonly RequestListener[] = [
    (_, response) => void response.destroy(),
    (_, response) => void response.writeHead(500, { 'content-type': 'application/json' }).end('{"keys":[]}'),
    (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"keys":'),
    (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"keys":{}}'),
    (_, response) => void response.writeHead(302, { location: `${inside}/jwks` }).end(),
    (_, response) => void response.writeHead(307, { location: 'http://169.254.169.254/jwks' }).end(),
  ];
  for (const [at, handle] of failing.entries()) {
    broken = handle;
    const other = await clinicTrusting(`${url}/jwks`);
    assert.deepEqual([await other.status(await other.sign()), await other.status(other.token)], [503, 200], `${at}`);
  }
  assert.deepEqual(hits, [], 'a redirect is not followed');
  assert.equal(await status(await sign()), 200, 'what was learned stands for its time');
});

test('Q20: the keys of an issuer are fetched from no address within, where the domain is not there itself', async (t) => {
  const hits: string[] = [];
  const url = await listen(t, (request, response) => void response.end(hits.push(request.url ?? '')));
  for (const uri of [`${url}/jwks`, 'https://169.254.169.254/jwks', 'https://10.0.0.1/jwks']) {
    const { status, sign, token } = await clinicTrusting(uri, {}, 'clinic', 'https://domain.example');
    assert.deepEqual([await status(await sign()), await status(token)], [503, 200], uri);
  }
  assert.deepEqual(hits, []);
});

test('E05, L11: the token counts at the servers that are named, and at no other', async (t) => {
  const [one] = await pairs;
  const url = await listen(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(JSON.stringify({ keys: [one?.jwk] }));
  });
  const there = await clinicTrusting(`${url}/jwks`, { servers: ['hospital', 'locator'] });
  assert.deepEqual([await there.status(await there.sign()), await there.status(there.token)], [401, 200]);
  const here = await clinicTrusting(`${url}/jwks`, { servers: ['hospital', 'clinic'] });
  assert.equal(await here.status(await here.sign()), 200);
  const unnamed = await clinicTrusting(`${url}/jwks`, { identifier_systems: [] });
  assert.equal(await unnamed.status(await unnamed.sign()), 401, 'no way of naming a patient was agreed');
});

test('keys are kept as long as both sides say, and an unknown kid asks again only so often', async (t) => {
  const [one, two] = await pairs;
  const served = { keys: [one?.jwk], control: 'max-age=60', fetches: 0, isDown: false };
  const url = await listen(t, (_, response) => {
    served.fetches += 1;
    if (served.isDown) return void response.destroy();
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': served.control });
    response.end(JSON.stringify({ keys: served.keys }));
  });
  let time = 0;
  const keysOf = createForeignKeys({
    ...{ uri: url, fetchOutside: createSafeFetch(), permissions: { dangerouslyAllowLoopback: true } },
    ...{ keptSeconds: 100, againSeconds: 10, now: () => time, log: () => {} },
  });
  const has = async (kid: string): Promise<number> => (await keysOf(kid)).keys.length;
  assert.deepEqual(await Promise.all([has('one'), has('one'), has('two')]), [1, 1, 0]);
  assert.equal(served.fetches, 1, 'who asks while it is asked for waits for the same');
  for (let at = 0; at < 20; at += 1) assert.equal(await has(`guess-${at}`), 0);
  assert.equal(served.fetches, 1);
  served.keys = [one?.jwk, two?.jwk];
  time = 9_999;
  assert.deepEqual([await has('two'), served.fetches], [0, 1]);
  time = 10_000;
  assert.deepEqual([await has('two'), await has('one'), served.fetches], [1, 1, 2]);
  time = 69_999;
  assert.deepEqual([await has('one'), served.fetches], [1, 2]);
  served.keys = [two?.jwk];
  time = 70_000;
  assert.deepEqual([await has('one'), served.fetches], [0, 3], 'a key that was withdrawn is over');
  served.control = 'max-age=999999';
  time = 140_000;
  assert.deepEqual([await has('two'), served.fetches], [1, 4]);
  time = 239_999;
  assert.deepEqual([await has('two'), served.fetches], [1, 4]);
  served.control = 'no-store';
  time = 240_000;
  assert.deepEqual([await has('two'), served.fetches], [1, 5], 'no longer than we allow');
  time = 249_999;
  assert.deepEqual([await has('two'), served.fetches], [1, 5], 'nor asked for at each request');
  served.isDown = true;
  time = 250_000;
  await assert.rejects(has('two'));
  await assert.rejects(has('two'));
  assert.equal(served.fetches, 6, 'who does not answer is left alone for a while');
  served.isDown = false;
  time = 260_000;
  assert.deepEqual([await has('two'), served.fetches], [1, 7]);
  served.isDown = true;
  time = 270_000;
  await assert.rejects(has('two'));
});

test('a kid that two keys have is nobody’s', async () => {
  const [one, two] = await pairs;
  const file = fileOf(sound);
  const trusted = file.trusted_issuers.map(({ jwks_uri: _, ...rest }) => ({
    ...rest,
    jwks: { keys: [one?.jwk ?? {}, { ...two?.jwk, kid: 'one' }, two?.jwk ?? {}] },
  }));
  const foreign = trustedIssuersAt({
    config: { origin: 'http://localhost:4000', file: { ...file, trusted_issuers: trusted } },
    name: 'clinic',
    patientsIdentified: async () => [],
    now: () => new Date(),
    log: () => {},
  });
  const keys = foreign?.issuers[0]?.keys ?? assert.fail();
  assert.deepEqual([(await keys('one')).keys.length, (await keys('two')).keys.length], [0, 1]);
});
