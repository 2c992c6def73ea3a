/**
 * The clinic at growing sizes: what reads, searches, writes and imports cost at 10,000, 100,000 and 1,000,000 resources,
 * and what a resource takes on disk. Through token, guard, audit and store, in this process, without sockets.
 */
import { randomUUID } from 'node:crypto';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { importResources } from '@affinity/store/import.ts';
import { startEmbedded } from '@affinity/store/postgres/embedded.ts';
import { migrate } from '@affinity/store/postgres/migrate.ts';
import type pg from 'pg';
import { generatePopulation } from '../affinity/demo/population.ts';
import { openClinic, ownBases, patientClaims, type StandingClinic, sending } from '../test/clinic/clinic.ts';
import { makeDirectory, removeDirectory } from '../test/journeys/domain.ts';
import { median } from './figures.ts';

export interface Timing {
  readonly name: string;
  /** one after another: milliseconds */
  readonly p50: number;
  readonly p99: number;
  /** by 16 at once */
  readonly perSecond: number;
}

export interface SizeFigures {
  readonly resources: number;
  readonly timings: readonly Timing[];
  /** of resources that were in memory before */
  readonly importPerSecond: number;
  /** tables and indexes together; and the text of the resources alone */
  readonly bytesPerResource: number;
  readonly textPerResource: number;
  /** of this process at the first page of all Observations, at the largest, and at the last: MB */
  readonly paging: { readonly pages: number; readonly first: number; readonly most: number; readonly last: number };
}

type Ask = () => Promise<Response>;

const timedImport = 30_000;

/** Takes resources from the generator until so many are stored; the last of them timed, and made before. */
const fill = async (pool: pg.Pool, source: Iterator<Resource>, from: number, to: number): Promise<number> => {
  const take = function* (count: number): Generator<Resource> {
    for (let taken = 0; taken < count; taken += 1) {
      const { value, done } = source.next();
      if (done === true) return;
      yield value;
    }
  };
  const timed = Math.min(timedImport, Math.floor((to - from) / 2));
  await importResources(pool, take(to - from - timed), { ownBases });
  const ready = [...take(timed)];
  const began = performance.now();
  await importResources(pool, ready, { ownBases });
  const perSecond = timed / ((performance.now() - began) / 1000);
  await pool.query('vacuum analyze');
  return perSecond;
};

const sized = async (pool: pg.Pool, sql: string): Promise<number> => {
  const { rows } = await pool.query<{ size: string }>(sql);
  return Number(rows[0]?.size ?? 0);
};

const measure = async (name: string, ask: Ask, expected: number, seconds: number): Promise<Timing> => {
  const once = async (): Promise<void> => {
    const response = await ask();
    const text = await response.text();
    if (response.status !== expected)
      throw new Error(`${name} is answered with ${response.status}: ${text.slice(0, 500)}`);
  };
  const until = async (end: number, count: { done: number }, took?: number[]): Promise<void> => {
    while (performance.now() < end) {
      const began = performance.now();
      await once();
      took?.push(performance.now() - began);
      count.done += 1;
    }
  };
  await until(performance.now() + 1_000, { done: 0 });
  const took: number[] = [];
  await until(performance.now() + seconds * 1_000, { done: 0 }, took);
  took.sort((a, b) => a - b);
  const count = { done: 0 };
  const began = performance.now();
  await Promise.all(Array.from({ length: 16 }, () => until(began + seconds * 1_000, count)));
  const perSecond = count.done / ((performance.now() - began) / 1_000);
  return { name, p50: median(took), p99: took[Math.floor(took.length * 0.99)] ?? Number.NaN, perSecond };
};

const transactionOf = (patient: string): unknown => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: Array.from({ length: 100 }, (_, index) => ({
    fullUrl: `urn:uuid:${randomUUID()}`,
    resource: observationOf(patient, index),
    request: { method: 'POST', url: 'Observation' },
  })),
});

const observationOf = (patient: string, value: number): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  category: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
  ],
  code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
  subject: { reference: `Patient/${patient}` },
  effectiveDateTime: '2026-05-01T10:00:00Z',
  valueQuantity: { value: value + 40, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
});

interface Subject {
  readonly id: string;
  readonly identifier: string;
  readonly token: string;
}

