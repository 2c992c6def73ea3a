/** A viewer of another domain reads what was agreed of the patient whom both domains know, at each server by that server's own id. IHE PIXm; RFC 9068. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { bearer, clientsYaml, serviceToken } from '../hostile/caller.ts';
import { type Domain, removeDirectory, startDomain } from './domain.ts';

const system = 'https://riverside.example/mrn';
const pair = generateKeyPair('ES256');
let keys: Server;
let theirs: string;
let domain: Domain;
before(async () => {
  const jwk = { ...(await exportJWK((await pair).publicKey)), kid: 'lab-1', alg: 'ES256' };
  keys = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] }));
  });
  keys.listen(0, '127.0.0.1');
  await once(keys, 'listening');
  theirs = `http://127.0.0.1:${(keys.address() as AddressInfo).port}`;
  domain = await startDomain({
    yaml: `${clientsYaml}identity: { poll_seconds: 1 }
trusted_issuers:
  - issuer: ${theirs}/auth
    jwks_uri: ${theirs}/jwks
    keys_again_seconds: 1
    keys_seconds: 1
    servers: [clinic, hospital]
    scopes: [patient/Observation.rs]
    clients: [viewer]
    identifier_systems: ['${system}']
`,
  });
});
after(async () => {
  keys.close();
  await domain.stop();
  removeDirectory(domain.directory);
});

const tokenFor = async (path: string, changes: object = {}): Promise<string> => {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ iss: `${theirs}/auth`, aud: `${domain.origin}${path}`, sub: 'dr-lee', client_id: 'viewer', iat },
    ...{ exp: iat + 300, jti: 'their-1', scope: 'patient/*.cruds' },
    ...{ patient_identifier: { system, value: 'MRN-100001' } },
  };
  const { privateKey } = await pair;
  return new SignJWT({ ...claims, ...changes })
    .setProtectedHeader({ alg: 'ES256', kid: 'lab-1', typ: 'at+jwt' })
    .sign(privateKey);
};

const search = async (path: string, token: string) => {
  const response = await fetch(`${domain.origin}${path}/Observation?_count=20`, { headers: bearer(token) });
  const { entry = [] } = (await response.json()) as {
    entry?: readonly { resource: { subject?: { reference: string } }; search?: { mode: string } }[];
  };
  const matches = entry.filter((one) => one.search?.mode === 'match');
  return { status: response.status, subjects: new Set(matches.map(({ resource }) => resource.subject?.reference)) };
};

/** The index of persons takes over who is who by itself, however slow the machine is. */
const untilKnown = async (path: string): Promise<ReadonlySet<string | undefined>> => {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const { status, subjects } = await search(path, await tokenFor(path));
    if (status === 200) return subjects;
    assert.ok(status === 403 || status === 503, 'as long as nobody is known by it, or a slow machine gives no keys');
    await new Promise((done) => setTimeout(done, 200));
  }
  return assert.fail('nobody is known by the identifier');
};

test('L11, E05: a token of a trusted domain is taken at the servers agreed, for the patient whom both know, by that server’s id', async () => {
  assert.deepEqual([...(await untilKnown('/fhir'))], ['Patient/patient-0001']);
  const [atHospital, ...others] = await untilKnown('/hospital/fhir');
  assert.deepEqual(others, []);
  assert.ok(atHospital !== undefined && atHospital !== 'Patient/patient-0001');
  const clinic = await tokenFor('/fhir');
  assert.equal((await search('/hospital/fhir', clinic)).status, 401, 'useless at another server');
  assert.equal((await search('/locator/fhir', await tokenFor('/locator/fhir'))).status, 401, 'not agreed there');
  assert.equal((await search('/fhir', await tokenFor('/fhir', { client_id: 'another' }))).status, 401);
  const nobody = { patient_identifier: { system, value: 'MRN-none' }, patient: 'patient-0001' };
  assert.equal((await search('/fhir', await tokenFor('/fhir', nobody))).status, 403);
  const exchanged = await fetch(`${domain.origin}/auth/userinfo`, { headers: bearer(clinic) });
  assert.equal(exchanged.status, 401, 'it is no token of ours anywhere else');
});

test('what the patient refuses at home is refused to the other domain at once, at every server', async () => {
  const service = await serviceToken(domain.origin);
  const coding = (of: string, code: string) => ({ coding: [{ system: of, code }] });
  const consent = {
    ...{ resourceType: 'Consent', status: 'active', patient: { reference: 'Patient/patient-0001' } },
    scope: coding('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
    category: [coding('http://loinc.org', '59284-0')],
    policy: [{ uri: 'https://riverside.example/policy' }],
    ...{ dateTime: '2026-01-01', provision: { type: 'deny' } },
  };
  const made = await fetch(`${domain.origin}/fhir/Consent`, {
    method: 'POST',
    headers: { ...bearer(service), 'content-type': 'application/fhir+json' },
    body: JSON.stringify(consent),
  });
  assert.equal(made.status, 201, await made.clone().text());
  for (const path of ['/fhir', '/hospital/fhir'])
    for (let attempt = 0; ; attempt += 1) {
      const { subjects } = await search(path, await tokenFor(path));
      if (subjects.size === 0) break;
      assert.ok(attempt < 50, path);
      await new Promise((done) => setTimeout(done, 100));
    }
});

test('E82: while the other domain does not give its keys, its tokens wait, and ours do not', async () => {
  keys.closeAllConnections();
  keys.close();
  await once(keys, 'close');
  for (let attempt = 0; (await search('/fhir', await tokenFor('/fhir'))).status !== 503; attempt += 1) {
    assert.ok(attempt < 100, 'keys are kept for a second');
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.equal((await search('/fhir', await serviceToken(domain.origin))).status, 200);
});
