/** A foreign system that answers wrongly: nothing that it should not have given is shown, and somebody is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Backend, BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import { everything, type Filter } from '@affinity/core/fhir/filter.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { askFor, placesOf } from '@affinity/core/testing/backend-under-test.ts';
import type { SourceReport } from './report.ts';
import type { Held, Source } from './source.ts';
import { createSourceBackend } from './source-backend.ts';
import { createMemorySource, type Misbehaviour } from './testing/memory-source.ts';

const ofA: Filter = { kind: 'compartment', patient: 'a' };
const observation = (patient: string, more: object = {}): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ code: 'x' }] },
  subject: { reference: `Patient/${patient}` },
  ...more,
});
const under = (behaviour: Misbehaviour = {}) => {
  const reports: SourceReport[] = [];
  const source = createMemorySource(behaviour);
  for (const id of ['a1', 'a2', 'a3']) source.put(observation('a'), id);
  for (const id of ['b1', 'b2']) source.put(observation('b'), id);
  const backend = createSourceBackend({ source, ownBases: [], report: (one) => reports.push(one) });
  return { backend, source, reports };
};
const find = async (backend: Backend, text: string, filter: Filter = ofA) =>
  placesOf((await backend.searchType(askFor(backend, text), filter)).matches);
const all = ['Observation/a1', 'Observation/a2', 'Observation/a3'];

test('E44: the question is narrowed by what the Filter implies, and asked once', async () => {
  const { backend, source, reports } = under();
  assert.deepEqual(await find(backend, 'Observation?code=x'), all);
  assert.deepEqual(
    source.asked.map(({ clauses }) => clauses.map(({ param }) => param)),
    [['code', 'patient']],
  );
  assert.deepEqual(await find(backend, 'Observation?patient=Patient/a'), all);
  assert.deepEqual(source.asked[1]?.clauses.length, 1, 'what the caller asks by already is not asked twice');
  assert.deepEqual(reports, []);
});

test('E44 E84: a source that passes over the parameters shows nobody else, and somebody is told once for each answer', async () => {
  const { backend, reports } = under({ ignores: () => true });
  assert.deepEqual(await find(backend, 'Observation?code=x'), all);
  assert.deepEqual(await find(backend, 'Observation?code=y'), [], 'the question is judged here as well');
  const wrong = { kind: 'upstream-wrong-patient', source: 'memory', type: 'Observation' };
  assert.deepEqual(reports, [wrong, wrong]);
});

test('E29: another patient named in a search is as one who does not exist', async () => {
  const { backend } = under({ ignores: () => true });
  const asked = (patient: string) =>
    backend.searchType(askFor(backend, `Observation?patient=${patient}&_total=accurate`), ofA);
  assert.deepEqual(await asked('b'), await asked('nobody'));
  assert.deepEqual(await asked('b'), { matches: [], total: 0 });
});

test('E84: other types, other ids and unsound resources are never shown', async () => {
  const resource = observation('a');
  const held = (more: Partial<Held>): Held => ({
    type: 'Observation',
    id: 'x',
    versionId: '1',
    lastUpdated: '2020-01-01T00:00:00.000Z',
    resource: { ...resource, id: 'x' },
    body: JSON.stringify({ ...resource, id: 'x' }),
    ...more,
  });
  const wrong: readonly Partial<Held>[] = [
    { type: 'Condition' },
    { resource: { ...resource, resourceType: 'Condition', id: 'x' } },
    { resource },
    { resource: { ...resource, id: 'y' } },
    { id: 'x/../y', resource: { ...resource, id: 'x/../y' } },
    { versionId: '1"\r\nSet-Cookie: a' },
    { lastUpdated: 'yesterday' },
  ];
  for (const [i, one] of [{}, ...wrong].entries()) {
    const source: Source = {
      ...createMemorySource(),
      find: async () => ({ found: [held(one)] }),
      read: async () => ({ kind: 'found', version: held(one) }),
    };
    const backend = createSourceBackend({ source, ownBases: [] });
    const isRight = i === 0;
    const text = JSON.stringify(one);
    assert.equal((await find(backend, 'Observation?code=x')).length, isRight ? 1 : 0, text);
    assert.equal((await backend.read({ type: 'Observation', id: 'x' }, ofA)).kind, isRight ? 'found' : 'absent', text);
  }
});

test('E28 E84: a read that is answered with another resource finds nothing, and somebody is told', async () => {
  const { backend, reports } = under({ mistakes: ({ id }) => (id === 'a1' ? 'a2' : undefined) });
  const read = async (id: string) => (await backend.read({ type: 'Observation', id }, ofA)).kind;
  assert.deepEqual(
    [await read('a1'), await read('a2'), await read('b1'), await read('never')],
    ['absent', 'found', 'absent', 'absent'],
  );
  assert.deepEqual(reports, [{ kind: 'upstream-wrong-resource', source: 'memory', type: 'Observation' }]);
});

test('pages that lead in a circle are no answer', async () => {
  const { backend, reports } = under({ loops: true, pageSize: () => 2 });
  await assert.rejects(find(backend, 'Observation'), BackendUnavailable);
  assert.deepEqual(reports.at(-1)?.kind, 'upstream-loop');
  const page = await backend.searchType(askFor(backend, 'Observation', { count: 1 }), everything);
  assert.equal(page.matches.length, 1, 'what is found before is shown');
});

test('E42: a page is filled from as many pages of the source as it takes, and a next exists where something is shown on it', async () => {
  const { backend } = under({ ignores: () => true, pageSize: () => 1, liesOfNext: true, repeats: true });
  const page = (cursor?: string) =>
    backend.searchType(askFor(backend, 'Observation', { count: 2, ...(cursor === undefined ? {} : { cursor }) }), ofA);
  const first = await page();
  assert.deepEqual(placesOf(first.matches), ['Observation/a1', 'Observation/a2']);
  const second = await page(first.next);
  assert.deepEqual(placesOf(second.matches), ['Observation/a3']);
  assert.equal(second.next, undefined, 'the hidden ones behind it do not make a page');
});

test('a question whose caller hangs up is given up between pages', async () => {
  const controller = new AbortController();
  let answers = 0;
  const { backend } = under({
    pageSize: () => 1,
    before: async () => {
      answers += 1;
      if (answers === 3) controller.abort();
    },
  });
  const { signal } = controller;
  await assert.rejects(backend.searchType(askFor(backend, 'Observation'), everything, { signal }));
  assert.equal(answers, 3);
});

test('E28 E81: where the history of what was deleted cannot be had, it is as one that never was', async () => {
  const { source } = under();
  for (const id of ['a1', 'b1']) source.remove('Observation', id);
  for (const fault of [fhirError(502, 'exception', 'no answer that can be used'), new BackendUnavailable('away')]) {
    const failing: Source = { ...source, historyInstance: () => Promise.reject(fault) };
    const backend = createSourceBackend({ source: failing, ownBases: [] });
    const asked = async (id: string): Promise<readonly unknown[]> => {
      const at = { type: 'Observation', id };
      const vread = await backend.vread({ ...at, versionId: '1' }, ofA);
      const history = await backend.historyInstance({ ...at, page: { count: 10 } }, ofA);
      return [await backend.read(at, ofA), vread, history, await backend.delete(at, ofA)];
    };
    assert.deepEqual(await asked('b1'), await asked('never'));
    assert.deepEqual(await asked('a1'), await asked('never'));
  }
});
