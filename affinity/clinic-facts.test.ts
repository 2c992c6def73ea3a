/** The facts of the clinic on PostgreSQL: people and clients of the domain, its settings, and the alert queue. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createClientRegistry } from '@affinity/authorization-server/clients.ts';
import { createPeople } from '@affinity/authorization-server/people.ts';
import {
  createRegisteredClients,
  newClientId,
  storeRegistered,
} from '@affinity/authorization-server/registered-clients.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { parseResourceScope } from '@affinity/core/smart/scope.ts';
import { openAlerts } from '@affinity/store/alerts.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { importResources } from '@affinity/store/import.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { createClinicFacts } from './clinic-facts.ts';
import { readConfig } from './config.ts';
import { checkFile } from './config-file.ts';

const base = 'http://localhost:4000/fhir';
const resources: readonly Resource[] = [
  { resourceType: 'Practitioner', id: 'x', name: [{ family: 'X' }] },
  { resourceType: 'Patient', id: 'a', managingOrganization: { reference: 'Organization/ward' } },
  { resourceType: 'Patient', id: 'b', generalPractitioner: [{ reference: 'Practitioner/x' }] },
  {
    resourceType: 'CareTeam',
    id: 't',
    status: 'active',
    subject: { reference: 'Patient/a' },
    participant: [{ member: { reference: 'Practitioner/x' } }],
  },
  {
    resourceType: 'Consent',
    id: 'unclear',
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: 'Patient/b' },
    provision: { type: 'deny', modifierExtension: [{ url: 'urn:unknown', valueBoolean: true }] },
  },
];

const setUp = async (t: TestContext, policy: Readonly<Record<string, unknown>> = {}) => {
  const { pool } = await testDatabase(t);
  assert.deepEqual((await importResources(pool, resources, { ownBases: [base] })).refused, []);
  const read = readConfig({ AFFINITY_DEMO: 'off' }, '/nowhere');
  const config = read.kind === 'config' ? read.config : assert.fail();
  const people = createPeople(pool);
  const add = async (username: string, fhirUser: string) =>
    (await people.add({ username, password: 'a password of a test', name: username, fhirUser })).sub;
  const facts = createClinicFacts({
    config: { ...config, file: checkFile({ policy }, []) ?? assert.fail() },
    base,
    pool,
    backend: createBackend({ pool, ownBases: [base] }),
    consents: { isFresh: () => true, onChange: () => () => {} },
    people,
    registry: createClientRegistry(
      [
        {
          client_id: 'service',
          jwks_uri: 'https://service.example/jwks',
          grant_types: ['client_credentials'],
          scope: 'system/*.rs',
          affinity_records: ['Organization/ward'],
          affinity_clearance: 'R',
        },
      ],
      createRegisteredClients(pool),
    ),
    now: () => new Date(),
    log: () => {},
  });
  return { pool, people, add, facts };
};
const scope = (text: string) => {
  const parsed = parseResourceScope(text);
  return parsed.kind === 'scope' ? [parsed.scope] : assert.fail(text);
};
const app = (user: string): Principal => ({ clientId: 'app', tokenId: 't', user, scopes: scope('user/*.rs') });

test('E30: a practitioner by care team and as general practitioner, until the account is disabled', async (t) => {
  const { facts, add, people } = await setUp(t, { facts_seconds: 0.1 });
  const sub = await add('x', 'Practitioner/x');
  const known = await facts(app(sub));
  assert.deepEqual([...(known.caredFor ?? [])].sort(), ['a', 'b']);
  assert.deepEqual([known.wholeServer, known.consents?.implicit], [false, 'permit']);
  await people.disable(sub, new Date());
  while ((await facts(app(sub))).caredFor !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(Object.keys(await facts(app(sub))), ['now']);
});

test('P21: the settings of the policy are the ones that hold', async (t) => {
  const policy = { care_team: false, general_practitioner: false, without_consent: 'emergency-only' };
  const { facts, add } = await setUp(t, { ...policy, whole_server_practitioners: true });
  const known = await facts(app(await add('x', 'Practitioner/x')));
  assert.deepEqual(known.caredFor, []);
  assert.deepEqual([known.wholeServer, known.consents?.covers], [true, 'everybody']);
  assert.equal(known.consents?.implicit, 'emergency-only');
});

test('H09: a service that has registered itself reaches records while it is listed, and nothing once it is suspended', async (t) => {
  const { pool, facts } = await setUp(t, { facts_seconds: 0.1 });
  const id = newClientId();
  const at = new Date();
  await transaction(pool, (db) =>
    storeRegistered(db, {
      id,
      metadata: {
        grant_types: ['client_credentials'],
        scope: 'system/*.rs',
        jwks_uri: 'https://service.example/jwks',
        token_endpoint_auth_method: 'private_key_jwt',
      },
      status: 'listed',
      registrationToken: Buffer.alloc(32),
      admittedBy: 'statement',
      createdAt: at,
      changedAt: at,
    }),
  );
  const service = { clientId: id, tokenId: 't', service: true, scopes: scope('system/*.rs') } as const;
  const reaches = async (): Promise<boolean> => (await facts(service)).service !== undefined;
  assert.equal(await reaches(), true);
  for (const status of ['suspended', 'pending', 'removed']) {
    await pool.query('update registered_client set status = $1', [status]);
    // What facts are remembered for is a setting, here a tenth of a second.
    for (let tries = 0; tries < 100 && (await reaches()); tries++) await new Promise((done) => setTimeout(done, 20));
    assert.equal(await reaches(), false, status);
  }
});

test('E32: a service reaches what its declaration says', async (t) => {
  const { facts } = await setUp(t);
  const service = { clientId: 'service', tokenId: 't', service: true, scopes: scope('system/*.rs') } as const;
  assert.deepEqual((await facts(service)).service, { records: ['a'], clearance: 'R' });
  assert.equal((await facts({ ...service, clientId: 'nobody' })).service, undefined);
});

test('a Consent that cannot be understood closes the record and is an alert, once', async (t) => {
  const { facts, add, pool } = await setUp(t);
  const sub = await add('x', 'Practitioner/x');
  for (let i = 0; i < 2; i += 1) assert.equal((await facts(app(sub))).consents?.byPatient.get('b')?.faulty, true);
  let alerts: Awaited<ReturnType<typeof openAlerts>>['alerts'] = [];
  while (alerts.length === 0) alerts = (await openAlerts(pool, 10)).alerts;
  assert.deepEqual(
    alerts.map(({ kind, key, count }) => [kind, key, count]),
    [['consent-fault', 'unclear', 1]],
  );
});
