/**
 * Non-interference of the gateway: two foreign systems that differ only in what a caller may not see answer the caller byte
 * for byte alike, however the foreign systems behave. FHIR R4 security.html#access-control.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backend, FilterOf, SearchResult } from '@affinity/core/fhir/backend.ts';
import { everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf } from '@affinity/core/fhir/resource-facts.ts';
import type { Include, SearchQuery } from '@affinity/core/fhir/search-query.ts';
import { arbitraryFilter, arbitraryOf, arbitraryTypes } from '@affinity/core/testing/arbitrary-resource.ts';
import { arbitraryJoinSearch, arbitrarySearch } from '@affinity/core/testing/arbitrary-search.ts';
import { ask } from '@affinity/core/testing/backend-under-test.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import fc from 'fast-check';
import { createSourceBackend } from './source-backend.ts';
import { createMemorySource, type Misbehaviour } from './testing/memory-source.ts';

/** The versions of one resource, oldest first. */
interface Story {
  readonly type: string;
  readonly id: string;
  readonly versions: readonly Resource[];
  readonly isDeleted: boolean;
}

const types = ['Patient', 'Observation', 'Encounter', 'Condition', 'DocumentReference'] as const;
const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
const story = fc.tuple(fc.constantFrom(...types), fc.constantFrom(...ids)).chain(([type, id]) =>
  fc.record({
    type: fc.constant(type as string),
    id: fc.constant(id),
    versions: fc.array(arbitraryOf(type), { minLength: 1, maxLength: 3 }),
    isDeleted: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
  }),
);
const population = fc.uniqueArray(story, {
  minLength: 8,
  maxLength: 24,
  selector: ({ type, id }) => `${type}/${id}`,
});

/** What a caller usually has: one patient's record, as far as it is not confidential. */
const usual: Filter = {
  kind: 'and',
  filters: [
    { kind: 'compartment', patient: 'a' },
    { kind: 'confidentiality', atMost: 'N' },
  ],
};
const filters = fc.record(
  Object.fromEntries(
    types.map((type) => [
      type,
      fc.oneof(fc.constant(usual), arbitraryFilter(), fc.constant(everything), fc.constant(nothing)),
    ]),
  ),
);

const misbehaviour: fc.Arbitrary<Misbehaviour> = fc
  .record({
    size: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    ignored: fc.subarray(['_id', 'patient', 'subject', 'category', 'code', 'date', 'status']),
    loops: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    liesOfNext: fc.boolean(),
    repeats: fc.boolean(),
  })
  .map(({ size, ignored, ...rest }) => ({
    ...rest,
    ignores: (param) => ignored.includes(param),
    ...(size === undefined ? {} : { pageSize: () => size }),
  }));

const isSeen = (filter: Filter, resource: Resource, id: string): boolean =>
  evaluate(filter, factsOf({ ...resource, id }, []));

/** The same story as if what is hidden of it had been otherwise; undefined: it is hidden altogether. */
const otherwise = (one: Story, filter: Filter): Story | undefined => {
  const last = one.versions.at(-1);
  if (last === undefined || !isSeen(filter, last, one.id)) return undefined;
  const versions = one.versions.map((version) =>
    isSeen(filter, version, one.id) ? version : { ...version, language: 'x-otherwise' },
  );
  return { ...one, versions };
};

const backendOf = (stories: readonly Story[], behaviour: Misbehaviour, clocks: ReadonlyMap<Story['id'], number>) => {
  let clock = 0;
  const source = createMemorySource({ ...behaviour, now: () => clock });
  for (const { type, id, versions, isDeleted } of stories) {
    clock = clocks.get(`${type}/${id}`) ?? 0;
    for (const version of versions) source.put(version, id);
    if (isDeleted) source.remove(type, id);
  }
  return createSourceBackend({ source, ownBases: [], limits: { batch: 2, scannedMost: 100_000 } });
};

/** What an answer tells: all of it, but of the place where the next page begins only that there is one. */
const told = async (asked: () => Promise<unknown>): Promise<string> => {
  try {
    return JSON.stringify(await asked());
  } catch (error) {
    return `${error instanceof Error ? `${error.name} ${error.message}` : 'thrown'}`;
  }
};

/** All pages of an answer. */
const pages = async (page: (cursor?: string) => Promise<SearchResult>): Promise<string[]> => {
  const shown: string[] = [];
  let cursor: string | undefined;
  do {
    let next: string | undefined;
    shown.push(
      await told(async () => {
        const result = await page(cursor);
        next = result.next;
        return { ...result, next: next !== undefined };
      }),
    );
    assert.equal((next?.length ?? 0) % 256, 0, 'its length tells nothing');
    cursor = next;
  } while (cursor !== undefined && shown.length < 40);
  return shown;
};

const at = (cursor: string | undefined) => (cursor === undefined ? {} : { cursor });

