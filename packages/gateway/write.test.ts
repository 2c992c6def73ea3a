/** Writes through the gateway: what was judged is what is written over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendUnavailable, type WriteResult } from '@affinity/core/fhir/backend.ts';
import { everything, type Filter } from '@affinity/core/fhir/filter.ts';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Content, Resource } from '@affinity/core/fhir/resource.ts';
import type { SourceReport } from './report.ts';
import type { Held, Source, SourceWriter, StagedWrite } from './source.ts';
import { createSourceBackend } from './source-backend.ts';
import { createMemorySource } from './testing/memory-source.ts';

const ofA: Filter = { kind: 'compartment', patient: 'a' };
const at = { type: 'Observation', id: 'x' };
const observation = (patient: string, note = ''): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: note },
  subject: { reference: `Patient/${patient}` },
});
const content = (patient: string, note = ''): Content => {
  const resource = observation(patient, note);
  return { resource, json: JSON.stringify(resource) };
};

/** `meanwhile` happens in the foreign system between the look at what is stored and each write. */
const under = (meanwhile: (source: ReturnType<typeof createMemorySource>) => void = () => {}) => {
  const memory = createMemorySource();
  memory.put(observation('a'), 'x');
  const sent: StagedWrite[] = [];
  const writer: SourceWriter = {
    async write(staged) {
      meanwhile(memory);
      sent.push(staged);
      return memory.writer?.write(staged) ?? { kind: 'conflict' };
    },
    async transact(staged) {
      meanwhile(memory);
      sent.push(...staged);
      return memory.writer?.transact?.(staged) ?? 'conflict';
    },
  };
  const source = { ...memory, writer };
  return { backend: createSourceBackend({ source, ownBases: [] }), sent, memory };
};
const versionOf = async ({ backend }: ReturnType<typeof under>) => {
  const read = await backend.read(at, everything);
  return read.kind === 'found' ? read.version.versionId : read.kind;
};

test('E60: an update is written over the version that was judged, and over no other', async () => {
  const one = under();
  assert.equal((await one.backend.update({ ...at, content: content('a') }, ofA)).kind, 'updated');
  assert.equal((await one.backend.delete(at, ofA)).kind, 'deleted');
  assert.deepEqual(
    one.sent.map((staged) => staged.kind !== 'create' && `${staged.kind} ${staged.ifMatch}`),
    ['update 1', 'delete 2'],
  );
});

test('E60: what changes hands between the look and the write is judged again, and then is not there', async () => {
  const turns = (source: ReturnType<typeof createMemorySource>) => source.put(observation('b'), 'x');
  for (const act of ['update', 'delete'] as const) {
    const one = under(turns);
    const { backend } = one;
    const result: WriteResult = await (act === 'update'
      ? backend.update({ ...at, content: content('a') }, ofA)
      : backend.delete(at, ofA));
    assert.deepEqual(result, { kind: 'absent' }, act);
    assert.equal(one.sent.length, 1, 'tried once, and refused by its If-Match');
    assert.equal(await versionOf(one), '2', 'only what was written meanwhile stands');
  }
});

test('E60: the version that is written over is the one that was judged, not the one that is there by then', async () => {
  const memory = createMemorySource();
  memory.put(observation('a'), 'x');
  let reads = 0;
  const source: Source = {
    ...memory,
    async read(place) {
      const result = await memory.read(place);
      reads += 1;
      if (reads === 1) memory.put(observation('b'), 'x');
      return result;
    },
  };
  const backend = createSourceBackend({ source, ownBases: [] });
  assert.deepEqual(await backend.update({ ...at, content: content('a') }, ofA), { kind: 'absent' });
  const stands = await memory.read(at);
  assert.equal(stands.kind === 'found' && stands.version.versionId, '2');
});

test('attempts: a write that others are in the way of is tried three times', async () => {
  let left = 2;
  const sometimes = (source: ReturnType<typeof createMemorySource>) => {
    left -= 1;
    if (left >= 0) source.put(observation('a', 'meanwhile'), 'x');
  };
  const luck = under(sometimes);
  assert.equal((await luck.backend.update({ ...at, content: content('a') }, ofA)).kind, 'updated');
  assert.equal(luck.sent.length, 3);
  const always = under((source) => source.put(observation('a', 'meanwhile'), 'x'));
  assert.equal((await always.backend.update({ ...at, content: content('a') }, ofA)).kind, 'version-conflict');
  assert.equal(always.sent.length, 3);
});

test('E67: the If-Match of the caller is looked at after the right, and is not passed over by another try', async () => {
  const one = under((source) => source.put(observation('a'), 'x'));
  assert.deepEqual(
    await one.backend.update({ ...at, content: content('a'), ifMatch: '7' }, { kind: 'compartment', patient: 'b' }),
    {
      kind: 'absent',
    },
  );
  assert.equal(one.sent.length, 0);
  assert.deepEqual(await one.backend.update({ ...at, content: content('a'), ifMatch: '1' }, ofA), {
    kind: 'version-conflict',
    current: '2',
  });
});

