/**
 * The process that is measured for the cost of policy: the clinic with all rules, the same where Consents, labels and
 * twenty grants bear on the patient, and the same with the guard off, which verifies the token and records all the same.
 * Somebody acts for the patient, since the patient is not bound by their own Consents.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { grantConsent } from '@affinity/core/smart/grant-consent.ts';
import { defaultAlgorithms } from '@affinity/resource-server/access-token.ts';
import { createAuditTrail } from '@affinity/resource-server/audit-trail.ts';
import { createAuthenticate } from '@affinity/resource-server/authenticate.ts';
import { createDecisionFacts } from '@affinity/resource-server/facts/decision-facts.ts';
import { aboutVersions } from '@affinity/resource-server/guard/about.ts';
import { defaultLimits } from '@affinity/resource-server/limits.ts';
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
import { generatePopulation } from '../affinity/demo/population.ts';
import { makeDirectory, removeDirectory } from '../test/journeys/domain.ts';
import { createUnguarded } from './unguarded.ts';

const patient = 'patient-0001';
const base = 'http://localhost/fhir';
const issuer = 'http://localhost/auth';
const ownBases = [base];
const scope = 'launch/patient patient/Observation.rs patient/Patient.r';
const described = { name: 'clinic', base, issuer, authorizationMetadata: () => ({}), smartCapabilities: [] };
const pageKey = randomBytes(32);
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }] };

const closing: (() => Promise<void>)[] = [];

const grantOf = (id: string): Resource =>
  grantConsent({
    id,
    clientId: id === 'bench' ? 'bench' : `app-${id}`,
    app: 'An app',
    scope: scope.split(' '),
    patient,
    given: Date.now(),
    ends: Date.now() + 86_400_000,
  });

const label = (code: string) => [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code }];
const reason = (code: string) => [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code }];
const privacyOf = (number: number, provision: object): Resource => ({
  resourceType: 'Consent',
  id: `privacy-${number}`,
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  patient: { reference: `Patient/${patient}` },
  dateTime: '2026-01-01',
  performer: [{ reference: number === 1 ? `Patient/${patient}` : `RelatedPerson/related-${number}` }],
  policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTIN' }] },
  provision: { type: 'permit', provision: [provision] },
});
const choices: readonly Resource[] = [
  privacyOf(1, { type: 'deny', securityLabel: label('PSY') }),
  privacyOf(2, { type: 'deny', purpose: reason('HRESCH') }),
  privacyOf(3, { type: 'deny', dataPeriod: { end: '1950-01-01' } }),
];
const grants = Array.from({ length: 20 }, (_, number) => grantOf(`grant-${number}`));

/** A clinic on a database of its own, which holds these beside the population. */
const openClinic = async (more: readonly Resource[]) => {
  const directory = makeDirectory();
  const postgres = await startEmbedded({ directory });
  const { url } = postgres;
  await migrate(url);
  const pool = createPool({ url, max: 20, onError: () => {} });
  const population = generatePopulation({ seed: 2026, patients: 100, today: '2026-11-23' });
  await importResources(pool, population, { ownBases });
  const { refused } = await importResources(pool, [grantOf('bench'), ...more], { ownBases });
  if (refused.length > 0) throw new Error(`${refused[0]?.reason}`);
  await pool.query('analyze');
  const shared = createSharedConnection({ url, onError: () => {} });
  const backend = createBackend({ pool, shared, ownBases });
  const connect = () => new pg.Client({ connectionString: url });
  const feeds = followGrantsAndConsents({ connect, staleAfterMs: 5_000, pollMs: 1_000, log: () => {}, now: Date.now });
  const audit = createAuditLog({ pool });
  const facts = createDecisionFacts({
    backend,
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
  const clinic = createResourceServer({
    ...described,
    backend,
    audit,
    keys: async () => keys,
    grants: feeds.grants,
    facts,
    pageKey,
    allowsOrigin: () => false,
    now: Date.now,
    log: () => {},
  });
  const authenticate = createAuthenticate({
    rules: {
      issuer,
      audience: base,
      ownBases,
      algorithms: defaultAlgorithms,
      expiredSkewSeconds: defaultLimits.expiredSkewSeconds,
      futureSkewSeconds: defaultLimits.futureSkewSeconds,
      scope: defaultLimits.scope,
    },
    keys: async () => keys,
    grants: feeds.grants,
    limits: defaultLimits,
    now: Date.now,
  });
  const trail = createAuditTrail(audit, { name: 'clinic', base, issuer }, Date.now);
  const unjudged = createUnguarded({
    backend,
    pageKey,
    described,
    authenticate: async (request, { searchParams }) => {
      const { headers, method, url } = request;
      const known = await authenticate({ headers, query: searchParams, method, url });
      return known.kind === 'principal' ? known.principal : undefined;
    },
    record: (subject, versions) =>
      trail(subject, { outcome: 'permitted', status: 200, ...aboutVersions(versions, ownBases) }),
  });
  closing.push(async () => {
    await audit.settle();
    await feeds.close();
    await shared.close();
    await pool.end();
    await postgres.stop();
    removeDirectory(directory);
  });
  return { clinic, unjudged, pool };
};

const plain = await openClinic([]);
const consented = await openClinic([...grants, ...choices]);

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

const open = (fetch: (request: Request) => Promise<Response>): Promise<number> =>
  new Promise((done) => {
    const server = createAdaptorServer({ fetch });
    server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port));
  });

const { rows: found } = await plain.pool.query<{ id: string }>(
  "select id from resource where type = 'Observation' and owner = $1 and confidentiality <= 3 order by id limit 1",
  [patient],
);
process.send?.({
  token,
  ports: {
    judged: await open((request) => plain.clinic.fetch(request, {})),
    consented: await open((request) => consented.clinic.fetch(request, {})),
    unjudged: await open(plain.unjudged),
  },
  read: `/fhir/Observation/${found[0]?.id}`,
  search: `/fhir/Observation?patient=${patient}&category=laboratory`,
});
process.once('message', async () => {
  for (const close of closing) await close();
  process.exit(0);
});
