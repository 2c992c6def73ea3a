/**
 * Rights that change while they are used, on PostgreSQL with the real feed: what was given before does not carry over. The
 * feed is heard by its notification alone, so nothing here waits for a clock. IHE PCF; RFC 7009 §3. (E07, P24)
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsentChange } from '@affinity/core/fhir/consent-feed.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { grantConsent } from '@affinity/core/smart/grant-consent.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { createDecisionFacts } from '@affinity/resource-server/facts/decision-facts.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { followGrantsAndConsents } from '@affinity/store/consent-feed.ts';
import { endGrant } from '@affinity/store/grant-feed.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import pg from 'pg';
import { openClinic, ownBases, patientClaims, sending } from '../clinic/clinic.ts';

type Known = Resource & { readonly id: string };
const terminology = 'http://terminology.hl7.org/CodeSystem';
const never = 600_000;

const patient = (id: string): Known => ({ resourceType: 'Patient', id });
const observation = (id: string, of: string, more: object = {}): Known => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: id },
  subject: { reference: `Patient/${of}` },
  effectiveDateTime: `2026-01-0${id.at(-1)}`,
  ...more,
});
const restricted = { meta: { security: [{ system: `${terminology}/v3-Confidentiality`, code: 'R' }] } };
/** Patient p1 says no to the person who acts for them. */
const refusal: Known = {
  resourceType: 'Consent',
  id: 'refusal',
  status: 'active',
  scope: { coding: [{ system: `${terminology}/consentscope`, code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  patient: { reference: 'Patient/p1' },
  provision: {
    type: 'permit',
    provision: [
      {
        type: 'deny',
        actor: [
          {
            role: { coding: [{ system: `${terminology}/v3-ParticipationType`, code: 'IRCP' }] },
            reference: { reference: 'RelatedPerson/carla' },
          },
        ],
      },
    ],
  },
};
const grantOf = (...scope: string[]): Known => {
  const terms = { id: 'grant-1', clientId: 'app-1', app: 'App', scope, patient: 'p1', person: 'RelatedPerson/carla' };
  return {
    ...grantConsent({ ...terms, given: Date.now() - 60_000, ends: Date.now() + 3_600_000 }),
    id: 'grant-grant-1',
  };
};

/** Carla acts for p1, with an app that was granted everything; p1 has five observations. */
const setUp = async (t: Parameters<typeof testDatabase>[0] & {}) => {
  const database = await testDatabase(t);
  const feeds = followGrantsAndConsents({
    connect: () => new pg.Client({ connectionString: database.url }),
    staleAfterMs: never,
    pollMs: never,
    log: () => {},
    now: Date.now,
  });
  let factsOf: ReturnType<typeof createDecisionFacts> = async (): Promise<DecisionFacts> => ({});
  const clinic = await openClinic(database.url, { grants: feeds.grants, facts: (principal) => factsOf(principal) });
  t.after(async () => {
    await feeds.close();
    await clinic.close();
  });
  const { backend } = clinic;
  factsOf = createDecisionFacts({
    backend,
    ownBases,
    feed: feeds.consents,
    people: {
      find: async () => ({ fhirUser: 'RelatedPerson/carla', patientsOf: ['p1'] }),
      isAuditor: async () => false,
      mayDeclareEmergency: async () => false,
      mayRelabel: async () => false,
    },
    serviceOf: (client) => (client === 'service' ? { records: 'all', clearance: 'N' } : undefined),
    settings: {
      implicit: 'permit',
      careTeam: true,
      generalPractitioner: true,
      managingOrganization: false,
      wholeServerPractitioners: false,
      seconds: 1,
      rememberedPatients: 100,
      patientsMost: 100,
      consentsMost: 100,
      consentsOfPatient: 100,
    },
    report: ({ detail }) => assert.fail(detail),
    now: Date.now,
  });

  const put = async (resource: Known): Promise<void> => {
    const at = { type: resource.resourceType, id: resource.id };
    const content = { resource, json: JSON.stringify(resource) };
    if ((await backend.create({ ...at, content })).kind === 'id-taken')
      assert.equal((await backend.update({ ...at, content }, everything)).kind, 'updated');
  };
  /** Does it, and waits until the feed has told of it. */
  const told = async (wanted: (change: ConsentChange) => boolean, act: () => Promise<unknown>): Promise<void> => {
    const heard = Promise.withResolvers<void>();
    const stop = feeds.consents.onChange((change) => {
      if (wanted(change)) heard.resolve();
    });
    await act();
    await heard.promise;
    stop();
  };
  const putConsent = (resource: Known) =>
    told(
      (change) => change.kind === 'consent' && change.id === resource.id,
      () => put(resource),
    );

  for (const id of ['p1', 'p2']) await put(patient(id));
  for (let i = 1; i <= 5; i += 1) await put(observation(`o${i}`, 'p1'));
  await put(grantOf('patient/*.cruds'));
  while (!feeds.isFresh()) await new Promise((resolve) => setTimeout(resolve, 5));
  const token = await clinic.token({ ...patientClaims('p1'), fhirUser: 'RelatedPerson/carla' });
  const send = (path: string, init?: RequestInit) => clinic.send(path, token, init);
  const page = async (path: string) => {
    const response = await send(path);
    assert.equal(response.status, 200, path);
    const {
      entry = [],
      link = [],
      total,
    } = (await response.json()) as {
      entry?: { resource: { id: string } }[];
      link?: { relation: string; url: string }[];
      total?: number;
    };
    const next = link.find(({ relation }) => relation === 'next')?.url.slice(ownBases[0]?.length ?? 0);
    return { ids: entry.map(({ resource }) => resource.id), next, total };
  };
  return { database, clinic, backend, feeds, put, putConsent, told, send, page };
};

test('P24: an old page link shows nothing that was relabelled, moved or withdrawn since', async (t) => {
  const { put, putConsent, page, send } = await setUp(t);
  const first = await page('/Observation?_count=2&_sort=date');
  assert.deepEqual(first.ids, ['o1', 'o2']);
  const next = first.next ?? assert.fail('no next page');
  await put(observation('o3', 'p1', restricted));
  await put(observation('o4', 'p2'));
  const second = await page(next);
  assert.deepEqual(second.ids, ['o5']);
  const everythingFirst = await page('/Patient/p1/$everything?_count=1');
  await putConsent(refusal);
  for (const path of [next, '/Observation?_count=2&_sort=date', '/Observation?_total=accurate', everythingFirst.next]) {
    if (path === undefined) assert.fail('no next page of everything');
    const response = await send(path);
    const text = await response.text();
    assert.doesNotMatch(text, /"o[1-5]"/, path);
    assert.ok(response.status === 404 || /"(total":0|searchset)/.test(text), `${response.status} ${text}`);
  }
  await putConsent({ ...refusal, status: 'inactive' });
  assert.deepEqual((await page(next)).ids, ['o5'], 'and again when it is taken back');
});

test('P24: a batch, a transaction and a history go by the Consents of their own moment', async (t) => {
  const { putConsent, send } = await setUp(t);
  const get = { request: { method: 'GET', url: 'Observation/o1' } };
  const bundle = (type: string) => sending('POST', { resourceType: 'Bundle', type, entry: [get] });
  const ways: [string, RequestInit?][] = [
    ['/', bundle('batch')],
    ['/', bundle('transaction')],
    ['/Observation/o1'],
    ['/Observation/o1/_history'],
    ['/Observation/o1/_history/1'],
    ['/Observation/_history'],
    ['/_history'],
    ['/?_type=Observation'],
    ['/Patient/p1/$everything'],
  ];
  const shows = async () =>
    Promise.all(ways.map(async ([path, init]) => /"id":"o1"/.test(await (await send(path, init)).text())));
  assert.deepEqual(
    await shows(),
    ways.map(() => true),
  );
  await putConsent(refusal);
  assert.deepEqual(
    await shows(),
    ways.map(() => false),
  );
});

test('P24: a service that reaches every record is bound by a Consent at once, and by no other', async (t) => {
  const { clinic, put, putConsent } = await setUp(t);
  await put(observation('other', 'p2', { effectiveDateTime: '2026-01-09' }));
  const service = await clinic.token();
  const statuses = async () =>
    Promise.all(['o1', 'other'].map(async (id) => (await clinic.send(`/Observation/${id}`, service)).status));
  const count = async () =>
    ((await (await clinic.send('/Observation?_summary=count', service)).json()) as { total: number }).total;
  assert.deepEqual([await statuses(), await count()], [[200, 200], 6]);
  await putConsent({ ...refusal, provision: { type: 'deny' } });
  assert.deepEqual([await statuses(), await count()], [[404, 200], 1]);
  await putConsent({ ...refusal, patient: { reference: 'Patient/p2' }, provision: { type: 'deny' } });
  assert.deepEqual([await statuses(), await count()], [[200, 404], 5], 'it is of another patient now');
  await putConsent({ ...refusal, status: 'entered-in-error' });
  assert.deepEqual([await statuses(), await count()], [[200, 200], 6]);
});

test('E07: a grant that is narrowed, and one that is deleted, bind the token that is in use', async (t) => {
  const { putConsent, send, told, backend } = await setUp(t);
  const status = async (path: string, init?: RequestInit) => (await send(path, init)).status;
  const write = () => sending('PUT', observation('o1', 'p1', { note: [{ text: 'x' }] }));
  assert.deepEqual(await Promise.all([status('/Observation/o1'), status('/Patient/p1')]), [200, 200]);
  assert.equal(await status('/Observation/o1', write()), 200);
  await putConsent(grantOf('patient/Observation.rs', 'patient/Patient.rs'));
  assert.equal(await status('/Observation/o1'), 200);
  assert.equal(await status('/Observation/o1', write()), 403, 'no longer to write');
  await putConsent(grantOf('patient/Patient.rs'));
  assert.equal(await status('/Observation/o1'), 403);
  assert.equal(await status('/Observation'), 403);
  assert.equal(await status('/Patient/p1'), 200);
  await putConsent(grantOf('patient/*.cruds'));
  assert.equal(await status('/Observation/o1'), 200);
  await told(
    (change) => change.kind === 'consent' && change.id === 'grant-grant-1',
    () => backend.delete({ type: 'Consent', id: 'grant-grant-1' }, everything),
  );
  assert.equal(await status('/Observation/o1'), 401);
  assert.equal(await status('/Patient/p1'), 401);
});

for (const [name, happens] of [
  [
    'ends',
    async ({ database, feeds }) => {
      await endGrant(database.pool, 'grant-1', 'revoked', new Date(Date.now() + 3_600_000));
      while (feeds.grants.isLive('grant-1')) await new Promise((resolve) => setTimeout(resolve, 5));
      return 401;
    },
  ],
  [
    'is narrowed',
    async ({ putConsent }) => {
      await putConsent(grantOf('patient/Patient.rs'));
      return 409;
    },
  ],
  [
    'is met by a refusal',
    async ({ putConsent }) => {
      await putConsent(refusal);
      return 409;
    },
  ],
] as [string, (setting: Awaited<ReturnType<typeof setUp>>) => Promise<number>][])
  test(`E07: of a transaction whose grant ${name} while it runs, nothing stands`, async (t) => {
    const setting = await setUp(t);
    const { database, backend, send } = setting;
    const [changed, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // Somebody else is changing o5, and thinks better of it: the transaction waits for that.
    const other = createBackend({ pool: database.pool, ownBases });
    const resource = observation('o5', 'p1');
    const holding = other
      .transact(async (within) => {
        await within.update(
          { type: 'Observation', id: 'o5', content: { resource, json: JSON.stringify(resource) } },
          everything,
        );
        changed.resolve();
        await end.promise;
        throw new Error('not after all');
      }, [])
      .catch(() => {});
    await changed.promise;
    const entry = [
      {
        request: { method: 'POST', url: 'Observation' },
        resource: { ...observation('new', 'p1', { effectiveDateTime: '2026-02-01' }), id: undefined },
      },
      {
        request: { method: 'PUT', url: 'Observation/o5' },
        resource: observation('o5', 'p1', { note: [{ text: 'changed' }] }),
      },
    ];
    const sent = send('/', sending('POST', { resourceType: 'Bundle', type: 'transaction', entry }));
    const waits = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while ((await database.pool.query(waits)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const expected = await happens(setting);
    end.resolve();
    await holding;
    const response = await sent;
    assert.equal(response.status, expected, await response.text());
    const stored = await backend.searchType(
      { type: 'Observation', clauses: [], count: 100, sort: [], total: 'none', understood: [] },
      everything,
    );
    assert.equal(stored.matches.length, 5);
    assert.ok(stored.matches.every(({ versionId }) => versionId === '1'));
  });
