/** The searches of the conformance suite: random resources, random questions, random Filters, one meaning. FHIR R4 search.html. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { Version } from '../fhir/backend.ts';
import { everything, type Filter, nothing } from '../fhir/filter.ts';
import { matches } from '../fhir/matches.ts';
import type { Resource } from '../fhir/resource.ts';
import { factsOf, type ResourceFacts } from '../fhir/resource-facts.ts';
import { parseSearch } from '../fhir/search-parse.ts';
import type { SearchQuery } from '../fhir/search-query.ts';
import { arbitraryFilter, arbitraryOf, arbitraryTypes, patientIds } from './arbitrary-resource.ts';
import { arbitrarySearch } from './arbitrary-search.ts';
import type { BackendUnderTest } from './backend.ts';

interface Known {
  readonly version: Version;
  readonly facts: ResourceFacts;
}
const size = 200;
const now = Date.parse('2026-01-01');
const ids = (versions: readonly { readonly id: string }[]) => versions.map(({ id }) => id);

export const describeSearch = (name: string, make: () => Promise<BackendUnderTest>): void => {
  describe(`${name} as a Backend: search`, () => {
    let under: BackendUnderTest;
    /** What the backend holds, as far as this suite knows: by `Type/id`. */
    const held = new Map<string, Known>();
    // Told with every failure, so that it can be had again.
    const seed = Date.now() % 1_000_000;

    const put = async (resource: Resource, id: string, isNew = true): Promise<void> => {
      const { resourceType: type } = resource;
      const content = { resource, json: JSON.stringify(resource) };
      const at = { type, id, content };
      const result = isNew ? await under.backend.create(at) : await under.backend.update(at, everything);
      assert.ok(result.kind === 'created' || result.kind === 'updated', `${type}/${id}: ${result.kind}`);
      held.set(`${type}/${id}`, { version: result.version, facts: factsOf({ ...resource, id }, []) });
    };
    /** The question as the backend's capabilities let it be asked; undefined where they refuse it. */
    const ask = (type: string, params: URLSearchParams): SearchQuery | undefined => {
      const capability = under.backend.capabilities.find((one) => one.type === type);
      if (capability === undefined) return undefined;
      const parsed = parseSearch(type, params, {
        handling: 'lenient',
        defaultCount: 1000,
        maxCount: 1000,
        maxValues: 10,
        maxClauses: 10,
        ownBases: [],
        now,
        capability,
      });
      return parsed.kind === 'query' ? parsed.query : undefined;
    };
    const queryOf = (type: string, params: URLSearchParams, more: Partial<SearchQuery> = {}): SearchQuery => {
      const query = ask(type, params);
      assert.ok(query !== undefined, `${type}?${params} is refused`);
      return { ...query, ...more };
    };
    const expected = (query: SearchQuery, filter: Filter): readonly Version[] =>
      [...held.values()]
        .filter(({ facts, version }) => under.evaluate(filter, facts) && matches(query, facts, version.lastUpdated))
        .map(({ version }) => version);
    /** All pages of a search; `between` happens after each. */
    const walk = async (
      query: SearchQuery,
      filter: Filter,
      between: (page: number) => Promise<void> = async () => {},
    ) => {
      const found: Version[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < 1000; page += 1) {
        const result = await under.backend.searchType(
          { ...query, ...(cursor === undefined ? {} : { cursor }) },
          filter,
        );
        assert.ok(result.matches.length <= query.count);
        found.push(...result.matches);
        cursor = result.next;
        if (cursor === undefined) return found;
        assert.ok(result.matches.length > 0, 'a page that is not the last is not empty');
        await between(page);
      }
      throw new Error('the pages do not end');
    };
    const byId = (versions: readonly Version[]) => versions.toSorted((a, b) => (a.id < b.id ? -1 : 1));

    before(async () => {
      under = await make();
      const types = under.backend.capabilities.map(({ type }) => type).filter((type) => arbitraryTypes.includes(type));
      const resources = fc.sample(fc.constantFrom(...types).chain(arbitraryOf), { numRuns: size, seed });
      let patients = 0;
      for (const [i, resource] of resources.entries()) {
        const isPatient = resource.resourceType === 'Patient';
        await put(resource, (isPatient ? patientIds[patients] : undefined) ?? `s-${i}`);
        if (isPatient) patients += 1;
      }
    });
    after(() => under.close());

    const holds = async (check: (query: SearchQuery, filter: Filter) => Promise<void>, numRuns: number) => {
      const types = under.backend.capabilities.filter(({ type }) => arbitraryTypes.includes(type));
      const filters = fc.oneof(fc.constant(everything), arbitraryFilter());
      const question = fc
        .constantFrom(...types)
        .chain(({ type, searchParams }) =>
          fc.tuple(fc.constant(type), arbitrarySearch(new Set(searchParams.map((param) => param.name))), filters),
        );
      await fc.assert(
        fc.asyncProperty(question, async ([type, params, filter]) => {
          const query = ask(type, params);
          if (query !== undefined) await check(query, filter);
        }),
        { numRuns, seed },
      );
    };

    test('finds what the same search finds in memory, as it stands, under any Filter', async () => {
      await holds(async (query, filter) => {
        const { matches: found, next } = await under.backend.searchType(query, filter);
        assert.deepEqual(byId(found), byId(expected(query, filter)));
        assert.equal(next, undefined);
      }, 400);
    });

    test('the questions asked find something often enough to mean anything', async () => {
      let some = 0;
      await holds(async (query, filter) => {
        if (expected(query, filter).length > 0 && query.clauses.length > 0) some += 1;
      }, 400);
      assert.ok(some > 40, `${some} of 400`);
    });

    test('totals equal the visible set; a count of 0 is the total alone', async () => {
      await holds(async (query, filter) => {
        const total = expected(query, filter).length;
        const counted = await under.backend.searchType({ ...query, count: 0 }, filter);
        assert.deepEqual(counted, { matches: [], total });
        const first = await under.backend.searchType({ ...query, count: 2, total: 'accurate' }, filter);
        assert.equal(first.total, total);
        assert.equal(first.matches.length, Math.min(2, total));
        assert.equal(first.next === undefined, total <= 2);
      }, 100);
    });

    test('pages show each match once, the Filter applied before they are cut', async () => {
      await holds(async (query, filter) => {
        const found = await walk({ ...query, count: 3 }, filter);
        assert.deepEqual(byId(found), byId(expected(query, filter)));
      }, 60);
    });

    test('sorts both ways by every parameter that the backend names', async () => {
      for (const { type, sort } of under.backend.capabilities.filter((one) => arbitraryTypes.includes(one.type)))
        for (const param of sort)
          for (const descending of [false, true]) {
            const query = queryOf(type, new URLSearchParams(), { sort: [{ param, descending }] });
            for (const count of [3, 1000]) {
              const found = await walk({ ...query, count }, everything);
              assert.deepEqual(byId(found), byId(expected(query, everything)));
              const keys = found.flatMap(({ id, lastUpdated }) => {
                const dates =
                  held.get(`${type}/${id}`)?.facts.index.dates.filter((entry) => entry.param === param) ?? [];
                if (param === '_lastUpdated') return Date.parse(lastUpdated);
                return dates.length === 1 ? (dates[0]?.start ?? []) : [];
              });
              const sorted = keys.toSorted((a, b) => (descending ? b - a : a - b));
              assert.deepEqual(keys, sorted, `${type} by ${param}`);
            }
          }
    });

    test('paging is stable while rows are added: nothing twice, nothing left out', async () => {
      const type = 'Observation';
      let added = 0;
      const add = async () => {
        added += 1;
        await put(
          { resourceType: type, status: 'final', code: { text: 'x' }, effectiveDateTime: added % 2 ? '2019' : '2021' },
          `added-${added}`,
        );
      };
      for (const sort of [
        [],
        [{ param: '_lastUpdated', descending: true }],
        [{ param: '_lastUpdated', descending: false }],
        [{ param: 'date', descending: true }],
        [{ param: 'date', descending: false }],
      ]) {
        const offered = under.backend.capabilities.find((one) => one.type === type)?.sort ?? [];
        if (!sort.every(({ param }) => offered.includes(param))) continue;
        const query = queryOf(type, new URLSearchParams(), { sort, count: 5 });
        const present = new Set(ids(expected(query, everything)));
        const found = ids(await walk(query, everything, async (page) => (page < 8 ? add() : undefined)));
        assert.equal(new Set(found).size, found.length, `${JSON.stringify(sort)}: twice`);
        assert.deepEqual(found.filter((id) => present.has(id)).sort(), [...present].sort(), JSON.stringify(sort));
      }
    });

    test('an update is found by its new content only, a deletion not at all', async () => {
      const find = async (code: string) =>
        ids(
          (await under.backend.searchType(queryOf('Observation', new URLSearchParams({ code })), everything)).matches,
        );
      const observation = (code: string): Resource => ({
        resourceType: 'Observation',
        status: 'final',
        code: { coding: [{ code }] },
      });
      await put(observation('before-update'), 'changing');
      assert.deepEqual(await find('before-update'), ['changing']);
      await put(observation('after-update'), 'changing', false);
      assert.deepEqual([await find('before-update'), await find('after-update')], [[], ['changing']]);
      await under.backend.delete({ type: 'Observation', id: 'changing' }, everything);
      held.delete('Observation/changing');
      assert.deepEqual(await find('after-update'), []);
    });

    test('nothing is found by a Filter that lets nothing through', async () => {
      for (const type of arbitraryTypes.filter((one) =>
        under.backend.capabilities.some((capability) => capability.type === one),
      ))
        assert.deepEqual(
          await under.backend.searchType(queryOf(type, new URLSearchParams(), { total: 'accurate' }), nothing),
          {
            matches: [],
            total: 0,
          },
        );
    });
  });
};
