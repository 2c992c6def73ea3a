/** Operations and rules that are a server's own: behind the decision, over no more than the caller may see, and recorded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { OwnOperation } from './own-operation.ts';
import { base, createClinic, observation } from './testing/clinic.ts';

const definition = 'https://example.org/OperationDefinition/newest';
/** The newest Observations that the caller may find, or one that is named by its id. */
const newest = (more: Partial<OwnOperation> = {}): OwnOperation => ({
  name: 'newest',
  on: 'type-or-instance',
  types: ['Observation'],
  methods: ['GET', 'POST'],
  definition,
  needs: ({ type = '' }) => [
    { kind: 'search-type', type, query: { type, clauses: [], count: 0, sort: [], total: 'none', understood: [] } },
  ],
  perform: async ({ id }, view) => {
    if (id !== undefined) {
      const found = await view.read('Observation', id);
      if (found.kind !== 'found') return { kind: 'refused', error: fhirError(404, 'not-found', 'there is none') };
      return { kind: 'made', json: found.version.body, shows: [found.version] };
    }
    const type = 'Observation';
    const query = { type, clauses: [], count: 9, sort: [], total: 'none', understood: [] } as const;
    const { matches } = await view.search(query);
    return { kind: 'made', json: JSON.stringify({ ids: matches.map((one) => one.id) }), shows: matches };
  },
  ...more,
});
const clinicWith = async (operation: OwnOperation) => {
  const clinic = await createClinic({ operations: [operation] });
  await clinic.put(observation('o1', 'a', 'laboratory'));
  await clinic.put(observation('o2', 'b', 'laboratory'));
  return clinic;
};

test('an operation of its own sees what the caller may see, and the record names whom it told about', async () => {
  const clinic = await clinicWith(newest());
  const token = await clinic.token({ patient: 'a', scope: 'patient/Observation.rs' });
  const all = await clinic.send('/Observation/$newest', token);
  assert.deepEqual([all.status, await all.json()], [200, { ids: ['o1'] }]);
  assert.deepEqual(clinic.audit.at(-1)?.patients, ['a']);
  assert.equal((await clinic.send('/Observation/o1/$newest', token)).status, 200);
  const hidden = await clinic.send('/Observation/o2/$newest', token);
  const absent = await clinic.send('/Observation/never/$newest', token);
  assert.deepEqual([hidden.status, await hidden.text()], [404, await absent.text()]);
});

test('it is denied to whom the right is denied, and asked only where and how it may be', async () => {
  const clinic = await clinicWith(newest());
  const token = await clinic.token({ patient: 'a', scope: 'patient/Observation.r' });
  assert.equal((await clinic.send('/Observation/$newest', token)).status, 403);
  assert.equal(clinic.audit.at(-1)?.outcome, 'denied');
  assert.equal((await clinic.send('/Observation/$newest')).status, 401);
  const may = await clinic.token({ patient: 'a', scope: 'patient/*.rs' });
  assert.equal((await clinic.send('/Patient/$newest', may)).status, 404);
  assert.equal((await clinic.send('/$newest', may)).status, 404);
  assert.equal((await clinic.send('/Observation/$newest', may, { method: 'DELETE' })).status, 405);
});

test('it shows nothing of the records but what its view gave', async () => {
  const clinic = await clinicWith(
    newest({
      perform: async () => {
        const read = await clinic.backend.read({ type: 'Observation', id: 'o2' }, { kind: 'everything' });
        assert.equal(read.kind, 'found');
        return { kind: 'made', json: '{}', shows: read.kind === 'found' ? [read.version] : [] };
      },
    }),
  );
  const token = await clinic.token({ patient: 'a', scope: 'patient/Observation.rs' });
  assert.equal((await clinic.send('/Observation/$newest', token)).status, 500);
});

test('what it changes is recorded before it is performed; what cannot be recorded is not performed', async () => {
  let performed = 0;
  const perform = async () => {
    performed++;
    return { kind: 'made', json: '{}' } as const;
  };
  const clinic = await clinicWith(newest({ affectsState: true, methods: ['POST'], perform }));
  const token = await clinic.token({ patient: 'a', scope: 'patient/Observation.rs' });
  clinic.auditFails = true;
  assert.equal((await clinic.send('/Observation/$newest', token, { method: 'POST' })).status, 503);
  assert.equal(performed, 0);
  clinic.auditFails = false;
  assert.equal((await clinic.send('/Observation/$newest', token, { method: 'POST' })).status, 200);
  assert.equal(performed, 1);
});

test('of the whole system it is asked without a type, and the CapabilityStatement tells of both', async () => {
  const clinic = await clinicWith(newest({ on: 'system', needs: () => [] }));
  const token = await clinic.token({ patient: 'a', scope: 'patient/Observation.rs' });
  assert.equal((await clinic.send('/$newest', token)).status, 200);
  const { rest } = (await (await clinic.send('/metadata')).json()) as { rest: { operation?: unknown }[] };
  assert.deepEqual(rest[0]?.operation, [{ name: 'newest', definition }]);
});

