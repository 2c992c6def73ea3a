/**
 * What an app may not see is answered as what never was, in every way to ask for one resource: the same status, headers and
 * body. FHIR R4 security.html#AccessDenied; docs/decisions/0005-403-and-404.md.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { labelOf } from '@affinity/core/fhir/security-label.ts';
import { actCode } from '@affinity/core/fhir/sensitivity.ts';
import { openAgain, patientClaims, sending } from '../clinic/clinic.ts';
import { type Caller, clinicFor } from './clinic.ts';

const observation = (id: string, patient: string, more: object = {}) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'weight' },
  subject: { reference: `Patient/${patient}` },
  identifier: [{ system: 'urn:n', value: id }],
  ...more,
});
const labelled = (...security: object[]) => ({ meta: { security } });

/** Hidden from the app of patient a, each for another reason. */
const hidden = ['theirs', 'restricted', 'sensitive', 'deleted', 'given-away', 'withdrawn', 'labelled-later'];

const fill = async ({ ask, send, token }: Caller): Promise<void> => {
  const cleared = await token({ clearance: 'V' });
  const put = async (resource: Resource | object, status = 201): Promise<void> => {
    const { resourceType, id } = resource as Resource;
    const sent = await send(`/${resourceType}/${id}`, cleared, sending('PUT', resource));
    assert.equal(sent.status, status, await sent.text());
  };
  for (const id of ['a', 'bea']) await put({ resourceType: 'Patient', id });
  await put(observation('own', 'a'));
  await put(observation('theirs', 'bea'));
  await put(observation('restricted', 'a', labelled(labelOf('R'))));
  await put(observation('sensitive', 'a', labelled({ system: actCode, code: 'HIV' })));
  await put(observation('deleted', 'bea'));
  await ask(204, 'DELETE', '/Observation/deleted');
  await put(observation('given-away', 'a'));
  await put(observation('given-away', 'bea'), 200);
  await put(observation('withdrawn', 'a', labelled({ system: actCode, code: 'PSY' })));
  await send('/Observation/withdrawn', cleared, { method: 'DELETE' });
  await put(observation('labelled-later', 'a'));
  await put(observation('labelled-later', 'a', labelled(labelOf('V'))), 200);
};

const random = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g;

type Send = (id: string) => readonly [path: string, init?: RequestInit];

const json = { 'Content-Type': 'application/json-patch+json' };
const ways: Readonly<Record<string, Send>> = {
  read: (id) => [`/Observation/${id}`],
  head: (id) => [`/Observation/${id}`, { method: 'HEAD' }],
  'read as XML': (id) => [`/Observation/${id}?_format=xml`],
  'read of a part': (id) => [`/Observation/${id}?_summary=true`],
  'read, if changed': (id) => [`/Observation/${id}`, { headers: { 'If-None-Match': 'W/"1"' } }],
  'read, if changed since': (id) => [
    `/Observation/${id}`,
    { headers: { 'If-Modified-Since': 'Thu, 01 Jan 2099 00:00:00 GMT' } },
  ],
  'first version': (id) => [`/Observation/${id}/_history/1`],
  'second version': (id) => [`/Observation/${id}/_history/2`],
  'no version': (id) => [`/Observation/${id}/_history/99`],
  history: (id) => [`/Observation/${id}/_history`],
  'history since': (id) => [`/Observation/${id}/_history?_since=2001-01-01T00:00:00Z`],
  meta: (id) => [`/Observation/${id}/$meta`],
  'validate, to delete': (id) => [
    `/Observation/${id}/$validate`,
    sending('POST', { resourceType: 'Parameters', parameter: [{ name: 'mode', valueCode: 'delete' }] }),
  ],
  update: (id) => [`/Observation/${id}`, sending('PUT', observation(id, 'a'))],
  'update of a version': (id) => [`/Observation/${id}`, sending('PUT', observation(id, 'a'), { 'If-Match': 'W/"1"' })],
  'update of no version': (id) => [`/Observation/${id}`, sending('PUT', observation(id, 'a'), { 'If-Match': 'W/"9"' })],
  'update to another': (id) => [`/Observation/${id}`, sending('PUT', observation(id, 'bea'))],
  'faulty update': (id) => [`/Observation/${id}`, sending('PUT', { ...observation(id, 'a'), status: '' })],
  'labelled update': (id) => [
    `/Observation/${id}`,
    sending('PUT', observation(id, 'a', labelled({ system: actCode, code: 'ENCRYPT' }))),
  ],
  patch: (id) => [`/Observation/${id}`, sending('PATCH', [{ op: 'add', path: '/status', value: 'amended' }], json)],
  'patch that tests': (id) => [
    `/Observation/${id}`,
    sending('PATCH', [{ op: 'test', path: '/status', value: 'final' }], json),
  ],
  'faulty patch': (id) => [`/Observation/${id}`, sending('PATCH', [{ op: 'none' }], json)],
  delete: (id) => [`/Observation/${id}`, { method: 'DELETE' }],
  'delete of no version': (id) => [`/Observation/${id}`, { method: 'DELETE', headers: { 'If-Match': 'W/"9"' } }],
  search: (id) => [`/Observation?_id=${id}&_total=accurate`],
  'search by identifier': (id) => [`/Observation?identifier=urn:n|${id}`],
  'search for none': (id) => [`/Observation?_id:not=${id}&_summary=count`],
  'search through it': (id) => [`/Observation?has-member=Observation/${id}`],
  'conditional update': (id) => [
    `/Observation?identifier=urn:n|${id}`,
    sending('PUT', observation(id, 'bea', { id: undefined })),
  ],
  'conditional patch': (id) => [`/Observation?identifier=urn:n|${id}`, sending('PATCH', [], json)],
  'conditional delete': (id) => [`/Observation?identifier=urn:n|${id}`, { method: 'DELETE' }],
  'in a batch': (id) => [
    '/',
    sending('POST', {
      resourceType: 'Bundle',
      type: 'batch',
      entry: ['GET', 'DELETE'].map((method) => ({ request: { method, url: `Observation/${id}` } })),
    }),
  ],
  'in a transaction': (id) => [
    '/',
    sending('POST', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ request: { method: 'PUT', url: `Observation/${id}` }, resource: observation(id, 'a') }],
    }),
  ],
  'provenance of it': (id) => [
    '/Provenance',
    sending('POST', {
      resourceType: 'Provenance',
      target: [{ reference: `Observation/${id}` }],
      recorded: '2026-01-01T00:00:00Z',
      agent: [{ who: { display: 'x' } }],
    }),
  ],
};

