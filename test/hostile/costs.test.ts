/**
 * Requests that are made to be expensive, on PostgreSQL: each is refused as too costly, or ends within the time that a
 * question has; and whoever hangs up leaves nothing running behind. FHIR R4 search.html#errors. (N14, Q29)
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { defaultLimits } from '@affinity/resource-server/limits.ts';
import { importResources } from '@affinity/store/import.ts';
import { type TestDatabase, testDatabase } from '@affinity/store/testing/database.ts';
import { openClinic, ownBases, patientClaims, type StandingClinic, sending } from '../clinic/clinic.ts';

const people = 300;
const each = 30;

const resources = (): Resource[] => {
  const all: Resource[] = [];
  for (let i = 0; i < 20; i += 1)
    all.push({ resourceType: 'Practitioner', id: `d${i}`, name: [{ family: `Doctor ${i}` }] });
  for (let i = 0; i < people; i += 1) {
    const subject = { reference: `Patient/p${i}` };
    all.push({
      resourceType: 'Patient',
      id: `p${i}`,
      name: [{ family: `Family ${i % 30}`, given: ['Given'] }],
      generalPractitioner: [{ reference: `Practitioner/d${i % 20}` }],
    });
    all.push({ resourceType: 'Encounter', id: `e${i}`, status: 'finished', class: { code: 'AMB' }, subject });
    for (let n = 0; n < each; n += 1)
      all.push({
        resourceType: 'Observation',
        id: `o${i}-${n}`,
        status: 'final',
        code: { coding: [{ system: 'http://loinc.org', code: `c-${n % 5}` }], text: `Some text ${n}` },
        subject,
        encounter: { reference: `Encounter/e${i}` },
        performer: [{ reference: `Practitioner/d${n % 20}` }],
        effectiveDateTime: `2026-01-${String(1 + (n % 28)).padStart(2, '0')}T08:00:00Z`,
        valueQuantity: { value: n, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' },
        ...(n > 0 ? { hasMember: [{ reference: `Observation/o${i}-${n - 1}` }] } : {}),
      });
    for (let n = 0; n < 3; n += 1)
      all.push({
        resourceType: 'Location',
        id: `l${i}-${n}`,
        position: { latitude: (i % 180) - 90, longitude: ((i * 7 + n) % 360) - 180 },
      });
  }
  return all;
};

const many = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(',');
const values = defaultLimits.maxValues;
const codes = (count = values) => many(count, (i) => `c-${i}`);
const names = (count = values) => many(count, (i) => `Doctor ${i}`);

/** As much as the limits let through. */
const allowed: readonly string[] = [
  // joins of the greatest depth, each with as many alternatives as there may be
  `Observation?subject:Patient.general-practitioner:Practitioner.name=${names()}&code=${codes()}`,
  `Observation?subject:Patient._has:Encounter:subject:status=finished&encounter:Encounter.subject:Patient.family=${names()}`,
  `Patient?_has:Observation:subject:code=${codes()}&_has:Observation:subject:performer:Practitioner.name=${names()}`,
  `Patient?_has:Encounter:subject:_has:Observation:encounter:code=${codes()}`,
  `Practitioner?_has:Patient:general-practitioner:_has:Observation:subject:code=${codes()}&_has:Observation:performer:date=gt2020`,
  `Observation?has-member:Observation.has-member:Observation.has-member:Observation.code=${codes()}`,
  // beside them includes, iterated over everything
  `Observation?code=${codes()}&_count=1000&_include=Observation:subject&_include=Observation:has-member&_include:iterate=Patient:general-practitioner&_revinclude:iterate=Observation:has-member`,
  'Patient?_count=1000&_revinclude=Observation:subject&_revinclude:iterate=Observation:performer&_revinclude=Encounter:subject',
  // whatever has no index that helps
  `Observation?code:text=${many(values, () => 'text')}`,
  `Observation?code:not=${codes()}&value-quantity=${many(values, (i) => `ne${i}`)}`,
  'Patient?name:contains=iv&_sort=-family,given,birthdate&_total=accurate&_count=1000',
  'Observation?_total=accurate&_sort=code,-value-quantity,date&_count=1000',
  `Observation?date=${many(values, (i) => `ne20${String(i % 100).padStart(2, '0')}`)}&_total=accurate`,
  'Location?near=0|0|20000|km&_total=accurate&_count=1000',
  `Location?near=${many(values, (i) => `${i % 90}|${i}|20000|km`)}`,
  '?_type=Observation,Patient,Encounter,Location,Practitioner&_sort=-_lastUpdated&_total=accurate&_count=1000',
  'Patient/p1/$everything?_count=1000',
];

/** One more than a limit lets through. */
const beyond: readonly string[] = [
  `Observation?code=${codes(values + 1)}`,
  'Observation?subject:Patient.general-practitioner:Practitioner.organization:Organization.partof.name=x'.replace(
    'general-practitioner:Practitioner',
    'general-practitioner:PractitionerRole.practitioner:Practitioner',
  ),
  'Patient?_has:Encounter:subject:_has:Observation:encounter:_has:Observation:has-member:code=x',
  `Observation?${Array.from({ length: defaultLimits.maxJoins + 1 }, () => 'subject:Patient.name=x').join('&')}`,
  `Observation?${Array.from({ length: defaultLimits.maxIncludes + 1 }, () => '_include=Observation:subject').join('&')}`,
  `Observation?${Array.from({ length: defaultLimits.maxClauses + 1 }, () => 'code=x').join('&')}`,
  'Observation?_include=*',
  'Patient?name:contains=a',
  'Observation?_sort=code,date,value-quantity,_lastUpdated',
];

