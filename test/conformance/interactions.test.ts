/** N01–N10: the interactions on one resource, each requirement by its id, on real PostgreSQL. FHIR R4 http.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { assertOutcome, clinicFor } from './clinic.ts';

const patient = (family: string, more: object = {}): Resource => ({
  resourceType: 'Patient',
  name: [{ family }],
  ...more,
});
const identified = (value: string, family = 'Fox'): Resource =>
  patient(family, { identifier: [{ system: 'urn:mrn', value }] });

test('N01: create gives 201 with Location, ETag and Last-Modified; id, version and instant of the body are ignored', async (t) => {
  const { ask } = await clinicFor(t);
  const sent = patient('Fox', { id: 'mine', meta: { versionId: '99', lastUpdated: '1999-01-01T00:00:00Z' } });
  const response = await ask(201, 'POST', '/Patient', sent);
  const body = (await response.json()) as Resource;
  assert.notEqual(body.id, 'mine');
  assert.equal(body.meta?.versionId, '1');
  assert.notEqual(body.meta?.lastUpdated?.slice(0, 4), '1999');
  assert.equal(response.headers.get('location')?.endsWith(`/fhir/Patient/${body.id}/_history/1`), true);
  assert.equal(response.headers.get('etag'), 'W/"1"');
  assert.ok(response.headers.get('last-modified'));
});

test('N02: read gives ETag and Last-Modified; unknown is 404, deleted 410', async (t) => {
  const { ask, create, json } = await clinicFor(t);
  const { id } = await create(patient('Fox'));
  const response = await ask(200, 'GET', `/Patient/${id}`);
  assert.equal(response.headers.get('etag'), 'W/"1"');
  assert.ok(response.headers.get('last-modified'));
  assertOutcome(await json(404, 'GET', '/Patient/none'), 'not-found');
  await ask(204, 'DELETE', `/Patient/${id}`);
  assertOutcome(await json(410, 'GET', `/Patient/${id}`), 'deleted');
});

test('N03: vread of each version; of the deletion 410; of an unknown version 404', async (t) => {
  const { ask, create, json } = await clinicFor(t);
  const created = await create(patient('Fox'));
  await ask(200, 'PUT', `/Patient/${created.id}`, { ...created, name: [{ family: 'Hare' }] });
  await ask(204, 'DELETE', `/Patient/${created.id}`);
  const first = await json(200, 'GET', `/Patient/${created.id}/_history/1`);
  assert.deepEqual(first.name, [{ family: 'Fox' }]);
  const second = await json(200, 'GET', `/Patient/${created.id}/_history/2`);
  assert.deepEqual(second.name, [{ family: 'Hare' }]);
  await ask(410, 'GET', `/Patient/${created.id}/_history/3`);
  await ask(404, 'GET', `/Patient/${created.id}/_history/4`);
});

test('N04: update needs the id of the URL in the body; 200 with the new version', async (t) => {
  const { ask, create } = await clinicFor(t);
  const created = await create(patient('Fox'));
  await ask(400, 'PUT', `/Patient/${created.id}`, patient('Hare'));
  await ask(400, 'PUT', `/Patient/${created.id}`, patient('Hare', { id: 'other' }));
  const response = await ask(200, 'PUT', `/Patient/${created.id}`, patient('Hare', { id: created.id }));
  assert.equal(response.headers.get('etag'), 'W/"2"');
});

test('N04: an id that the client chooses is refused, and taken only where the setting says so', async (t) => {
  const plain = await clinicFor(t);
  await plain.ask(405, 'PUT', '/Patient/chosen', patient('Fox', { id: 'chosen' }));
  const { ask } = await clinicFor(t, { updateCreate: true });
  const response = await ask(201, 'PUT', '/Patient/chosen', patient('Fox', { id: 'chosen' }));
  assert.ok(response.headers.get('location')?.endsWith('/Patient/chosen/_history/1'));
  await ask(200, 'PUT', '/Patient/chosen', patient('Hare', { id: 'chosen' }));
});

test('N05: If-Match of another version is 412 and writes nothing', async (t) => {
  const { ask, create, json } = await clinicFor(t);
  const created = await create(patient('Fox'));
  const changed = patient('Hare', { id: created.id });
  await ask(412, 'PUT', `/Patient/${created.id}`, changed, { 'If-Match': 'W/"7"' });
  assert.equal((await json(200, 'GET', `/Patient/${created.id}`)).meta?.versionId, '1');
  await ask(412, 'DELETE', `/Patient/${created.id}`, undefined, { 'If-Match': 'W/"7"' });
  await ask(200, 'PUT', `/Patient/${created.id}`, changed, { 'If-Match': 'W/"1"' });
});

test('N05: of 50 updates at once on one version exactly one gets through', async (t) => {
  const { create, send, token } = await clinicFor(t);
  const created = await create(patient('Fox'));
  const all = await token();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      send(`/Patient/${created.id}`, all, {
        method: 'PUT',
        body: JSON.stringify(patient(`Hare${index}`, { id: created.id })),
        headers: { 'Content-Type': 'application/fhir+json', 'If-Match': 'W/"1"' },
      }),
    ),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [200, ...Array.from({ length: 49 }, () => 412)]);
});

test('N06: JSON Patch: applied, If-Match honoured, a failed test or path is 4xx and changes nothing', async (t) => {
  const { ask, create, json } = await clinicFor(t);
  const { id } = await create(patient('Fox'));
  const type = { 'Content-Type': 'application/json-patch+json' };
  const replace = [
    { op: 'test', path: '/name/0/family', value: 'Fox' },
    { op: 'replace', path: '/name/0/family', value: 'Hare' },
  ];
  const patched = await json(200, 'PATCH', `/Patient/${id}`, replace, { ...type, 'If-Match': 'W/"1"' });
  assert.deepEqual(patched.name, [{ family: 'Hare' }]);
  assert.equal(patched.meta?.versionId, '2');
  await ask(412, 'PATCH', `/Patient/${id}`, replace, { ...type, 'If-Match': 'W/"1"' });
  for (const operation of [
    { op: 'test', path: '/name/0/family', value: 'Fox' },
    { op: 'remove', path: '/birthDate' },
    { op: 'replace', path: '/id', value: 'other' },
    { op: 'add', path: '/bogus', value: 1 },
  ]) {
    const response = await ask2xxOr4xx(ask, id, operation, type);
    assert.ok(response >= 400 && response < 500, `${JSON.stringify(operation)}: ${response}`);
  }
  assert.equal((await json(200, 'GET', `/Patient/${id}`)).meta?.versionId, '2');
  await ask(415, 'PATCH', `/Patient/${id}`, replace, { 'Content-Type': 'text/plain' });
});

const ask2xxOr4xx = async (
  ask: Awaited<ReturnType<typeof clinicFor>>['ask'],
  id: string,
  operation: unknown,
  type: Record<string, string>,
): Promise<number> => {
  for (const status of [400, 409, 412, 422]) {
    const answered = await ask(status, 'PATCH', `/Patient/${id}`, [operation], type).catch(() => undefined);
    if (answered !== undefined) return answered.status;
  }
  return 0;
};

test('N06: FHIRPath Patch', async (t) => {
  const { create, json } = await clinicFor(t);
  const { id } = await create(patient('Fox', { birthDate: '1970-01-01' }));
  const part = (name: string, value: object) => ({ name, ...value });
  const operation = (...parts: object[]) => ({ name: 'operation', part: parts });
  const patched = await json(200, 'PATCH', `/Patient/${id}`, {
    resourceType: 'Parameters',
    parameter: [
      operation(
        part('type', { valueCode: 'replace' }),
        part('path', { valueString: 'Patient.birthDate' }),
        part('value', { valueDate: '1971-02-03' }),
      ),
      operation(
        part('type', { valueCode: 'add' }),
        part('path', { valueString: 'Patient' }),
        part('name', { valueString: 'gender' }),
        part('value', { valueCode: 'female' }),
      ),
      operation(part('type', { valueCode: 'delete' }), part('path', { valueString: 'Patient.name[0].given' })),
    ],
  });
  assert.equal(patched.birthDate, '1971-02-03');
  assert.equal(patched.gender, 'female');
});

test('N07: delete is 204, also of what never was; then read is 410 and searches omit it', async (t) => {
  const { ask, create, found } = await clinicFor(t);
  const { id } = await create(identified('d1'));
  await ask(204, 'DELETE', `/Patient/${id}`);
  await ask(204, 'DELETE', `/Patient/${id}`);
  await ask(204, 'DELETE', '/Patient/never');
  await ask(410, 'GET', `/Patient/${id}`);
  assert.deepEqual(await found('/Patient?identifier=urn:mrn|d1'), []);
});

test('N08: If-None-Exist: none is 201, one is 200 and writes nothing, more is 412', async (t) => {
  const { ask, json, found } = await clinicFor(t);
  const condition = { 'If-None-Exist': 'identifier=urn:mrn|c1' };
  const created = await json(201, 'POST', '/Patient', identified('c1'), condition);
  const again = await ask(200, 'POST', '/Patient', identified('c1', 'Hare'), condition);
  assert.equal(((await again.json()) as Resource).id, created.id);
  assert.equal((await found('/Patient?identifier=urn:mrn|c1')).length, 1);
  await ask(201, 'POST', '/Patient', identified('c1'));
  await ask(412, 'POST', '/Patient', identified('c1'), condition);
  for (const bad of ['', 'bogus=1', 'identifier:bogus=x'])
    await ask(400, 'POST', '/Patient', identified('c2'), { 'If-None-Exist': bad });
});

test('N09: conditional update, patch and delete by the number of matches', async (t) => {
  const { ask, json, create } = await clinicFor(t);
  const at = (value: string) => `/Patient?identifier=urn:mrn|${value}`;
  const made = await json(201, 'PUT', at('u1'), identified('u1'));
  const updated = await json(200, 'PUT', at('u1'), identified('u1', 'Hare'));
  assert.equal(updated.id, made.id);
  await ask(400, 'PUT', at('u1'), { ...identified('u1'), id: 'other' });
  await create(identified('u1'));
  await ask(412, 'PUT', at('u1'), identified('u1'));
  const type = { 'Content-Type': 'application/json-patch+json' };
  const patch = [{ op: 'add', path: '/active', value: true }];
  await ask(404, 'PATCH', at('none'), patch, type);
  await ask(412, 'PATCH', at('u1'), patch, type);
  await ask(412, 'DELETE', at('u1'));
  await create(identified('u2'));
  const patched = await json(200, 'PATCH', at('u2'), patch, type);
  assert.equal(patched.active, true);
  await ask(204, 'DELETE', at('u2'));
  await ask(204, 'DELETE', at('u2'));
  await ask(410, 'GET', `/Patient/${patched.id}`);
  await ask(400, 'DELETE', '/Patient?bogus=1');
});

test('N10: of 50 creates at once on one condition exactly one is made', async (t) => {
  const { send, token, found } = await clinicFor(t);
  const all = await token();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () =>
      send('/Patient', all, {
        method: 'POST',
        body: JSON.stringify(identified('race')),
        headers: { 'Content-Type': 'application/fhir+json', 'If-None-Exist': 'identifier=urn:mrn|race' },
      }),
    ),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [...Array.from({ length: 49 }, () => 200), 201]);
  assert.equal((await found('/Patient?identifier=urn:mrn|race')).length, 1);
});
