/** What was stored before sensitive meant restricted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything, type Filter } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createBackend } from './backend.ts';
import { createDatabase } from './database.ts';
import { createIndexing } from './reindexing.ts';
import { restrictSensitive } from './sensitive-rows.ts';
import { testDatabase } from './testing/database.ts';

const normal: Filter = { kind: 'confidentiality', atMost: 'N' };
const labelled = (system: string | undefined, code: string, more: object = {}): Resource => ({
  resourceType: 'Condition',
  subject: { reference: 'Patient/a' },
  meta: { security: [{ ...(system === undefined ? {} : { system }), code }] },
  ...more,
});
const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';

test('a database from before: what is sensitive is restricted before anything is shown, and the rest set right behind (P20)', async (t) => {
  const { pool } = await testDatabase(t);
  const backend = createBackend({ pool, ownBases: [] });
  const store = async (id: string, resource: Resource) =>
    backend.create({ type: 'Condition', id, content: { resource, json: JSON.stringify(resource) } });
  await store('sensitive', labelled(actCode, 'PSY'));
  await store('bare', labelled(undefined, 'HIV'));
  await store('other', labelled('http://codes.example', 'PSY'));
  await store('plain', labelled('http://codes.example', 'x'));
  const within = {
    contained: [{ resourceType: 'Patient', id: 'x', meta: { security: [{ system: actCode, code: 'ETH' }] } }],
  };
  await store('contained', labelled('http://codes.example', 'x', within));
  await store('deleted', labelled(actCode, 'PSY'));
  await backend.delete({ type: 'Condition', id: 'deleted' }, everything);
  await store('earlier', labelled(actCode, 'PSY'));
  const unlabelled: Resource = { resourceType: 'Condition', subject: { reference: 'Patient/a' } };
  const content = { resource: unlabelled, json: JSON.stringify(unlabelled) };
  await backend.update({ type: 'Condition', id: 'earlier', content }, everything);

  // As a database stood before.
  for (const table of ['resource', 'resource_history', 'compartment'])
    await pool.query(`update ${table} set confidentiality = 3`);
  await pool.query(`update type_index set parameters = parameters - ''`);

  const ids = ['sensitive', 'bare', 'other', 'plain', 'contained', 'deleted'];
  const shown = async () => {
    const found: string[] = [];
    for (const id of ids) {
      if ((await backend.read({ type: 'Condition', id }, normal)).kind !== 'absent') found.push(id);
    }
    const { matches } = await backend.searchType(
      { type: 'Condition', clauses: [], count: 50, sort: [], total: 'none', understood: [] },
      { kind: 'and', filters: [{ kind: 'compartment', patient: 'a' }, normal] },
    );
    const earlier = await backend.vread({ type: 'Condition', id: 'earlier', versionId: '1' }, normal);
    return { found, searched: matches.map(({ id }) => id).sort(), earlier: earlier.kind };
  };
  assert.deepEqual((await shown()).found, ids, 'before');

  const indexing = createIndexing({ pool, ownBases: [], log: () => {} });
  const set = await indexing.parameters.refresh();
  assert.ok(set.unjudged.has('Condition') && !set.old.has('Condition'));
  assert.equal(set.usable.find('Condition', 'code').kind, 'indexed', 'it is searched meanwhile');
  await restrictSensitive(createDatabase(pool).query, set.unjudged);
  assert.deepEqual(await shown(), {
    found: ['plain', 'contained'],
    searched: ['contained', 'earlier', 'plain'],
    earlier: 'absent',
  });
  await indexing.catchUp();
  assert.deepEqual(await shown(), {
    found: ['other', 'plain'],
    searched: ['earlier', 'other', 'plain'],
    earlier: 'absent',
  });
  assert.equal((await indexing.parameters.refresh()).incomplete.size, 0);

  // A start restricts before it resolves.
  await pool.query('update resource set confidentiality = 3');
  await pool.query(`update type_index set parameters = parameters - ''`);
  const starting = createIndexing({ pool, ownBases: [], share: 0.01, log: () => {} });
  await starting.start();
  assert.ok(!(await shown()).found.includes('sensitive'));
  await starting.stop();
});