suite('costs', () => {
  let database: TestDatabase;
  let clinic: StandingClinic;
  let service: string;
  let app: string;
  const limits = { questionSeconds: 3, bundleSeconds: 4 };
  /** What a machine under load may add; a question without an end is far beyond. */
  const slack = 20_000;

  before(async () => {
    database = await testDatabase();
    const summary = await importResources(database.pool, resources(), { ownBases });
    assert.deepEqual(summary.refused, []);
    await database.pool.query('analyze');
    clinic = await openClinic(database.url, { limits });
    service = await clinic.token();
    app = await clinic.token(patientClaims('p1'));
  });
  after(async () => {
    await clinic.close();
    await database.close();
  });

  const ended = async (path: string, token: string, init?: RequestInit): Promise<Response> => {
    const began = performance.now();
    const response = await clinic.send(path.startsWith('/') ? path : `/${path}`, token, init);
    const seconds = init === undefined ? limits.questionSeconds : limits.bundleSeconds;
    assert.ok(performance.now() - began < seconds * 1000 + slack, `${path.slice(0, 100)} has an end`);
    return response;
  };
  const isRefusal = async (response: Response): Promise<void> => {
    assert.match(await response.text(), /"code":"(too-costly|not-supported|invalid|timeout)"/);
  };

  for (const path of allowed)
    test(`ends: ${path.slice(0, 90)}`, async () => {
      for (const token of [service, app]) {
        const response = await ended(path, token);
        assert.ok(
          [200, 400, 404, 414].includes(response.status),
          `${response.status} ${await response.clone().text()}`,
        );
        if (response.status === 400) await isRefusal(response);
        else await response.text();
      }
    });

  test('one more than a limit lets through is refused before anything is looked for', async () => {
    for (const path of beyond) {
      const response = await ended(path, service);
      assert.equal(response.status, 400, path);
      await isRefusal(response);
    }
  });

  const conditional = (i: number) => ({
    request: { method: 'POST', url: 'Observation', ifNoneExist: `subject=Patient/p1&code=c-${i}&date=ne2026` },
    resource: {
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'x' },
      subject: { reference: 'Patient/p1' },
    },
  });
  const bundle = (type: string, count: number, entry: (index: number) => object) =>
    sending('POST', { resourceType: 'Bundle', type, entry: Array.from({ length: count }, (_, i) => entry(i)) });

  for (const type of ['batch', 'transaction'])
    test(`a ${type} of a thousand conditional entries ends; one more is 413`, async () => {
      const response = await ended('/', service, bundle(type, 1000, conditional));
      assert.ok([200, 400, 412].includes(response.status), `${response.status}`);
      if (response.status === 400) await isRefusal(response);
      assert.equal((await ended('/', service, bundle(type, 1001, conditional))).status, 413);
    });

  test('a batch of the most expensive searches ends as a whole', async () => {
    const entry = (i: number) => ({ request: { method: 'GET', url: allowed[i % 6] } });
    const response = await ended('/', service, bundle('batch', 400, entry));
    assert.equal(response.status, 200);
    const { entry: answers = [] } = (await response.json()) as { entry?: { response: { status: string } }[] };
    assert.equal(answers.length, 400);
    assert.ok(answers.every(({ response: { status } }) => /^(200|400)/.test(status)));
  });

  test('a long history ends, page by page', async () => {
    const resource: Resource = { resourceType: 'Patient', id: 'p0' };
    const content = { resource, json: JSON.stringify(resource) };
    for (let i = 0; i < 1200; i += 1) await clinic.backend.update({ type: 'Patient', id: 'p0', content }, everything);
    for (const path of ['/Patient/p0/_history?_count=1000', '/Patient/_history?_count=1000', '/_history?_count=1000'])
      assert.equal((await ended(path, service)).status, 200);
    assert.equal((await ended('/Patient/p0/_history?_at=2026&_count=1000', service)).status, 200);
  });

  // A read by id is short, and is waited for.
  const tables = (path: string) => (path.includes('$') ? 'compartment' : 'resource, compartment, resource_history');
  const hangUps: readonly [string, string, RequestInit?][] = [
    ['a search', '/Observation?code=c-1'],
    ['a search with joins', '/Observation?subject:Patient.name=x'],
    ['a search of the system', '/?_type=Observation,Patient'],
    ['a history', '/Observation/_history'],
    ['a history of one', '/Observation/o1-1/_history'],
    ['everything of a patient', '/Patient/p1/$everything'],
    ['a batch', '/', bundle('batch', 3, () => ({ request: { method: 'GET', url: 'Observation?code=c-1' } }))],
    ['a transaction', '/', bundle('transaction', 2, conditional)],
    ['a conditional create', '/Observation', sending('POST', conditional(1).resource, { 'If-None-Exist': 'code=c-1' })],
  ];
  for (const [name, path, init] of hangUps)
    test(`who hangs up during ${name} leaves nothing running in PostgreSQL`, async () => {
      const holder = await database.pool.connect();
      const running = async (condition: string): Promise<number> =>
        (
          await database.pool.query(
            `select from pg_stat_activity where datname = current_database() and pid not in ($1, pg_backend_pid()) and ${condition}`,
            [(holder as unknown as { processID: number }).processID],
          )
        ).rowCount ?? 0;
      try {
        await holder.query('begin');
        await holder.query(`lock table ${tables(path)} in access exclusive mode`);
        const caller = new AbortController();
        const sent = clinic.send(path, service, { ...init, signal: caller.signal });
        const waits = "wait_event_type = 'Lock' and state = 'active'";
        while ((await running(waits)) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        caller.abort();
        await (await sent).text();
        assert.equal(await running(waits), 0);
      } finally {
        await holder.query('rollback');
        holder.release();
      }
      assert.equal((await clinic.send('/Patient/p1', service)).status, 200, 'others are served');
    });
});