test('E66: what may not be seen is not deleted, and answered as what never was', async () => {
  const one = under();
  const hidden = await one.backend.delete(at, { kind: 'compartment', patient: 'b' });
  assert.deepEqual(hidden, await one.backend.delete({ ...at, id: 'never' }, everything));
  assert.deepEqual([hidden, one.sent], [{ kind: 'absent' }, []]);
});

test('E28: a deleted resource whose last content is not known is as one that never was', async () => {
  const source = createMemorySource({ history: false });
  source.put(observation('a'), 'x');
  source.remove('Observation', 'x');
  const backend = createSourceBackend({ source, ownBases: [] });
  assert.deepEqual(await backend.read(at, everything), { kind: 'absent' });
  assert.deepEqual(await backend.update({ ...at, content: content('a') }, everything), { kind: 'absent' });
});

test('a source that is only read offers no writes, and refuses them', async () => {
  const source = createMemorySource({ writes: false });
  const backend = createSourceBackend({ source, ownBases: [] });
  const offered = backend.capabilities.flatMap(({ interactions }) => interactions);
  assert.deepEqual([...new Set(offered)].sort(), ['history-instance', 'read', 'search-type', 'vread']);
  assert.equal(backend.transact, undefined);
  await assert.rejects(
    backend.create({ ...at, content: content('a') }),
    (error) => error instanceof FhirError && error.status === 405,
  );
});

test('E84: what a source says it has written, and which is not what was sent, is not handed out', async () => {
  const wrong: readonly [string, Partial<Held>][] = [
    ['upstream-wrong-patient', { resource: { ...observation('b'), id: 'x' } }],
    ['upstream-wrong-resource', { id: 'y', resource: { ...observation('a'), id: 'y' } }],
    [
      'upstream-wrong-resource',
      { type: 'Condition', resource: { ...observation('a'), resourceType: 'Condition', id: 'x' } },
    ],
  ];
  for (const [kind, more] of wrong) {
    const memory = createMemorySource();
    memory.put(observation('a'), 'x');
    const given = {
      ...at,
      versionId: '2',
      lastUpdated: '2020-01-01T00:00:00.000Z',
      resource: observation('a'),
      body: '{}',
    };
    const written = { kind: 'written', version: { ...given, ...more } } as const;
    const writer: SourceWriter = { write: async () => written, transact: async () => [written] };
    const reports: string[] = [];
    const report = (one: SourceReport) => reports.push(one.kind);
    const backend = createSourceBackend({ source: { ...memory, writer }, ownBases: [], report });
    const update = { ...at, content: content('a') };
    await assert.rejects(backend.update(update, ofA), BackendUnavailable);
    const transacted = backend.transact?.((within) => within.update(update, ofA), []);
    await assert.rejects(transacted ?? Promise.resolve(), BackendUnavailable);
    assert.deepEqual(reports, [kind, kind]);
  }
});

test('E53: a transaction is sent as one when all of it has been judged, and never in part', async () => {
  const one = under();
  const later = await one.backend.transact?.(async (within) => {
    const made = await within.create({ type: 'Observation', id: 'new', content: content('a', 'new') });
    assert.ok(made.kind === 'created');
    await within.update({ ...at, content: content('a', 'changed') }, ofA);
    assert.deepEqual(one.sent, [], 'nothing is sent before it ends');
    assert.throws(() => made.version.versionId, FhirError, 'nobody knows its version yet');
    return made.version;
  }, []);
  assert.deepEqual(
    one.sent.map(({ kind, id }) => `${kind} ${id}`),
    ['create new', 'update x'],
  );
  assert.equal(later?.versionId, '1');
  assert.match(later?.body ?? '', /"versionId":"1"/);
  const before = one.sent.length;
  const thrown = new Error('refused');
  await assert.rejects(
    one.backend.transact?.(async (within) => {
      await within.create({ type: 'Observation', id: 'other', content: content('a') });
      throw thrown;
    }, []) ?? Promise.reject(new Error('no transactions')),
    thrown,
  );
  assert.equal(one.sent.length, before);
});

test('E53: a transaction whose records change under it runs again, and then is refused as a conflict', async () => {
  for (const [disturbed, ends] of [
    [2, 'stands'],
    [3, 'refused'],
  ] as const) {
    let left: number = disturbed;
    let runs = 0;
    const one = under((source) => {
      left -= 1;
      if (left >= 0) source.put(observation('a', 'meanwhile'), 'x');
    });
    const work = one.backend.transact?.(async (within) => {
      runs += 1;
      await within.create({ type: 'Observation', id: 'new', content: content('a') });
      await within.update({ ...at, content: content('a', 'ours') }, ofA);
    }, []);
    if (ends === 'stands') await work;
    else await assert.rejects(work ?? Promise.resolve(), (error) => error instanceof FhirError && error.status === 409);
    assert.equal(runs, 3);
    const made = await one.backend.read({ type: 'Observation', id: 'new' }, everything);
    assert.equal(made.kind, ends === 'stands' ? 'found' : 'absent');
  }
});
