/** The history of types shows a record as its Filter leaves it, whichever way its rows are found. (N11, N13, J03) */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FilterOf } from '@affinity/core/fhir/backend.ts';
import { everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import type { HistoryPage } from '@affinity/core/fhir/interaction.ts';
import { createBackend } from './backend.ts';
import { testDatabase } from './testing/database.ts';

const types = ['Condition', 'Observation', 'Organization'];
const ofP: Filter = { kind: 'compartment', patient: 'p' };
const unlabelled: Filter = {
  kind: 'and',
  filters: [ofP, { kind: 'not', filter: { kind: 'label', system: 's', code: 'secret' } }],
};

test('the versions of one record', async (t) => {
  const { pool } = await testDatabase(t);
  let clock = 0;
  const backend = createBackend({ pool, ownBases: [], now: () => (clock += 1000) });
  const write = async (type: string, id: string, patient: string, secret = false) => {
    const security = secret ? { meta: { security: [{ system: 's', code: 'secret' }] } } : {};
    const resource = { resourceType: type, subject: { reference: `Patient/${patient}` }, ...security };
    const at = { type, id, content: { resource, json: JSON.stringify(resource) } };
    const created = await backend.create(at);
    if (created.kind === 'id-taken') assert.equal((await backend.update(at, everything)).kind, 'updated');
  };
  await write('Observation', 'stays', 'p');
  await write('Observation', 'stays', 'p');
  await write('Observation', 'leaves', 'p');
  await write('Observation', 'leaves', 'q');
  await write('Observation', 'comes', 'q');
  await write('Observation', 'comes', 'p');
  await write('Condition', 'gone', 'p');
  await backend.delete({ type: 'Condition', id: 'gone' }, everything);
  await write('Condition', 'gone-of-q', 'q');
  await backend.delete({ type: 'Condition', id: 'gone-of-q' }, everything);
  await write('Condition', 'was-secret', 'p', true);
  await write('Condition', 'was-secret', 'p');
  await write('Condition', 'is-secret', 'p');
  await write('Condition', 'is-secret', 'p', true);

  const shown = async (filterOf: FilterOf, page: HistoryPage) => {
    const found: string[] = [];
    let before: string | undefined;
    do {
      const of = { types, page: { ...page, ...(before === undefined ? {} : { before }) } };
      const history = await backend.history(of, filterOf);
      found.push(
        ...history.entries.map(({ method, version }) => `${method} ${version.type}/${version.id}/${version.versionId}`),
      );
      before = history.next;
    } while (before !== undefined);
    return found;
  };
  const known = [
    'PUT Condition/is-secret/2',
    'POST Condition/is-secret/1',
    'PUT Condition/was-secret/2',
    'POST Condition/was-secret/1',
    'DELETE Condition/gone/2',
    'POST Condition/gone/1',
    'PUT Observation/comes/2',
    'PUT Observation/stays/2',
    'POST Observation/stays/1',
  ];
  const open = known.filter((entry) => !/is-secret|was-secret\/1/.test(entry));
  for (const [filter, expected] of [
    [ofP, known],
    [unlabelled, open],
  ] as const)
    for (const count of [1, 2, 100]) {
      assert.deepEqual(await shown(() => filter, { count }), expected, 'by the rows of the patient');
      const besides: FilterOf = (type) => (type === 'Organization' ? everything : filter);
      assert.deepEqual(await shown(besides, { count }), expected, 'by the rows of the types');
    }
  const late = { count: 3, since: new Date(9_000).toISOString() };
  assert.deepEqual(
    await shown(() => unlabelled, late),
    open.filter((entry) => !entry.includes('stays')),
  );
  const at = { start: 10_200, end: 10_300 };
  assert.deepEqual(await shown(() => ofP, { count: 9, at }), [
    'POST Condition/gone/1',
    'PUT Observation/comes/2',
    'PUT Observation/stays/2',
  ]);
  assert.deepEqual(await shown(() => nothing, { count: 9 }), []);
});
