/** The joins of the conformance suite: chains and `_has` find what they mean, and what is hidden on the way is not there. FHIR R4 search.html#chaining, #has. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { FilterOf } from '../fhir/backend.ts';
import { everything, type Filter, nothing } from '../fhir/filter.ts';
import { matches } from '../fhir/matches.ts';
import { matchesJoins, type Others } from '../fhir/matches-joins.ts';
import type { SearchQuery } from '../fhir/search-query.ts';
import { arbitraryFilter, arbitraryOf, patientIds } from './arbitrary-resource.ts';
import { arbitraryJoinSearch } from './arbitrary-search.ts';
import {
  ask,
  askFor,
  type BackendUnderTest,
  createPopulation,
  followsReferences,
  type Population,
  placesOf,
} from './backend-under-test.ts';

const types = ['Patient', 'Observation', 'Encounter', 'Condition', 'RiskAssessment'];
const everyone: FilterOf = () => everything;

export const describeJoins = (name: string, make: () => Promise<BackendUnderTest>): void => {
  describe(`${name} as a Backend: joins`, () => {
    let under: BackendUnderTest;
    let population: Population;
    const seed = Date.now() % 1_000_000;

    /** What the search means, by the Filters of the types on the way. */
    const expected = (query: SearchQuery, filter: Filter, chained: FilterOf): readonly string[] => {
      const all = [...population.held.values()].map(({ facts, version }) => ({
        facts,
        version,
        lastUpdated: version.lastUpdated,
      }));
      const seen = all.filter(({ facts }) => under.evaluate(chained(facts.type), facts));
      const others: Others = {
        of: (type) => seen.filter(({ facts }) => facts.type === type),
        find: (type, id) => seen.find(({ facts }) => facts.type === type && facts.id === id),
        ...(under.canonical === undefined ? {} : { canonical: under.canonical }),
      };
      const found = all.filter(
        ({ facts, lastUpdated }) =>
          under.evaluate(filter, facts) &&
          matches(query, facts, lastUpdated, under.canonical) &&
          matchesJoins(query, facts, others),
      );
      return placesOf(found.map(({ version }) => version)).toSorted();
    };
    const find = async (text: string, chained: FilterOf = everyone, filter: Filter = everything) =>
      placesOf((await under.backend.searchType(askFor(under.backend, text), filter, { chained })).matches).toSorted();

    before(async () => {
      under = await make();
      population = createPopulation(under);
      if (!followsReferences(under.backend)) return;
      for (const type of types)
        for (const [i, resource] of fc.sample(arbitraryOf(type), { numRuns: 40, seed }).entries())
          await population.put(resource, patientIds[i] ?? `j-${i}`);
      await population.put({ resourceType: 'Organization', name: 'Ward' }, 'org');
      await population.put(
        {
          resourceType: 'Patient',
          identifier: [{ value: 'PRP1660' }],
          managingOrganization: { reference: 'Organization/org' },
        },
        'literal',
      );
      const observed = { resourceType: 'Observation', status: 'final', code: { coding: [{ code: 'k02' }] } };
      await population.put({ ...observed, subject: { reference: 'Patient/literal' } }, 'by-literal');
      await population.put({ ...observed, subject: { identifier: { value: 'PRP1660' } } }, 'by-logical');
      await population.put({ ...observed, subject: { reference: 'Patient/nobody' } }, 'by-nothing');
    });
    after(() => under.close());
    const performed = (context: { skip: (message: string) => void }): boolean => {
      const performs = followsReferences(under.backend);
      if (!performs) context.skip('the backend follows no references');
      return performs;
    };

    test('find what they mean, under any Filter of any type on the way (N16, N19)', async (context) => {
      if (!performed(context)) return;
      const offered = under.backend.capabilities.filter(({ type }) => types.includes(type));
      const filter = fc.oneof(
        { weight: 1, arbitrary: fc.constant(everything) },
        { weight: 1, arbitrary: arbitraryFilter() },
      );
      const question = fc
        .constantFrom(...offered)
        .chain(({ type, searchParams }) =>
          fc.tuple(
            fc.constant(type),
            arbitraryJoinSearch(type, new Set(searchParams.map((param) => param.name))),
            filter,
            fc.tuple(...types.map(() => filter)),
          ),
        );
      let some = 0;
      await fc.assert(
        fc.asyncProperty(question, async ([type, params, own, filters]) => {
          const query = ask(under.backend, type, params);
          if (query === undefined) return;
          const chained: FilterOf = (hop) => filters[types.indexOf(hop)] ?? nothing;
          const wanted = expected(query, own, chained);
          if (wanted.length > 0 && query.joins !== undefined) some += 1;
          const { matches: found } = await under.backend.searchType(query, own, { chained });
          assert.deepEqual(placesOf(found).toSorted(), wanted);
          const counted = await under.backend.searchType({ ...query, count: 0 }, own, { chained });
          assert.deepEqual(counted, { matches: [], total: wanted.length });
          const paged: string[] = [];
          let cursor: string | undefined;
          do {
            const at = cursor === undefined ? {} : { cursor };
            const page = await under.backend.searchType({ ...query, ...at, count: 5 }, own, { chained });
            paged.push(...placesOf(page.matches));
            cursor = page.next;
          } while (cursor !== undefined && paged.length <= wanted.length);
          assert.deepEqual(paged.toSorted(), wanted, 'in pages');
        }),
        { numRuns: Math.ceil(300 * (under.share ?? 1)), seed },
      );
      // Of fewer questions the number that find something varies more.
      assert.ok(some > 20 * (under.share ?? 1) ** 2, `${some} of 300 find something`);
    });

    test('subject:identifier and subject.identifier each find exactly their own (K02)', async (context) => {
      if (!performed(context)) return;
      assert.deepEqual(await find('Observation?subject:identifier=PRP1660'), ['Observation/by-logical']);
      for (const chain of ['subject.identifier', 'patient.identifier', 'subject:Patient.identifier'])
        assert.deepEqual(await find(`Observation?${chain}=PRP1660`), ['Observation/by-literal'], chain);
    });

    test('a hop that is hidden is as if it were not there (N16)', async (context) => {
      if (!performed(context)) return;
      const hides =
        (...hidden: string[]): FilterOf =>
        (type) =>
          hidden.includes(type) ? nothing : everything;
      const chain = 'Observation?subject:Patient.organization.name=ward';
      const has = 'Patient?_has:Observation:patient:code=k02';
      assert.deepEqual(await find(chain), ['Observation/by-literal']);
      assert.deepEqual(await find(has), ['Patient/literal']);
      assert.deepEqual(await find(chain, hides('Patient')), []);
      assert.deepEqual(await find(chain, hides('Organization')), []);
      assert.deepEqual(await find(has, hides('Observation')), []);
      assert.deepEqual(
        await find(has, hides('Patient')),
        ['Patient/literal'],
        'what is found is judged by its own Filter',
      );
      assert.deepEqual(await find('Patient?organization.name:missing=true', hides('Organization')), []);
      for (const text of [chain, has]) {
        const query = askFor(under.backend, text, { total: 'accurate' });
        assert.deepEqual(
          await under.backend.searchType(query, everything),
          { matches: [], total: 0 },
          'no Filter given',
        );
      }
    });

    test('a hop to what was deleted leads nowhere', async (context) => {
      if (!performed(context)) return;
      await population.put({ resourceType: 'Patient', gender: 'female', identifier: [{ value: 'goes' }] }, 'goes');
      await population.put(
        { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/goes' } },
        'stays',
      );
      assert.deepEqual(await find('Observation?patient.identifier=goes'), ['Observation/stays']);
      await population.remove('Patient', 'goes');
      assert.deepEqual(await find('Observation?patient.identifier=goes'), []);
      await population.remove('Observation', 'by-literal');
      assert.deepEqual(await find('Patient?_has:Observation:patient:code=k02'), []);
    });
  });
};
