/** Records that came as files behind the guard: a patient's token sees that patient's, and of others not that they are there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClinic } from '@affinity/resource-server/testing/clinic.ts';
import { createSourceBackend } from '../source-backend.ts';
import { createFileSource } from './file-source.ts';
import { testInbox } from './testing/inbox.ts';
import { adt, oru } from './testing/messages.ts';

const types = ['Patient', 'Encounter', 'Practitioner', 'DiagnosticReport', 'Observation'];

test('E28: of what came in one file a patient’s token sees the own alone, in reads, searches and histories; an A40 opens nothing', async (t) => {
  const inbox = await testInbox(t);
  const other = oru({ id: 'L2', number: '2', order: 'o2' }).replace('V77', 'V-2');
  await inbox.take('all.hl7', [adt(), oru(), adt({ id: 'M2', number: '2' }), other].join('\r'));
  const merge = adt({ event: 'A40', id: 'M3', time: '20260401000000', pv1: 'MRG|2^^^HOSP' });
  await inbox.take('merge.hl7', merge);
  assert.deepEqual(await inbox.names('quarantine'), []);
  const source = createFileSource({ pool: inbox.pool, server: 'files', types });
  const clinic = await createClinic({ backend: createSourceBackend({ source, ownBases: [] }) });
  const [own, others] = [await clinic.token({ patient: '0047113' }), await clinic.token({ patient: '2' })];
  const ids = async (path: string, token: string): Promise<readonly string[]> => {
    const response = await clinic.send(path, token);
    assert.equal(response.status, 200, path);
    const { entry = [] } = (await response.json()) as { entry?: { resource: { resourceType: string; id: string } }[] };
    return entry.map(({ resource }) => `${resource.resourceType}/${resource.id}`);
  };
  for (const type of ['Patient', 'Encounter', 'DiagnosticReport', 'Observation']) {
    const [mine, theirs] = [await ids(`/${type}`, own), await ids(`/${type}`, others)];
    assert.equal(mine.length, type === 'Observation' ? 2 : 1, type);
    assert.equal(theirs.length, type === 'Observation' ? 2 : 1, type);
    for (const place of mine) {
      assert.equal((await clinic.send(`/${place}`, own)).status, 200, place);
      for (const path of [`/${place}`, `/${place}/_history`, `/${place}/_history/1`])
        assert.equal((await clinic.send(path, others)).status, 404, path);
    }
  }
  assert.deepEqual(await ids('/Observation?_include=Observation:subject&code=2951-2&patient=2', own), []);
  const page = await ids('/Observation?_sort=-date&_count=1', own);
  assert.equal(page.length, 1);
});
