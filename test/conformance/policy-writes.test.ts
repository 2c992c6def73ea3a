/**
 * Writes by the stored version and by the new one, histories version by version, and Bundles entry by entry: whatever is
 * denied leaves the store as it was, row for row. FHIR R4 http.html#rules, http.html#trules, http.html#history.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { labelOf } from '@affinity/core/fhir/security-label.ts';
import { patientClaims, sending } from '../clinic/clinic.ts';
import { type Bundle, type Caller, clinicFor } from './clinic.ts';

const categories = 'http://terminology.hl7.org/CodeSystem/observation-category';
const observation = (subject: string, category: string, more: object = {}) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x' },
  category: [{ coding: [{ system: categories, code: category }] }],
  subject: { reference: `Patient/${subject}` },
  ...more,
});
const withId = (id: string, resource: object): Resource & { readonly id: string } => ({ ...resource, id }) as never;

/** Of every row of every table but those of the audit log. */
const digestOf = async ({ pool }: Caller): Promise<string> => {
  const tables = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
     and relname !~ '^audit' order by 1`,
  );
  const digest = createHash('sha256');
  for (const { name } of tables.rows) {
    const rows = await pool.query<{ row: string }>(`select t::text as row from "${name}" t order by 1`);
    digest.update(JSON.stringify([name, rows.rows]));
  }
  return digest.digest('hex');
};

const json = { 'Content-Type': 'application/json-patch+json' };
const bundle = (type: string, ...entry: readonly object[]) => ({ resourceType: 'Bundle', type, entry });
const writing = (method: string, url: string, resource?: object) => ({
  request: { method, url },
  ...(resource === undefined ? {} : { resource }),
});

const fill = async (clinic: Caller): Promise<void> => {
  const put = (resource: Resource & { readonly id: string }) =>
    clinic.backend.create({
      type: resource.resourceType,
      id: resource.id,
      content: { resource, json: JSON.stringify(resource) },
    });
  for (const id of ['a', 'b']) await put({ resourceType: 'Patient', id });
  await put(withId('vital', observation('a', 'vital-signs')));
  await put(withId('lab', observation('a', 'laboratory')));
  await put(withId('theirs', observation('b', 'vital-signs')));
  await put(withId('secret', observation('a', 'vital-signs', { meta: { security: [labelOf('R')] } })));
  await put({ resourceType: 'Practitioner', id: 'p' });
};

test('E53, E60, E61, E62, E63, E66: what is denied leaves the store as it was', async (t) => {
  const clinic = await clinicFor(t, { updateCreate: true });
  await fill(clinic);
  const all = await clinic.token(patientClaims('a'));
  const vital = await clinic.token(
    patientClaims('a', `patient/Observation.cruds?category=${categories}|vital-signs patient/Patient.rs`),
  );
  const blind = await clinic.token(patientClaims('a', 'patient/Observation.cud'));
  const reader = await clinic.token(patientClaims('a', 'patient/*.rs'));
  const own = observation('a', 'vital-signs');
  const patch = (...operations: readonly object[]) => sending('PATCH', operations, json);
  const move = { op: 'replace', path: '/subject/reference', value: 'Patient/b' };
  const relabel = { op: 'add', path: '/meta', value: { security: [labelOf('R')] } };
  const requests: readonly [name: string, token: string, path: string, init: RequestInit, expected: RegExp][] = [
    ['a create about another', all, '/Observation', sending('POST', observation('b', 'x')), /^403/],
    ['a create about nobody', all, '/Observation', sending('POST', { ...own, subject: undefined }), /^403/],
    [
      'a create above the clearance',
      all,
      '/Observation',
      sending('POST', { ...own, meta: { security: [labelOf('R')] } }),
      /^403/,
    ],
    [
      'a create outside of the category',
      vital,
      '/Observation',
      sending('POST', observation('a', 'laboratory')),
      /^403/,
    ],
    ['a create of what is shared', all, '/Practitioner', sending('POST', { resourceType: 'Practitioner' }), /^403/],
    ['an update of another’s', all, '/Observation/theirs', sending('PUT', withId('theirs', own)), /^405/],
    ['an update of a confidential one', all, '/Observation/secret', sending('PUT', withId('secret', own)), /^405/],
    ['an update to another', all, '/Observation/vital', sending('PUT', withId('vital', observation('b', 'x'))), /^403/],
    [
      'an update out of the category',
      vital,
      '/Observation/vital',
      sending('PUT', withId('vital', observation('a', 'laboratory'))),
      /^403/,
    ],
    ['an update into the category', vital, '/Observation/lab', sending('PUT', withId('lab', own)), /^405/],
    [
      'an update of what is shared',
      all,
      '/Practitioner/p',
      sending('PUT', { resourceType: 'Practitioner', id: 'p' }),
      /^40[35]/,
    ],
    ['a patch to another', all, '/Observation/vital', patch(move), /^403/],
    ['a patch above the clearance', all, '/Observation/vital', patch(relabel), /^403/],
    [
      'a patch of another’s',
      all,
      '/Observation/theirs',
      patch({ op: 'test', path: '/status', value: 'final' }),
      /^404/,
    ],
    [
      'a patch of what may not be read',
      blind,
      '/Observation/vital',
      patch({ op: 'test', path: '/status', value: 'final' }),
      /^403/,
    ],
    ['a delete of another’s', all, '/Observation/theirs', { method: 'DELETE' }, /^204/],
    ['a delete out of the category', vital, '/Observation/lab', { method: 'DELETE' }, /^204/],
    ['a delete by a reader', reader, '/Observation/vital', { method: 'DELETE' }, /^403/],
    ['a delete by a condition on another’s', all, '/Observation?patient=b', { method: 'DELETE' }, /^204/],
    [
      'a transaction with one that is another’s',
      all,
      '/',
      sending(
        'POST',
        bundle(
          'transaction',
          writing('POST', 'Observation', own),
          writing('POST', 'Observation', observation('b', 'x')),
        ),
      ),
      /^403/,
    ],
    [
      'a transaction with a right too little',
      vital,
      '/',
      sending(
        'POST',
        bundle('transaction', writing('POST', 'Observation', own), writing('GET', 'Condition?patient=a')),
      ),
      /^403/,
    ],
    [
      'a transaction that reads what is hidden',
      all,
      '/',
      sending('POST', bundle('transaction', writing('POST', 'Observation', own), writing('GET', 'Observation/theirs'))),
      /^4/,
    ],
    [
      'a transaction that changes what is hidden',
      all,
      '/',
      sending(
        'POST',
        bundle(
          'transaction',
          writing('POST', 'Observation', own),
          writing('PUT', 'Observation/theirs', withId('theirs', own)),
        ),
      ),
      /^4/,
    ],
    [
      'a transaction that moves one',
      all,
      '/',
      sending(
        'POST',
        bundle(
          'transaction',
          writing('DELETE', 'Observation/lab'),
          writing('PUT', 'Observation/vital', withId('vital', observation('b', 'x'))),
        ),
      ),
      /^403/,
    ],
  ];
  const before = await digestOf(clinic);
  for (const [name, token, path, init, expected] of requests) {
    const sent = await clinic.send(path, token, init);
    assert.match(`${sent.status} ${await sent.text()}`, expected, name);
    assert.equal(await digestOf(clinic), before, name);
  }
  assert.equal((await clinic.send('/Observation', all, sending('POST', own))).status, 201);
  assert.notEqual(await digestOf(clinic), before, 'the digest sees a write');
});

test('E52: of a batch, what is denied says so, and the others are done', async (t) => {
  const clinic = await clinicFor(t);
  await fill(clinic);
  const token = await clinic.token(patientClaims('a'));
  const entries = [
    writing('POST', 'Observation', observation('a', 'vital-signs')),
    writing('POST', 'Observation', observation('b', 'vital-signs')),
    writing('GET', 'Observation/theirs'),
    writing('GET', 'Observation/vital'),
    writing('PUT', 'Practitioner/p', { resourceType: 'Practitioner', id: 'p' }),
  ];
  const sent = await clinic.send('/', token, sending('POST', bundle('batch', ...entries)));
  assert.equal(sent.status, 200);
  const { entry = [] } = (await sent.json()) as Bundle;
  const statuses = entry.map(({ response }) => response?.status);
  assert.deepEqual(statuses.slice(0, 4), ['201 Created', '403 Forbidden', '404 Not Found', '200 OK']);
  assert.match(statuses[4] ?? '', /^40[35] /);
  for (const index of [1, 2, 4]) assert.equal(entry[index]?.response?.outcome?.resourceType, 'OperationOutcome');
});

test('E50, E51: each version is shown by its own content and by the current one, a deletion to those who saw it', async (t) => {
  const clinic = await clinicFor(t, { updateCreate: true });
  await fill(clinic);
  const all = await clinic.token({ clearance: 'V' });
  const send = async (method: string, id: string, resource?: object): Promise<void> => {
    const init = resource === undefined ? { method } : sending(method, withId(id, resource));
    const { status } = await clinic.send(`/Observation/${id}`, all, init);
    assert.ok(status < 300, `${method} ${id}: ${status}`);
  };
  await send('PUT', 'came', observation('b', 'x'));
  await send('PUT', 'came', observation('a', 'x'));
  await send('PUT', 'went', observation('a', 'x'));
  await send('PUT', 'went', observation('b', 'x'));
  await send('PUT', 'gone', observation('a', 'x'));
  await send('DELETE', 'gone');
  await send('PUT', 'theirs-gone', observation('b', 'x'));
  await send('DELETE', 'theirs-gone');
  await send('PUT', 'secret-gone', observation('a', 'x', { meta: { security: [labelOf('R')] } }));
  await send('DELETE', 'secret-gone');
  const token = await clinic.token(patientClaims('a'));
  const names = ['came', 'went', 'gone', 'theirs-gone', 'secret-gone'];
  for (const path of ['/Observation/_history', '/_history']) {
    const { entry = [] } = (await (await clinic.send(`${path}?_count=100`, token)).json()) as Bundle;
    const shown = entry
      .map(({ fullUrl = '', response, request }) => `${fullUrl.split('/').at(-1)} ${request?.method} ${response?.etag}`)
      .filter((line) => names.some((name) => line.startsWith(`${name} `)));
    assert.deepEqual(shown.sort(), ['came PUT W/"2"', 'gone DELETE W/"2"', 'gone POST W/"1"'], path);
  }
  const status = async (path: string) => (await clinic.send(`/Observation/${path}`, token)).status;
  assert.deepEqual(
    [await status('came/_history/1'), await status('came/_history/2'), await status('went/_history/1')],
    [404, 200, 404],
  );
  assert.deepEqual([await status('gone'), await status('gone/_history/1')], [410, 200]);
  assert.deepEqual([await status('theirs-gone'), await status('secret-gone'), await status('went')], [404, 404, 404]);
});
