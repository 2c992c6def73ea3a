/** The searches of the conformance suite: random resources, random questions, random Filters, one meaning. FHIR R4 search.html. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { Version } from '../fhir/backend.ts';
import { everything, type Filter, nothing } from '../fhir/filter.ts';
import { matches } from '../fhir/matches.ts';
import type { Resource } from '../fhir/resource.ts';
import type { SearchQuery } from '../fhir/search-query.ts';
import { arbitraryFilter, arbitraryOf, arbitraryTypes, patientIds } from './arbitrary-resource.ts';
import { arbitrarySearch } from './arbitrary-search.ts';
import { ask, type BackendUnderTest, createPopulation, type Population, plain } from './backend-under-test.ts';

const size = 200;
const ids = (versions: readonly { readonly id: string }[]) => versions.map(({ id }) => id);

export const describeSearch = (name: string, make: () => Promise<BackendUnderTest>): void => {
  describe(`${name} as a Backend: search`, () => {
    let under: BackendUnderTest;
    let population: Population;
    // Told with every failure, so that it can be had again.
    const seed = Date.now() % 1_000_000;

    const queryOf = (type: string, params: URLSearchParams, more: Partial<SearchQuery> = {}): SearchQuery => {
      const query = ask(under.backend, type, params);
      assert.ok(query !== undefined, `${type}?${params} is refused`);
      return { ...query, ...more };
    };
    const expected = (query: SearchQuery, filter: Filter): readonly Version[] =>
      [...population.held.values()]
        .filter(
          ({ facts, version }) =>
            under.evaluate(filter, facts) && matches(query, facts, version.lastUpdated, under.canonical),
        )
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
        found.push(...result.matches.map(plain));
        cursor = result.next;
        if (cursor === undefined) return found;
        assert.ok(result.matches.length > 0, 'a page that is not the last is not empty');
        await between(page);
      }
      throw new Error('the pages do not end');
    };
    const byId = (versions: readonly Version[]) => versions.map(plain).toSorted((a, b) => (a.id < b.id ? -1 : 1));

    before(async () => {
      under = await make();
      const types = under.backend.capabilities.map(({ type }) => type).filter((type) => arbitraryTypes.includes(type));
      const resources = fc.sample(fc.constantFrom(...types).chain(arbitraryOf), { numRuns: size, seed });
      population = createPopulation(under);
      const counts = new Map<string, number>();
      for (const [i, resource] of resources.entries()) {
        const { resourceType } = resource;
        const count = counts.get(resourceType) ?? 0;
        await population.put(resource, patientIds[count] ?? `s-${i}`);
        counts.set(resourceType, count + 1);
      }
    });
    after(() => under.close());

    const holds = async (
      check: (query: SearchQuery, filter: Filter) => Promise<void>,
      numRuns: number,
      share = under.share ?? 1,
    ) => {
      const types = under.backend.capabilities.filter(({ type }) => arbitraryTypes.includes(type));
      const filters = fc.oneof(fc.constant(everything), arbitraryFilter());
      const question = fc
        .constantFrom(...types)
        .chain(({ type, searchParams }) =>
          fc.tuple(fc.constant(type), arbitrarySearch(new Set(searchParams.map((param) => param.name))), filters),
        );
      await fc.assert(
        fc.asyncProperty(question, async ([type, params, filter]) => {
          const query = ask(under.backend, type, params);
          if (query !== undefined) await check(query, filter);
        }),
        { numRuns: Math.ceil(numRuns * share), seed },
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
      await holds(
        async (query, filter) => {
          if (expected(query, filter).length > 0 && query.clauses.length > 0) some += 1;
        },
        400,
        1,
      );
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

    /** The one value of a resource to sort by, where there is no doubt about it. */
    const keyOf = (param: string, { id, lastUpdated }: Version, type: string): number | string | undefined => {
      if (param === '_lastUpdated') return Date.parse(lastUpdated);
      if (param === '_id') return id;
      const index = population.held.get(`${type}/${id}`)?.facts.index;
      const of = <Entry extends { readonly param: string }>(entries: readonly Entry[] = []) =>
        entries.filter((entry) => entry.param === param);
      const [date, ...dates] = of(index?.dates);
      const [text, ...texts] = of(index?.strings);
      const [token, ...tokens] = of(index?.tokens);
      const [number, ...numbers] = of(index?.numbers);
      if (date !== undefined && dates.length === 0 && date.end - date.start <= 1000) return date.start;
      if (text !== undefined && texts.length === 0) return text.folded;
      if (token !== undefined && tokens.length === 0) return token.code;
      return number !== undefined && numbers.length === 0 ? number.value : undefined;
    };

    test('sorts both ways by every parameter that the backend names, what has no value where it may (N18)', async () => {
      for (const { type, sort } of under.backend.capabilities.filter((one) => arbitraryTypes.includes(one.type)))
        for (const param of sort)
          for (const descending of [false, true]) {
            const query = queryOf(type, new URLSearchParams(), { sort: [{ param, descending }] });
            for (const count of [7, 1000]) {
              const found = await walk({ ...query, count }, everything);
              assert.deepEqual(byId(found), byId(expected(query, everything)), `${type} by ${param}`);
              const keys = found.flatMap((version) => keyOf(param, version, type) ?? []);
              const sorted = keys.toSorted((a, b) => (a === b ? 0 : a < b === descending ? 1 : -1));
              assert.deepEqual(keys, sorted, `${type} by ${param}`);
            }
          }
    });

    test('two keys: the second orders what is equal in the first (N18)', async () => {
      const query = queryOf('Patient', new URLSearchParams(), {
        sort: [
          { param: 'gender', descending: false },
          { param: '_lastUpdated', descending: true },
        ],
      });
      const offered = under.backend.capabilities.find((one) => one.type === 'Patient')?.sort ?? [];
      if (!offered.includes('gender')) return;
      const found = await walk({ ...query, count: 2 }, everything);
      const keys = found.map(
        (version) => [keyOf('gender', version, 'Patient'), Date.parse(version.lastUpdated)] as const,
      );
      for (const [i, [gender, updated]] of keys.entries()) {
        const next = keys[i + 1];
        if (next !== undefined && next[0] === gender && gender !== undefined) assert.ok(updated >= next[1]);
      }
    });

    test('back as forth: the page before shows what was shown, while rows are added (N20)', async () => {
      const query = { ...queryOf('Observation', new URLSearchParams()), count: 4 };
      const page = (cursor?: string) =>
        under.backend.searchType({ ...query, ...(cursor === undefined ? {} : { cursor }) }, everything);
      const first = await page();
      assert.equal(first.previous, undefined);
      const shown = [ids(first.matches)];
      let { next, last } = first;
      let back: string | undefined;
      if (last === undefined) return;
      while (next !== undefined) {
        const one = await page(next);
        shown.push(ids(one.matches));
        assert.ok(one.previous !== undefined, 'what is not the first page has one before it');
        ({ next, previous: back } = one);
      }
      const whole = shown.flat();
      assert.equal(new Set(whole).size, whole.length);
      const walked: string[] = ids((await page(last)).matches) as string[];
      assert.deepEqual(walked, whole.slice(-walked.length), 'the last page is the end');
      let before: string[] = shown.at(-1)?.slice() ?? [];
      for (let i = 0; back !== undefined; i += 1) {
        assert.ok(i < shown.length + 5, 'the pages do not end');
        const one = await page(back);
        if (i < 2)
          await population.put({ resourceType: 'Observation', status: 'final', code: { text: 'x' } }, `between-${i}`);
        before = [...ids(one.matches), ...before];
        back = one.previous;
      }
      assert.equal(new Set(before).size, before.length, 'twice');
      assert.deepEqual(
        before.filter((id) => whole.includes(id)),
        whole,
      );
    });

    test('paging is stable while rows are added: nothing twice, nothing left out', async () => {
      const type = 'Observation';
      let added = 0;
      const add = async () => {
        added += 1;
        await population.put(
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
      await population.put(observation('before-update'), 'changing');
      assert.deepEqual(await find('before-update'), ['changing']);
      await population.put(observation('after-update'), 'changing');
      assert.deepEqual([await find('before-update'), await find('after-update')], [[], ['changing']]);
      await population.remove('Observation', 'changing');
      assert.deepEqual(await find('after-update'), []);
    });

    test('a question whose caller has gone is given up', async () => {
      const gone = new Error('the caller has gone');
      const signal = AbortSignal.abort(gone);
      const query = queryOf('Observation', new URLSearchParams());
      await assert.rejects(under.backend.searchType(query, everything, { signal }), gone);
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