/** Some patients of all that are stored, evenly spread. */
const subjectsOf = async ({ pool, token }: StandingClinic, count: number): Promise<readonly Subject[]> => {
  const { rows } = await pool.query<{ id: string; body: string }>(
    `select id, body from (select id, body, row_number() over (order by id) as n, count(*) over () as total
       from resource where type = 'Patient' and not deleted) numbered
     where n % greatest(1, total / $1) = 0 limit $1`,
    [count],
  );
  return Promise.all(
    rows.map(async ({ id, body }) => {
      const { identifier = [] } = JSON.parse(body) as { identifier?: { system: string; value: string }[] };
      const [first] = identifier;
      return { id, identifier: `${first?.system}|${first?.value}`, token: await token(patientClaims(id)) };
    }),
  );
};

const timingsOf = async (clinic: StandingClinic, seconds: number): Promise<readonly Timing[]> => {
  const subjects = await subjectsOf(clinic, 200);
  const service = await clinic.token();
  let turn = 0;
  const next = (): Subject => {
    const subject = subjects[turn++ % subjects.length];
    if (subject === undefined) throw new Error('there are no patients');
    return subject;
  };
  const asPatient = (path: (subject: Subject) => string): Ask => {
    return () => {
      const subject = next();
      return clinic.send(path(subject), subject.token);
    };
  };
  const category = 'category=laboratory';
  const scenarios: readonly (readonly [string, Ask, number])[] = [
    ['read', asPatient(({ id }) => `/Patient/${id}`), 200],
    ['patient + category', asPatient(({ id }) => `/Observation?patient=${id}&${category}`), 200],
    [
      'patient + code + date',
      asPatient(({ id }) => `/Observation?patient=${id}&code=http://loinc.org|8867-4&date=ge2020-01-01`),
      200,
    ],
    [
      'chained: patient.identifier',
      () => clinic.send(`/Condition?patient.identifier=${encodeURIComponent(next().identifier)}`, service),
      200,
    ],
    [
      '_revinclude=Provenance:target',
      asPatient(({ id }) => `/Condition?patient=${id}&_revinclude=Provenance:target`),
      200,
    ],
    ['create', () => clinic.send('/Observation', service, sending('POST', observationOf(next().id, 30))), 201],
    ['transaction of 100', () => clinic.send('/', service, sending('POST', transactionOf(next().id))), 200],
  ];
  const timings: Timing[] = [];
  for (const [name, ask, expected] of scenarios) timings.push(await measure(name, ask, expected, seconds));
  return timings;
};

/** Every page of all Observations, one after another. */
const pageThrough = async (clinic: StandingClinic, most: number): Promise<SizeFigures['paging']> => {
  const service = await clinic.token();
  const megabytes = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().rss / 1_048_576;
  };
  let path: string | undefined = '/Observation?_count=1000&_sort=_lastUpdated';
  const seen: number[] = [];
  for (let pages = 0; path !== undefined && pages < most; pages += 1) {
    const response = await clinic.send(path, service);
    const bundle = (await response.json()) as { link?: readonly { relation: string; url: string }[] };
    if (response.status !== 200) throw new Error(`a page is answered with ${response.status}`);
    const next = bundle.link?.find(({ relation }) => relation === 'next')?.url;
    path = next?.slice(next.indexOf('/fhir') + '/fhir'.length);
    seen.push(megabytes());
  }
  return { pages: seen.length, first: seen[0] ?? 0, most: Math.max(...seen), last: seen.at(-1) ?? 0 };
};

export const measureClinic = async (
  sizes: readonly number[],
  seconds: number,
  report: (figures: SizeFigures) => void,
): Promise<void> => {
  const directory = makeDirectory();
  const postgres = await startEmbedded({ directory });
  await migrate(postgres.url);
  const clinic = await openClinic(postgres.url);
  try {
    const source = generatePopulation({ seed: 2026, patients: 1_000_000, today: '2026-11-23' });
    let stored = 0;
    for (const size of sizes) {
      const importPerSecond = await fill(clinic.pool, source, stored, size);
      stored = size;
      const tables = await sized(
        clinic.pool,
        `select sum(pg_total_relation_size(oid)) as size from pg_class
         where relkind = 'r' and relnamespace = 'public'::regnamespace and relname not like 'audit%'`,
      );
      const text = await sized(clinic.pool, 'select sum(length(body)) as size from resource');
      const timings = await timingsOf(clinic, seconds);
      const paging = await pageThrough(clinic, 300);
      report({
        resources: size,
        timings,
        importPerSecond,
        bytesPerResource: tables / size,
        textPerResource: text / size,
        paging,
      });
    }
  } finally {
    await clinic.close();
    await postgres.stop();
    removeDirectory(directory);
  }
};
