/**
 * The process that is measured for the cost of the gateway: a guarded server on a foreign FHIR server, with token, all rules,
 * every entry judged, and its audit record durable before the answer; and a bare pass-through on `undici` that looks at
 * nothing. Both in front of the same stub.
 */
import { fork } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { grantConsent } from '@affinity/core/smart/grant-consent.ts';
import { createRemoteFhir } from '@affinity/gateway/remote-fhir/remote-fhir.ts';
import { inRequest } from '@affinity/gateway/request-context.ts';
import { createSourceBackend } from '@affinity/gateway/source-backend.ts';
import { createDecisionFacts } from '@affinity/resource-server/facts/decision-facts.ts';
import { createResourceServer } from '@affinity/resource-server/resource-server.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { followGrantsAndConsents } from '@affinity/store/consent-feed.ts';
import { importResources } from '@affinity/store/import.ts';
import { startEmbedded } from '@affinity/store/postgres/embedded.ts';
import { migrate } from '@affinity/store/postgres/migrate.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { createSharedConnection } from '@affinity/store/postgres/shared-connection.ts';
import { createAdaptorServer } from '@hono/node-server';
import { SignJWT } from 'jose';
import pg from 'pg';
import { Pool } from 'undici';
import { makeDirectory, removeDirectory } from '../test/journeys/domain.ts';

const patient = 'patient-0001';
const base = 'http://localhost/fhir';
const issuer = 'http://localhost/auth';
const ownBases = [base];
const scope = 'launch/patient patient/Observation.rs patient/Patient.r';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }] };

interface Stub {
  readonly base: string;
  readonly read: string;
}
const child = fork(join(import.meta.dirname, 'gateway-upstream.ts'));
const stub = await new Promise<Stub>((done) => child.once('message', (message) => done(message as Stub)));

const directory = makeDirectory();
const postgres = await startEmbedded({ directory });
const { url } = postgres;
await migrate(url);
const pool = createPool({ url, max: 20, onError: () => {} });
const grant = grantConsent({
  id: 'bench',
  clientId: 'bench',
  app: 'An app',
  scope: scope.split(' '),
  patient,
  given: Date.now(),
  ends: Date.now() + 86_400_000,
});
await importResources(pool, [{ resourceType: 'Patient', id: patient }, grant], { ownBases });
const shared = createSharedConnection({ url, onError: () => {} });
const home = createBackend({ pool, shared, ownBases });
const connect = () => new pg.Client({ connectionString: url });
const feeds = followGrantsAndConsents({ connect, staleAfterMs: 5_000, pollMs: 1_000, log: () => {}, now: Date.now });
const audit = createAuditLog({ pool });
const facts = createDecisionFacts({
  backend: home,
  ownBases,
  feed: feeds.consents,
  people: {
    find: async () => ({ fhirUser: 'Patient/patient-0005', patientsOf: [patient] }),
    isAuditor: async () => false,
    mayDeclareEmergency: async () => false,
    mayRelabel: async () => false,
  },
  serviceOf: () => undefined,
  settings: {
    implicit: 'permit',
    wholeServerPractitioners: false,
    seconds: 1,
    careTeam: true,
    generalPractitioner: true,
    managingOrganization: false,
    patientsMost: 5_000,
    rememberedPatients: 10_000,
    consentsOfPatient: 1_000,
    consentsMost: 100_000,
  },
  report: () => {},
  now: Date.now,
});
const remote = await createRemoteFhir({ name: 'stub', url: stub.base, publicBase: base, report: console.error });
const gateway = createResourceServer({
  name: 'hospital',
  base,
  issuer,
  authorizationMetadata: () => ({}),
  smartCapabilities: [],
  backend: createSourceBackend({ source: remote, ownBases, report: console.error }),
  audit,
  keys: async () => keys,
  grants: feeds.grants,
  facts,
  pageKey: randomBytes(32),
  allowsOrigin: () => false,
  within: inRequest,
  now: Date.now,
  log: () => {},
});
const gatewayServer = createAdaptorServer({ fetch: (request) => gateway.fetch(request, {}) });

/** What the fewest lines could do. */
const upstream = new Pool(new URL(stub.base).origin, { connections: 64 });
const passThrough = createServer((request, response) => {
  const path = request.url ?? '/';
  void upstream.request({ method: 'GET', path }).then(async ({ statusCode, headers, body }) => {
    response.writeHead(statusCode, { 'content-type': String(headers['content-type']) });
    body.pipe(response);
  });
});

const listen = (server: { listen(port: number, host: string, done: () => void): unknown; address(): unknown }) =>
  new Promise<number>((done) => server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port)));

const token = await new SignJWT({
  client_id: 'bench',
  scope,
  patient,
  fhirUser: `${base}/Patient/patient-0005`,
  grant_id: 'bench',
  extensions: {
    ihe_iua: { purpose_of_use: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'PATRQT' }] },
  },
})
  .setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
  .setIssuer(issuer)
  .setAudience(base)
  .setSubject('emil')
  .setJti('bench-token')
  .setIssuedAt()
  .setExpirationTime('1h')
  .sign(privateKey);

process.send?.({
  token,
  ports: { gateway: await listen(gatewayServer), 'pass-through': await listen(passThrough) },
  read: `/fhir${stub.read}`,
  search: `/fhir/Observation?patient=${patient}&category=laboratory`,
});
process.once('message', async () => {
  await remote.close();
  await audit.settle();
  await feeds.close();
  await shared.close();
  await pool.end();
  await postgres.stop();
  removeDirectory(directory);
  process.exit(0);
});