test('it may be of a type that is not offered, and is given the token that was sent, to be exchanged', async () => {
  const given: string[] = [];
  const perform: OwnOperation['perform'] = async ({ accessToken, id }) => {
    given.push(`${id} ${accessToken}`);
    return { kind: 'made', json: '{"resourceType":"Parameters"}', patients: ['a'] };
  };
  const clinic = await clinicWith(newest({ types: ['Encounter'], needs: () => [], perform }));
  const token = await clinic.token({ patient: 'a', scope: 'patient/Observation.rs' });
  assert.equal((await clinic.send('/Encounter/e1/$newest', token)).status, 200);
  assert.deepEqual(given, [`e1 ${token}`]);
  assert.deepEqual(clinic.audit.at(-1)?.patients, ['a']);
  assert.equal((await clinic.send('/Encounter/e1', token)).status, 404);
  assert.equal((await clinic.send('/Goal/$newest', token)).status, 404);
  const { rest } = (await (await clinic.send('/metadata')).json()) as { rest: { operation?: unknown }[] };
  assert.deepEqual(rest[0]?.operation, [{ name: 'newest', definition }]);
});

test("a server's own rule refuses a write that the rights allow, and sees what was stored before", async () => {
  const seen: string[] = [];
  const clinic = await createClinic({
    objects: ({ before, after }) => {
      seen.push(`${before?.status ?? '-'}>${after?.status ?? '-'}`);
      return after?.status === 'final' && before?.status === 'final'
        ? undefined
        : fhirError(403, 'forbidden', 'it stays final');
    },
  });
  await clinic.put({ ...observation('o1', 'a', 'laboratory'), status: 'final' });
  const token = await clinic.token({ patient: 'a', scope: 'patient/Observation.cruds' });
  const json = { 'content-type': 'application/fhir+json' };
  const put = (status: string) =>
    clinic.send('/Observation/o1', token, {
      method: 'PUT',
      headers: json,
      body: JSON.stringify({ ...observation('o1', 'a', 'laboratory'), status }),
    });
  assert.equal((await put('amended')).status, 403);
  assert.equal((await put('final')).status, 200);
  const patch = JSON.stringify([{ op: 'replace', path: '/status', value: 'amended' }]);
  const patched = { method: 'PATCH', headers: { 'content-type': 'application/json-patch+json' }, body: patch };
  assert.equal((await clinic.send('/Observation/o1', token, patched)).status, 403);
  assert.equal((await clinic.send('/Observation/o1', token, { method: 'DELETE' })).status, 403);
  const body = JSON.stringify({ ...observation('', 'a', 'laboratory'), id: undefined });
  assert.equal((await clinic.send('/Observation', token, { method: 'POST', headers: json, body })).status, 403);
  assert.deepEqual(seen.slice(0, 4), ['final>amended', 'final>final', 'final>amended', 'final>-']);
  assert.equal(seen[4]?.startsWith('->'), true);
});

test('E86: what stands in front of another system says so with every answer; what holds the records does not', async () => {
  const between = await createClinic({ isIntermediary: true });
  const token = await between.token({ patient: 'a', scope: 'patient/Observation.rs' });
  for (const path of ['/Observation', '/Observation/never', '/Patient'])
    assert.equal((await between.send(path, token)).headers.get('x-intermediary'), base, path);
  assert.equal((await between.send('/Observation')).headers.get('x-intermediary'), base);
  const clinic = await createClinic();
  assert.equal((await clinic.send('/Observation', token)).headers.has('x-intermediary'), false);
});

test('E20: an operation that needs the right to change a resource changes none that this right does not reach', async () => {
  let performed = 0;
  const clinic = await clinicWith(
    newest({
      affectsState: true,
      methods: ['POST'],
      needs: ({ type = '', id = '' }) => [{ kind: 'update', type, id }],
      perform: async () => {
        performed++;
        return { kind: 'made', json: '{}' };
      },
    }),
  );
  const status = async (id: string, scope: string) => {
    const token = await clinic.token({ patient: 'a', scope });
    return (await clinic.send(`/Observation/${id}/$newest`, token, { method: 'POST' })).status;
  };
  const category = 'http://terminology.hl7.org/CodeSystem/observation-category';
  assert.equal(await status('o2', 'patient/Observation.u'), 404);
  assert.equal(await status('never', 'patient/Observation.u'), 404);
  assert.equal(await status('o1', `patient/Observation.u?category=${category}|vital-signs`), 404);
  assert.equal(performed, 0);
  assert.equal(await status('o1', 'patient/Observation.u'), 200);
  assert.equal(performed, 1);
});
