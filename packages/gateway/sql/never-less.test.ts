/**
 * The promise of a Source: whatever is wanted is among what it finds. Random rows and random questions, held against all rows
 * judged in memory; the same over all pages and under any order. FHIR R4 search.html.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Prefix, SearchQuery, SearchValue } from '@affinity/core/fhir/search-query.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import fc from 'fast-check';
import type { Held, Source } from '../source.ts';
import { openPostgresql } from './postgresql.ts';
import { openSqlite } from './sqlite.ts';
import { candidatesOf, isWanted } from './testing/asking.ts';
import { type EngineName, engineNames, openSource } from './testing/opened.ts';
import { fillPostgresql, fillSqlite, type rows } from './testing/small-hospital.ts';

type Rows = typeof rows;
const seed = Date.now() % 1_000_000;

const one = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const day = fc.oneof(
  one(20260328, 20260329, 20260330, 20251026, 20240229, 19991231, 20000101),
  fc
    .integer({ min: 1940, max: 2026 })
    .chain((year) => fc.integer({ min: 1, max: 12 }).map((month) => year * 10_000 + month * 100 + 15)),
);
const stamp = fc.oneof(
  fc.constant(null),
  one('202603290230', '202510260230', '202603282359', '202603290030'),
  day.map((date) => `${date}1030`),
);
const text = one(
  'Müller',
  'Muller',
  'MÜLLER',
  "O'Brien",
  'van  der Berg',
  ' Vorn',
  '100%_x',
  'a_c',
  'Ångström',
  'İpek',
  'ﬁ',
  'x',
  '\\',
  null,
  '',
);
const patients = ['0047113', '0047114', 'p/1', 'P-2', '7'];

const population: fc.Arbitrary<Rows> = fc.record({
  PAT: fc
    .array(
      fc.tuple(
        text,
        text,
        one('1', '2', '9', null),
        fc.oneof(day, one(0, null, 19700000, 19700500)),
        one('A-1', 'A-2', null),
        fc.oneof(stamp.map((at) => at && `${at}30`)),
        one('01002', '01060', null),
        one('413', null),
      ),
      { minLength: 5, maxLength: 5 },
    )
    .map((lines) => lines.map((line, index) => [patients[index] ?? '', ...line])),
  ARZT: fc.constant([
    ['A-1', 'Dr. Brandt'],
    ['A-2', 'Dr. Sommer'],
  ]),
  LABWERT: fc
    .array(
      fc.tuple(
        one(...patients, 'elsewhere'),
        one('GLU', 'NA', 'XYZ', '2345-7'),
        one('1', '<2,5', '0.10'),
        one('mg/dl', 'U/l', null),
        stamp,
        one('F', 'V', 'Q', null),
      ),
      { minLength: 12, maxLength: 12 },
    )
    .map((lines) => lines.map((line, index) => [index, ...line])),
  VITAL: fc
    .array(fc.tuple(one('GEW', 'PULS'), one(1, 2.5), fc.oneof(day, one(0, null))), { minLength: 8, maxLength: 8 })
    .map((lines) => lines.map((line, index) => [patients[index % 5] ?? '', index, ...line])),
});

const instant = fc
  .oneof(day, one(19700101, 19700601))
  .map((date) => Date.parse(`${String(date).replace(/(....)(..)(..)/, '$1-$2-$3')}T00:00:00Z`));
const dates = fc
  .tuple(
    one<Prefix>('eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'),
    instant,
    one(60_000, 86_400_000, 31 * 86_400_000, 366 * 86_400_000),
  )
  .map(([prefix, start, length]): SearchValue => ({ kind: 'date', prefix, start, end: start + length }));
const codes = one(
  'GLU',
  'NA',
  'XYZ',
  '2345-7',
  '29463-7',
  'laboratory',
  'vital-signs',
  'final',
  'unknown',
  'male',
  'female',
  '0047113',
  'p/1',
  'P-2',
  'p.2f1',
  'lab-3',
  'vital-7..4',
  '413',
  '01002',
  'nothing',
);
const systems = one(
  undefined,
  '',
  'http://loinc.org',
  'https://hospital.example/laboratory',
  'https://hospital.example/patients',
  'http://hl7.org/fhir/observation-status',
  'phone',
);
const tokens = fc.tuple(systems, fc.option(codes, { nil: undefined })).map(
  ([system, code]): SearchValue => ({
    kind: 'token',
    ...(system === undefined ? {} : { system }),
    ...(code === undefined && system !== undefined && system !== '' ? {} : { code: code ?? 'GLU' }),
  }),
);
const references = fc
  .tuple(
    one(undefined, 'Patient', 'Practitioner', 'Observation'),
    one('0047113', 'p.2f1', 'P-2', 'A-1', 'elsewhere', 'x'),
  )
  .map(([type, id]): SearchValue => ({ kind: 'reference', id, ...(type === undefined ? {} : { type }) }));
const strings = one(
  'mul',
  'müll',
  'MULLER',
  "o'b",
  'van der',
  'vorn',
  '100%',
  '%',
  '_',
  'a_',
  'ang',
  'ipek',
  'fi',
  'berg',
  '\\',
  'dr',
  '010',
  'de',
  'x'.repeat(300),
).map((word): SearchValue => ({ kind: 'string', text: word }));

const questionOf = ({ capabilities }: Source): fc.Arbitrary<SearchQuery> =>
  fc.constantFrom(...capabilities).chain(({ type, searchParams, sort }) => {
    const clause = fc.constantFrom(...searchParams).chain((param) => {
      const value =
        { token: tokens, reference: references, string: strings, date: dates }[param.type as string] ?? strings;
      const modifiers = { token: [undefined, 'not'], string: [undefined, 'exact', 'contains'] }[
        param.type as string
      ] ?? [undefined];
      const missing = param.name.startsWith('_') ? [] : [true, false];
      return fc.oneof(
        {
          weight: 9,
          arbitrary: fc
            .tuple(fc.array(value, { minLength: 1, maxLength: 2 }), one(...modifiers))
            .map(([values, modifier]) => ({
              param: param.name,
              values,
              ...(modifier === undefined ? {} : { modifier }),
            })),
        },
        ...missing.map((isMissing) => ({
          weight: 1,
          arbitrary: fc.constant({
            param: param.name,
            modifier: 'missing',
            values: [{ kind: 'missing', missing: isMissing } as const],
          }),
        })),
      );
    });
    const order = fc.array(fc.record({ param: one(...(sort.length > 0 ? sort : ['_id'])), descending: fc.boolean() }), {
      maxLength: 1,
    });
    return fc.tuple(fc.array(clause, { maxLength: 2 }), order, one(1, 3, 100)).map(([clauses, sorted, count]) => ({
      type,
      clauses,
      sort: sort.length === 0 ? [] : sorted,
      count,
      total: 'none' as const,
      understood: [],
    }));
  });

/** Opens the rows on an engine. */
const openRows = async (name: EngineName, given: Rows) => {
  if (name === 'PostgreSQL') {
    const { pool, url, close } = await testDatabase();
    await fillPostgresql(pool, given);
    const engine = openPostgresql({ url });
    return { engine, close: () => engine.close().then(close) };
  }
  const folder = mkdtempSync(join(tmpdir(), 'affinity-sqlite-'));
  const path = join(folder, 'hospital.db');
  fillSqlite(path, given);
  const engine = openSqlite({ path });
  return { engine, close: () => engine.close().then(() => rmSync(folder, { recursive: true })) };
};

