/**
 * The Filter in SQL lets through exactly what policy lets through in memory: for random resources, random Filters, and
 * the Filters that decisions on random principals and scopes come to.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { everything, type Filter } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf, type ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import { arbitraryFilter, arbitraryOf, arbitraryTypes, patientIds } from '@affinity/core/testing/arbitrary-resource.ts';
import { decide } from '@affinity/policy/decide.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { arbitraryConsents, arbitraryNow } from '@affinity/policy/testing/arbitrary-consent.ts';
import { arbitraryFacts, arbitraryPrincipal, scopeOf } from '@affinity/policy/testing/arbitrary-question.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { createDatabase, type Query } from '@affinity/store/database.ts';
import { inCompartment } from '@affinity/store/fact-sql.ts';
import { filterSql } from '@affinity/store/filter-sql.ts';
import { importResources } from '@affinity/store/import.ts';
import { andSql, sql } from '@affinity/store/sql.ts';
import { type TestDatabase, testDatabase } from '@affinity/store/testing/database.ts';
import fc from 'fast-check';

const perType = 60;
const ownBases = ['http://localhost:4000/fhir'];

/** Resources of each type, the first of which have the ids that Filters and references name. */
const populationOf = (seed: number): readonly Resource[] =>
  arbitraryTypes.flatMap((type) =>
    fc
      .sample(arbitraryOf(type), { numRuns: perType, seed })
      .map((resource, index) => ({ ...resource, id: [...patientIds, 'r1', 'r2'][index] ?? `x${index}` })),
  );
const place = ({ resourceType, id }: Resource): string => `${resourceType}/${id}`;
const factsByPlace = (resources: readonly Resource[]): ReadonlyMap<string, ResourceFacts> =>
  new Map(resources.map((resource) => [place(resource), factsOf(resource, ownBases)]));

/** What each was at first, and what it is now, or was when it was deleted. Of those deleted some are brought back. */
const first = populationOf(7);
const last = populationOf(8);
const earlierFacts = factsByPlace(first);
const facts = factsByPlace(last);
const isDeleted = ({ id = '' }: Resource, index: number): boolean => index % 3 === 2 && id.startsWith('x');
const isBroughtBack = (resource: Resource, index: number): boolean => isDeleted(resource, index) && index % 2 === 0;
const onceDeleted = new Set(last.filter(isDeleted).map(place));
const broughtBack = new Set(last.filter(isBroughtBack).map(place));

let query: Query;

const inMemory = (filter: Filter, type: string, of = facts): readonly string[] =>
  [...of.values()]
    .filter((one) => one.type === type && evaluate(filter, one))
    .map(({ id }) => id)
    .sort();

const idsOf = (rows: readonly { readonly id: string }[]): readonly string[] => rows.map(({ id }) => id);

const assertEqual = async (filter: Filter, type: string): Promise<void> => {
  const expected = inMemory(filter, type);
  const current = await query<{ id: string }>(
    sql`select f.id from resource f where ${andSql([sql`f.type = ${type}`, filterSql(filter, type)])} order by f.id`,
  );
  assert.deepEqual(idsOf(current), expected, 'the current version, or the last one');
  const earlier = await query<{ id: string }>(
    sql`select h.id from resource_history h where h.version = 1
      and ${andSql([sql`h.type = ${type}`, filterSql(filter, type, 'h')])} order by h.id`,
  );
  assert.deepEqual(idsOf(earlier), inMemory(filter, type, earlierFacts), 'an earlier version');
  for (const [version, those] of [[2, onceDeleted] as const, [3, broughtBack] as const]) {
    const rows = await query<{ id: string }>(
      sql`select h.id from resource_history h where h.version = ${version}
        and ${andSql([sql`h.type = ${type}`, filterSql(filter, type, 'h')])} order by h.id`,
    );
    const there = expected.filter((id) => those.has(`${type}/${id}`));
    assert.deepEqual(idsOf(rows), there, version === 2 ? 'the version before the deletion' : 'the deletion');
  }
  const inCompartments = await query<{ id: string }>(sql`
    select distinct r.id from ${inCompartment} join resource r on r.rid = f.rid
    where ${andSql([sql`f.type = ${type}`, filterSql(filter, type)])} order by r.id`);
  const withPatient = await query<{ id: string }>(
    sql`select id from resource where type = ${type} and not deleted and patients <> '{}'`,
  );
  const known = new Set(idsOf(withPatient));
  assert.deepEqual(
    idsOf(inCompartments),
    expected.filter((id) => known.has(id)),
    'by patient',
  );
};

