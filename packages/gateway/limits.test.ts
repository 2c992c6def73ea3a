/** Each limit of the gateway's engine: an answer that needs as much is given, one that needs more is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asking, BackendTooSlow } from '@affinity/core/fhir/backend.ts';
import { everything, type Filter } from '@affinity/core/fhir/filter.ts';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Include } from '@affinity/core/fhir/search-query.ts';
import { askFor, placesOf } from '@affinity/core/testing/backend-under-test.ts';
import type { GatewayLimits } from './limits.ts';
import { createSourceBackend } from './source-backend.ts';
import { createMemorySource, type Misbehaviour } from './testing/memory-source.ts';

const asking: Asking = { chained: () => everything, included: () => everything };
const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i).padStart(3, '0'));
const to = (reference: string) => ({ reference });

/** Patients, each with one observation that all practitioners have performed. */
const under = (patients: number, limits: Partial<GatewayLimits>, behaviour: Misbehaviour = {}) => {
  const source = createMemorySource(behaviour);
  for (const n of numbers(patients)) {
    source.put({ resourceType: 'Patient', gender: 'female' }, `p${n}`);
    source.put({ resourceType: 'Practitioner', active: true }, `d${n}`);
    source.put(
      {
        resourceType: 'Observation',
        status: 'final',
        code: {},
        subject: to(`Patient/p${n}`),
        performer: numbers(patients).map((each) => to(`Practitioner/d${each}`)),
      },
      `o${n}`,
    );
  }
  return { backend: createSourceBackend({ source, ownBases: [], limits }), source };
};
const isTooCostly = (error: unknown): boolean =>
  error instanceof FhirError && error.status === 400 && error.issues[0]?.code === 'too-costly';

test('scannedMost: so many resources are looked at for one answer, and not one more', async () => {
  const hidden: Filter = { kind: 'label', system: 's', code: 'c' };
  for (const [most, enough] of [
    [20, true],
    [19, false],
  ] as const) {
    const { backend } = under(20, { scannedMost: most });
    const asked = backend.searchType(askFor(backend, 'Patient'), hidden);
    if (enough) assert.deepEqual((await asked).matches, []);
    else await assert.rejects(asked, BackendTooSlow);
  }
});

test('scannedMost: pages that are empty and never end are left', async () => {
  let page = 0;
  const source = {
    ...createMemorySource(),
    find: async () => {
      page += 1;
      return { found: [], next: String(page) };
    },
  };
  const backend = createSourceBackend({ source, ownBases: [], limits: { scannedMost: 30 } });
  await assert.rejects(backend.searchType(askFor(backend, 'Patient'), everything), BackendTooSlow);
  assert.equal(page, 31);
});

test('joinedMost: a chain and _has lead through so many resources, and not one more', async () => {
  for (const text of ['Observation?subject:Patient.gender=female', 'Patient?_has:Observation:patient:status=final'])
    for (const [most, enough] of [
      [7, true],
      [6, false],
    ] as const) {
      const { backend } = under(7, { joinedMost: most, batch: 3 });
      const asked = backend.searchType(askFor(backend, text), everything, asking);
      if (enough) assert.equal((await asked).matches.length, 7, text);
      else await assert.rejects(asked, isTooCostly, text);
    }
});

test('batch: a long list is asked by in parts, each match found once, in pages too', async () => {
  const { backend, source } = under(7, { batch: 3 });
  const text = 'Observation?performer:Practitioner.active=true';
  const query = askFor(backend, text);
  const whole = placesOf((await backend.searchType(query, everything, asking)).matches);
  assert.equal(whole.length, 7);
  assert.equal(new Set(whole).size, 7, 'what is tied to several parts is found in the first');
  const lists = source.asked.flatMap(({ clauses }) => clauses.map(({ values }) => values.length));
  assert.ok(lists.every((length) => length <= 3) && lists.includes(3));
  const paged: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await backend.searchType(
      { ...query, count: 2, ...(cursor === undefined ? {} : { cursor }) },
      everything,
      asking,
    );
    paged.push(...placesOf(page.matches));
    cursor = page.next;
  } while (cursor !== undefined && paged.length < 20);
  assert.deepEqual(paged, whole);
});

test('includedMost: so many are shown beside the matches, and not one more', async () => {
  const includes: readonly (readonly Include[])[] = [
    [{ reverse: false, type: 'Observation', param: 'performer', iterate: false }],
    [{ reverse: true, type: 'Observation', param: 'performer', iterate: false }],
  ];
  for (const [i, asked] of ['Observation?_id=o000', 'Practitioner?_id=d000'].entries())
    for (const [most, enough] of [
      [9, true],
      [8, false],
    ] as const) {
      const { backend } = under(9, { includedMost: most, batch: 4 });
      const answer = backend.searchType(askFor(backend, asked, { includes: includes[i] ?? [] }), everything, asking);
      if (enough) assert.equal((await answer).included?.length, 9, asked);
      else await assert.rejects(answer, isTooCostly, asked);
    }
});

test('concurrent: no more questions of one answer are asked at the same time', async () => {
  let now = 0;
  let most = 0;
  const { backend } = under(
    12,
    { batch: 2, concurrent: 3 },
    {
      before: async () => {
        now += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
      },
    },
  );
  const includes: readonly Include[] = [{ reverse: false, type: 'Observation', param: 'performer', iterate: false }];
  const { included } = await backend.searchType(
    askFor(backend, 'Observation?_id=o000', { includes }),
    everything,
    asking,
  );
  assert.equal(included?.length, 12);
  assert.equal(most, 3);
});
