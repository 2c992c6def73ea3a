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
import { arbitraryFacts, arbitraryPrincipal } from '@affinity/policy/testing/arbitrary-question.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { createDatabase, type Query } from '@affinity/store/database.ts';
import { filterSql } from '@affinity/store/filter-sql.ts';
import { importResources } from '@affinity/store/import.ts';
import { andSql, sql } from '@affinity/store/sql.ts';
import { type TestDatabase, testDatabase } from '@affinity/store/testing/database.ts';
import fc from 'fast-check';

const perType = 60;
const ownBases = ['http://localhost:4000/fhir'];

/** Many resources of each type, the first of which have the ids that Filters and references name. */
const population: readonly Resource[] = arbitraryTypes.flatMap((type) =>
  fc
    .sample(arbitraryOf(type), { numRuns: perType, seed: 7 })
    .map((resource, index) => ({ ...resource, id: [...patientIds, 'r1', 'r2'][index] ?? `x${index}` })),
);
const facts = new Map<string, ResourceFacts>(
  population.map((resource) => [`${resource.resourceType}/${resource.id}`, factsOf(resource, ownBases)]),
);

let query: Query;

const inMemory = (filter: Filter, type: string): readonly string[] =>
  [...facts.values()]
    .filter((one) => one.type === type && evaluate(filter, one))
    .map(({ id }) => id)
    .sort();

const assertEqual = async (filter: Filter, type: string): Promise<void> => {
  const expected = inMemory(filter, type);
  const current = await query<{ id: string }>(
    sql`select f.id from resource f where ${andSql([sql`f.type = ${type}`, filterSql(filter, type)])} order by f.id`,
  );
  assert.deepEqual(
    current.map(({ id }) => id),
    expected,
    'the current version',
  );
  const earlier = await query<{ id: string }>(
    sql`select h.id from resource_history h where ${andSql([sql`h.type = ${type}`, filterSql(filter, type, 'h')])} order by h.id`,
  );
  assert.deepEqual(
    earlier.map(({ id }) => id),
    expected,
    'an earlier version',
  );
  const inCompartments = await query<{ id: string }>(sql`
    select distinct r.id from compartment f join resource r on r.rid = f.rid
    where ${andSql([sql`f.type = ${type}`, filterSql(filter, type)])} order by r.id`);
  const withPatient = await query<{ id: string }>(
    sql`select id from resource where type = ${type} and patients <> '{}'`,
  );
  const known = new Set(withPatient.map(({ id }) => id));
  assert.deepEqual(
    inCompartments.map(({ id }) => id),
    expected.filter((id) => known.has(id)),
    'by patient',
  );
};

describe('the Filter in SQL and in memory', () => {
  let database: TestDatabase;
  before(async () => {
    database = await testDatabase();
    query = createDatabase(database.pool).query;
    await importResources(database.pool, population, { ownBases });
    // Each current version stands as an earlier one too.
    await database.pool.query(`insert into resource_history
    select rid, version, last_updated, confidentiality, method, type, id, owner, terms, body from resource`);
  });
  after(() => database.close());

  test('there is something to hide and something to show', () => {
    const owned = [...facts.values()].filter(({ owners }) => owners.length === 1).length;
    assert.ok(owned > 20 && owned < facts.size - 20, `${owned} of ${facts.size} are of one patient`);
    assert.equal(inMemory(everything, 'Observation').length, perType);
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
      { numRuns: 1000 },
    );
    assert.ok(permits > 50, `${permits} of 1000 questions were permitted`);
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
      ];
      await assertEqual({ kind: 'or', filters: leaves }, 'Observation');
      for (const leaf of leaves) await assertEqual(leaf, 'Observation');
    }
  });
});