for (const updateCreate of [false, true]) {
  test(`E28, E50, E54, E65, E66, E67: hidden, deleted or absent, all one; creating by update: ${updateCreate}`, async (t) => {
    const filling = await clinicFor(t, { updateCreate: true });
    await fill(filling);
    const { send, token } = openAgain(filling, { updateCreate });
    const app = await token(patientClaims('a'));
    const answer = async (way: Send, id: string): Promise<string> => {
      const response = await send(way(id)[0], app, way(id)[1]);
      const headers = [...response.headers].filter(([name]) => name !== 'x-request-id');
      const text = `${response.status} ${JSON.stringify(headers)} ${await response.text()}`;
      return text
        .replaceAll(id, 'id')
        .replaceAll(random, '')
        .replaceAll(/\d\d:\d\d:\d\d GMT/g, '');
    };
    for (const [name, way] of Object.entries(ways)) {
      const absent = await answer(way, 'never-was');
      assert.doesNotMatch(absent, /^5/, name);
      for (const id of hidden) assert.equal(await answer(way, id), absent, `${name} of what is ${id}`);
    }
    for (const id of ['theirs', 'restricted', 'sensitive']) {
      const kept = await filling.backend.read({ type: 'Observation', id }, { kind: 'everything' });
      assert.ok(kept.kind === 'found' && kept.version.versionId === '1', `${id} is as it was`);
    }
  });
}

test('E27, E29, E55: another patient is as one who never was, by every way to name them', async (t) => {
  const clinic = await clinicFor(t, { updateCreate: true });
  await fill(clinic);
  await clinic.ask(201, 'PUT', '/Condition/c', {
    resourceType: 'Condition',
    id: 'c',
    subject: { reference: 'Patient/bea' },
  });
  const app = await clinic.token(patientClaims('a'));
  const answer = async (path: string, id: string): Promise<string> => {
    const response = await clinic.send(path.replaceAll('{}', id), app);
    return `${response.status} ${(await response.text()).replaceAll(id, 'id').replaceAll(random, '')}`;
  };
  for (const path of [
    '/Patient/{}',
    '/Patient/{}/_history',
    '/Patient/{}/$everything',
    '/Patient/{}/$everything?_type=Observation',
    '/Patient/{}/Observation',
    '/Patient/{}/*',
    '/Patient?_id={}',
    '/Observation?patient={}&_total=accurate',
    '/Observation?patient=Patient/{}',
    '/Observation?subject=Patient/{}&_summary=count',
    '/Observation?subject:Patient={}',
    '/Observation?patient._id={}',
    '/Condition?patient={}',
    '/Patient?_has:Condition:patient:_id=c&_id={}',
    '/Observation?patient={}&_include=Observation:patient',
    '/DocumentReference/$docref?patient={}',
    '/AuditEvent?patient={}',
    '/?_type=Observation,Condition&_id={}',
  ]) {
    const absent = await answer(path, 'unknown-patient');
    assert.doesNotMatch(absent, /^5/, path);
    assert.equal(await answer(path, 'bea'), absent, path);
  }
});