const ids = (found: readonly Held[]): readonly string[] => found.map(({ id }) => id).toSorted();

for (const name of engineNames)
  describe(`rows in ${name}`, () => {
    test('whatever is wanted is found, on one page or on many, and narrowing means something', async () => {
      const populations = fc.sample(population, { numRuns: 3, seed });
      let narrowed = 0;
      let found = 0;
      for (const given of populations) {
        const { engine, close } = await openRows(name, given);
        const { source } = await openSource(engine);
        const everything = new Map<string, readonly Held[]>();
        for (const { type } of source.capabilities)
          everything.set(
            type,
            await candidatesOf(source, { type, clauses: [], sort: [], count: 1, total: 'none', understood: [] }),
          );
        await fc.assert(
          fc.asyncProperty(questionOf(source), async (query) => {
            const all = everything.get(query.type) ?? [];
            const candidates = await candidatesOf(source, query, query.count);
            const wanted = all.filter((held) => isWanted(query, held));
            assert.deepEqual(ids(candidates.filter((held) => isWanted(query, held))), ids(wanted));
            assert.equal(new Set(ids(candidates)).size, candidates.length, 'twice');
            if (candidates.length < all.length) narrowed += 1;
            found += wanted.length > 0 && query.clauses.length > 0 ? 1 : 0;
          }),
          { numRuns: 100, seed },
        );
        await close();
      }
      assert.ok(narrowed > 60 && found > 40, `${narrowed} narrowed, ${found} found of 300`);
    });
  });
