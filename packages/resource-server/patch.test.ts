import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSmallClinic, observation, sending } from './testing/clinic.ts';

const open = (given = {}) => createSmallClinic(given, { appliesFilter: true });
const patch = (operations: unknown, headers = {}): RequestInit => ({
  method: 'PATCH',
  body: typeof operations === 'string' ? operations : JSON.stringify(operations),
  headers: { 'Content-Type': 'application/json-patch+json', ...headers },
});
const amend = [{ op: 'replace', path: '/status', value: 'amended' }];

test('N06: JSON Patch and FHIRPath Patch make a new version, with If-Match and Prefer', async () => {
  const { clinic, token } = await open();
  const done = await clinic.send('/Observation/o1', token, patch(amend, { 'If-Match': 'W/"1"' }));
  assert.equal(done.status, 200);
  assert.equal(done.headers.get('etag'), 'W/"2"');
  assert.match(await done.text(), /"status":"amended"/);
  assert.equal((await clinic.send('/Observation/o1', token, patch(amend, { 'If-Match': 'W/"1"' }))).status, 412);
  const quiet = await clinic.send('/Observation/o1', token, patch(amend, { Prefer: 'return=minimal' }));
  assert.deepEqual([quiet.status, await quiet.text()], [200, '']);
  const parameters = {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'operation',
        part: [
          { name: 'type', valueCode: 'replace' },
          { name: 'path', valueString: 'Observation.status' },
          { name: 'value', valueCode: 'corrected' },
        ],
      },
    ],
  };
  const fhirPath = await clinic.send('/Observation/o1', token, sending('PATCH', parameters));
  assert.match(await fhirPath.text(), /"status":"corrected"/);
  assert.equal(clinic.audit.at(-1)?.event, 'patch');
});

test('N06: what does not fit is refused, and nothing is written', async () => {
  const { clinic, token } = await open();
  const status = async (init: RequestInit) => (await clinic.send('/Observation/o1', token, init)).status;
  assert.equal(await status(patch([{ op: 'test', path: '/status', value: 'amended' }])), 422);
  assert.equal(await status(patch([{ op: 'remove', path: '/nothing' }])), 422);
  assert.equal(await status(patch([{ op: 'remove', path: '/status' }])), 422, 'validated as an update');
  assert.equal(await status(patch([{ op: 'replace', path: '/id', value: 'o2' }])), 422);
  assert.equal(await status(patch([{ op: 'replace', path: '/resourceType', value: 'Condition' }])), 422);
  assert.equal(await status(patch('{{')), 400);
  assert.equal(await status(patch(amend, { 'Content-Type': 'text/plain' })), 415);
  assert.equal(await status(patch(amend, { 'If-Match': 'nonsense' })), 400);
  assert.match(await (await clinic.send('/Observation/o1', token)).text(), /"versionId":"1"/);
});

test('E60, E62: a patch needs to read and to write, before and after', async () => {
  const { clinic, token } = await open();
  const ask = async (id: string, init: RequestInit, who = token) =>
    (await clinic.send(`/Observation/${id}`, who, init)).status;
  const away = patch([{ op: 'replace', path: '/subject/reference', value: 'Patient/b' }]);
  assert.equal(await ask('o1', away), 403);
  assert.equal(await ask('o2', patch(amend)), 404);
  assert.equal(await ask('nothing', patch(amend)), 404);
  const oracle = patch([{ op: 'test', path: '/status', value: 'final' }]);
  assert.equal(await ask('o1', oracle, await clinic.token({ scope: 'patient/Observation.u' })), 403);
  assert.equal(await ask('o1', oracle, await clinic.token({ scope: 'patient/Observation.r' })), 403);
  const apart = await clinic.token({
    scope: 'patient/Observation.u patient/Observation.r?category=vital-signs',
  });
  assert.equal(await ask('o1', oracle, apart), 404, 'what cannot be read is as absent');
});

test('Q36: a patch does a limited amount', async () => {
  const { clinic, token } = await open({ limits: { patchOperations: 3, patchCharacters: 2000 } });
  const status = async (init: RequestInit) => (await clinic.send('/Observation/o1', token, init)).status;
  assert.equal(await status(patch(Array(3).fill(amend[0]))), 200);
  assert.ok([400, 422].includes(await status(patch(Array(4).fill(amend[0])))));
  const large = { op: 'add', path: '/note', value: [{ text: 'x'.repeat(3000) }] };
  assert.equal(await status(patch([large])), 422);
});

test('two patches at once lose nothing', async () => {
  const { clinic, token } = await open();
  await clinic.put(observation('p', 'a', 'survey', { note: [{ text: 'one' }] }));
  const add = patch([{ op: 'add', path: '/note/-', value: { text: 'more' } }]);
  const statuses = await Promise.all(
    Array.from({ length: 5 }, async () => (await clinic.send('/Observation/p', token, add)).status),
  );
  const made = statuses.filter((status) => status === 200).length;
  assert.ok(statuses.every((status) => status === 200 || status === 409));
  const text = await (await clinic.send('/Observation/p', token)).text();
  assert.equal(text.match(/more/g)?.length, made);
});