const includes: fc.Arbitrary<readonly Include[]> = fc.subarray<Include>(
  [
    { reverse: false, type: 'Observation', param: 'subject', iterate: false },
    { reverse: false, type: 'Observation', param: '*', iterate: true },
    { reverse: false, type: 'Condition', param: 'encounter', iterate: true },
    { reverse: true, type: 'Observation', param: 'patient', iterate: false },
    { reverse: true, type: 'Condition', param: 'subject', iterate: true },
    { reverse: true, type: 'Observation', param: 'encounter', iterate: true },
  ],
  { maxLength: 4 },
);

type Question = (backend: Backend, filterOf: FilterOf) => Promise<readonly string[]>;

const offered = createSourceBackend({ source: createMemorySource(), ownBases: [] });
const namesOf = (type: string) =>
  new Set(offered.capabilities.find((one) => one.type === type)?.searchParams.map(({ name }) => name));

const search: fc.Arbitrary<Question> = fc.constantFrom(...types).chain((type) =>
  fc
    .record({
      params: fc.oneof(
        fc.constant(new URLSearchParams()),
        arbitrarySearch(namesOf(type)),
        arbitraryJoinSearch(type, namesOf(type)),
      ),
      includes,
      count: fc.integer({ min: 0, max: 4 }),
      total: fc.constantFrom('none' as const, 'accurate' as const),
      sort: fc.constantFrom([], [{ param: '_lastUpdated', descending: true }], [{ param: '_id', descending: false }]),
    })
    .map(
      ({ params, ...shape }): Question =>
        async (backend, filterOf) => {
          const parsed = ask(backend, type, params);
          if (parsed === undefined) return [];
          const query: SearchQuery = { ...parsed, ...shape };
          const asking = { chained: filterOf, included: filterOf };
          return pages((cursor) => backend.searchType({ ...query, ...at(cursor) }, filterOf(type), asking));
        },
    ),
);
const systemSearch: fc.Arbitrary<Question> = fc
  .record({ count: fc.integer({ min: 0, max: 4 }), descending: fc.boolean(), sorted: fc.boolean() })
  .map(
    ({ count, descending, sorted }): Question =>
      (backend, filterOf) => {
        const sort = sorted ? [{ param: '_lastUpdated', descending }] : [];
        const query = { types, clauses: [], sort, count, total: 'accurate', understood: [] } as const;
        return pages((cursor) => backend.searchSystem?.({ ...query, ...at(cursor) }, filterOf) ?? Promise.reject());
      },
  );
const record: fc.Arbitrary<Question> = fc
  .record({ patient: fc.constantFrom('a', 'b'), count: fc.integer({ min: 1, max: 4 }) })
  .map(
    ({ patient, count }): Question =>
      (backend, filterOf) =>
        pages((cursor) => backend.everything?.({ patient, types, count, ...at(cursor) }, filterOf) ?? Promise.reject()),
  );
/** Everything that can be asked of single resources. */
const singly: Question = async (backend, filterOf) => {
  const answers: string[] = [];
  for (const type of types)
    for (const id of ids) {
      const filter = filterOf(type);
      answers.push(await told(() => backend.read({ type, id }, filter)));
      for (const versionId of ['1', '2', '3', '4'])
        answers.push(await told(() => backend.vread({ type, id, versionId }, filter)));
      let before: string | undefined;
      do {
        const page = { count: 1, ...(before === undefined ? {} : { before }) };
        before = undefined;
        answers.push(
          await told(async () => {
            const history = await backend.historyInstance({ type, id, page }, filter);
            before = history.kind === 'history' ? history.next : undefined;
            return { ...history, next: before !== undefined };
          }),
        );
      } while (before !== undefined);
    }
  return answers;
};

const world = fc.record({
  stories: population,
  filters,
  behaviour: misbehaviour,
  questions: fc.array(fc.oneof({ weight: 8, arbitrary: search }, systemSearch, record), {
    minLength: 4,
    maxLength: 8,
  }),
});

test('E40 E41 E42 E50 E55: what is hidden leaves no trace in any answer, however the foreign system behaves', async () => {
  let hidden = 0;
  let shown = 0;
  await fc.assert(
    fc.asyncProperty(world, async ({ stories, filters: byType, behaviour, questions }) => {
      const filterOf: FilterOf = (type) => byType[type] ?? nothing;
      const clocks = new Map(
        stories.map(({ type, id }, i) => [`${type}/${id}`, Date.UTC(2020, 0, 1 + ((i * 7) % 20))]),
      );
      const visible = stories.flatMap((one) => otherwise(one, filterOf(one.type)) ?? []);
      hidden += stories.length - visible.length;
      shown += visible.length;
      const whole = backendOf(stories, behaviour, clocks);
      const without = backendOf(visible, behaviour, clocks);
      for (const question of [...questions, singly])
        assert.deepEqual(await question(whole, filterOf), await question(without, filterOf));
    }),
    { numRuns: 40 },
  );
  assert.ok(hidden > 60 && shown > 60, `${hidden} hidden, ${shown} shown`);
});

test('the types that are asked about are ones that the generator makes', () => {
  for (const type of types) assert.ok(arbitraryTypes.includes(type));
});
