/**
 * The searches that apps ask most, and those through references, read by indexes alone, with a Filter and without one, the
 * first time and when the database has settled on a plan. (N14, N16, N18)
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { everything, type Filter } from '@affinity/core/fhir/filter.ts';
import { parseSearch } from '@affinity/core/fhir/search-parse.ts';
import { createBackend, type StoreBackend } from '@affinity/store/backend.ts';
import { importResources } from '@affinity/store/import.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { type TestDatabase, testDatabase } from '@affinity/store/testing/database.ts';
import type pg from 'pg';
import { generatePopulation } from '../affinity/demo/population.ts';

const ownBases = ['http://localhost:4000/fhir'];
const patient = 'patient-0001';
const ofPatient: Filter = {
  kind: 'and',
  filters: [
    { kind: 'compartment', patient },
    { kind: 'confidentiality', atMost: 'N' },
  ],
};
/** PostgreSQL may settle on one plan for all values from the sixth time on. */
const times = 8;
/** Tables that grow with what is stored. */
const large = ['compartment', 'date_index', 'posting', 'quantity_index', 'reference_index', 'resource', 'string_index'];

const searches = [
  `Observation?patient=${patient}&category=laboratory`,
  `Observation?patient=${patient}&category=laboratory&date=ge2020-01-01&_sort=-date&_total=accurate`,
  `Observation?patient=${patient}&code=http://loinc.org|718-7&date=ge2020-01-01`,
  `Observation?patient=${patient}&value-quantity=gt5`,
  `Observation?patient=${patient}&performer:Practitioner.name=a`,
  `Observation?patient=${patient}&_include=Observation:performer&_revinclude=Provenance:target`,
  'Condition?subject:Patient.identifier=MRN-100001',
  'Observation?patient.identifier=MRN-100001',
  'Observation?code=718-7&_sort=-date',
  'Patient?_has:Condition:patient:code=44054006',
  `Patient?_id=${patient}&_revinclude=Provenance:target&_revinclude=Condition:patient`,
  'Patient?name=a&birthdate=ge1900',
];

describe('searches by indexes', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let backend: StoreBackend;
  before(async () => {
    database = await testDatabase();
    await importResources(database.pool, generatePopulation({ seed: 3, patients: 40, today: '2026-05-01' }), {
      ownBases,
    });
    await database.pool.query('vacuum analyze');
    pool = createPool({ url: database.url, max: 1, onError: () => {} });
    backend = createBackend({ pool, ownBases });
  });
  after(async () => {
    await pool.end();
    await database.close();
  });

  /** Times that the large tables were read from one end to the other. */
  const scans = async (): Promise<Readonly<Record<string, number>>> => {
    await pool.query('select pg_stat_force_next_flush()');
    await pool.query('select pg_stat_clear_snapshot()');
    const { rows } = await pool.query<{ relname: string; scanned: number }>(
      'select relname, seq_scan::int as scanned from pg_stat_user_tables where relname = any($1) order by relname',
      [large],
    );
    return Object.fromEntries(rows.map(({ relname, scanned }) => [relname, scanned]));
  };

  for (const text of searches)
    test(`${text} reads by indexes`, async () => {
      const [type = '', params = ''] = text.split('?');
      const capabilityOf = (name: string) => backend.capabilities.find((one) => one.type === name);
      const capability = capabilityOf(type);
      assert.ok(capability !== undefined);
      const parsed = parseSearch(type, new URLSearchParams(params), {
        handling: 'strict',
        defaultCount: 20,
        maxCount: 100,
        maxValues: 10,
        maxClauses: 10,
        ownBases,
        now: 0,
        capability,
        capabilityOf,
      });
      assert.ok(parsed.kind === 'query', JSON.stringify(parsed));
      const filters = text.includes(patient) ? [everything, ofPatient] : [everything];
      for (const filter of filters) {
        const earlier = await scans();
        const of = { chained: () => everything, included: () => everything };
        for (let time = 0; time < times; time += 1) await backend.searchType(parsed.query, filter, of);
        assert.deepEqual(await scans(), earlier);
      }
    });

  test("a patient's everything reads by indexes", async () => {
    const types = backend.capabilities.map(({ type }) => type);
    const earlier = await scans();
    for (let time = 0; time < times; time += 1) {
      const { matches } = await backend.everything(
        { patient, types, count: 20, start: Date.UTC(2020, 0, 1) },
        () => everything,
      );
      assert.equal(matches[0]?.id, patient);
    }
    assert.deepEqual(await scans(), earlier);
  });

  test('a scan would be seen', async () => {
    const earlier = await scans();
    await pool.query('select count(body) from resource');
    assert.notDeepEqual(await scans(), earlier);
  });
});