describe('the Filter in SQL and in memory', () => {
  let database: TestDatabase;
  before(async () => {
    database = await testDatabase();
    query = createDatabase(database.pool).query;
    await importResources(database.pool, first, { ownBases });
    const backend = createBackend({ pool: database.pool, ownBases });
    for (const [index, resource] of last.entries()) {
      const at = { type: resource.resourceType, id: resource.id ?? '' };
      const content = { resource, json: JSON.stringify(resource) };
      assert.equal((await backend.update({ ...at, content }, everything)).kind, 'updated');
      if (isDeleted(resource, index)) assert.equal((await backend.delete(at, everything)).kind, 'deleted');
      if (isBroughtBack(resource, index)) {
        assert.equal((await backend.update({ ...at, content }, everything)).kind, 'created');
      }
    }
  });
  after(() => database.close());

  test('there is something to hide and something to show', () => {
    const owned = [...facts.values()].filter(({ owners }) => owners.length === 1).length;
    assert.ok(owned > 20 && owned < facts.size - 20, `${owned} of ${facts.size} are of one patient`);
    assert.equal(inMemory(everything, 'Observation').length, perType);
  });

  test('what was replaced or deleted before its facts were kept is known for neither: it is hidden, under "not" too', async () => {
    const leaves: readonly Filter[] = [
      { kind: 'names', patients: ['a'] },
      { kind: 'names', patients: Array.from({ length: 20 }, (_, at) => `p${at}`) },
      { kind: 'dated', param: 'date' },
    ];
    const client = await database.pool.connect();
    const on = createDatabase(database.pool).on(client);
    try {
      await client.query('begin');
      await client.query('update resource_history set patients = null, dates = null');
      await client.query(`update resource set patients = '{}', dates = null where deleted`);
      for (const leaf of leaves) {
        for (const filter of [leaf, { kind: 'not', filter: leaf } satisfies Filter]) {
          const shown = await on(sql`
            select from resource_history h where h.type = 'Observation' and ${filterSql(filter, 'Observation', 'h')}
            union all select from resource f where f.type = 'Observation' and f.deleted
              and ${filterSql(filter, 'Observation')}`);
          assert.equal(shown.length, 0, JSON.stringify(filter));
          const either: Filter = { kind: 'or', filters: [filter, everything] };
          const known = await on(sql`
            select from resource_history h where h.type = 'Observation' and ${filterSql(either, 'Observation', 'h')}`);
          assert.ok(known.length > perType, 'what else lets it through');
        }
      }
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('random Filters', async () => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryFilter(), fc.constantFrom(...arbitraryTypes), async (filter, type) => {
        const found = inMemory(filter, type).length;
        if (found > 0 && found < perType) hits += 1;
        await assertEqual(filter, type);
      }),
      { numRuns: 600 },
    );
    assert.ok(hits > 60, `${hits} of 600 Filters let some through and hid some`);
  });

  test('many records, each with conditions of its own, and what is left without them', async () => {
    const ofOne = fc
      .tuple(fc.constantFrom(...patientIds, 'nobody'), arbitraryFilter())
      .map(([patient, filter]): Filter => ({ kind: 'and', filters: [{ kind: 'compartment', patient }, filter] }));
    const ofMany = fc.array(ofOne, { minLength: 9, maxLength: 12 }).map((filters): Filter => ({ kind: 'or', filters }));
    await fc.assert(
      fc.asyncProperty(ofMany, fc.constantFrom(...arbitraryTypes), async (filter, type) => {
        await assertEqual(filter, type);
        await assertEqual({ kind: 'not', filter }, type);
      }),
      { numRuns: 100 },
    );
  });

  test('the Filters of random Consents, for whoever reaches some records and for whoever reaches all', async () => {
    let permits = 0;
    const principal = {
      ...{ clientId: 'app', tokenId: 't', user: 'u', grant: 'g', fhirUser: 'Practitioner/1', purposes: ['TREAT'] },
      scopes: [scopeOf('user/*.rs')],
    };
    const known = fc.record({
      wholeServer: fc.boolean(),
      caredFor: fc.subarray([...patientIds]),
      consents: arbitraryConsents(patientIds),
      actors: fc.constant(['Practitioner/1']),
      now: fc.constant(arbitraryNow),
    });
    await fc.assert(
      fc.asyncProperty(known, fc.constantFrom(...arbitraryTypes), async (given, type) => {
        const facts = { ...wholeFacts(principal), ...given };
        const decision = decide({ principal, interaction: { kind: 'read', type, id: 'a' }, facts });
        if (decision.kind === 'deny' || decision.filter.kind === 'nothing') return;
        permits += 1;
        await assertEqual(decision.filter, type);
      }),
      { numRuns: 500 },
    );
    assert.ok(permits > 100, `${permits} of 500 questions let something through`);
  });

  test('the Filters of decisions on random principals, scopes and facts', async () => {
    let permits = 0;
    await fc.assert(
      fc.asyncProperty(
        arbitraryPrincipal,
        arbitraryFacts,
        fc.constantFrom(...arbitraryTypes),
        async (principal, known, type) => {
          const decision = decide({
            principal,
            interaction: { kind: 'read', type, id: 'a' },
            facts: { ...wholeFacts(principal), ...known },
          });
          if (decision.kind === 'deny') return;
          permits += 1;
          await assertEqual(decision.filter, type);
        },
      ),
      { numRuns: 3000 },
    );
    assert.ok(permits > 50, `${permits} of 3000 questions were permitted`);
  });

  test('a Filter whose values mean something to SQL', async () => {
    for (const text of ["'", '"; drop table resource; --', '$1', '{', '}', '\\', '\u0000', '%', '']) {
      const leaves: readonly Filter[] = [
        { kind: 'compartment', patient: text },
        { kind: 'instance', type: 'Observation', id: text },
        { kind: 'token', param: text, system: text, code: text },
        { kind: 'reference', param: text, type: text, id: text },
        { kind: 'label', system: text, code: text },
        { kind: 'type', type: text },
        { kind: 'compartments', patients: [text] },
        { kind: 'names', patients: [text] },
        { kind: 'names', patients: Array.from({ length: 20 }, (_, at) => `${text}${at}`) },
        { kind: 'dated', param: text },
      ];
      await assertEqual({ kind: 'or', filters: leaves }, 'Observation');
      for (const leaf of leaves) {
        await assertEqual(leaf, 'Observation');
        await assertEqual({ kind: 'not', filter: leaf }, 'Observation');
      }
    }
  });
});
