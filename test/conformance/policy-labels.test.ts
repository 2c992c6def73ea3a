/** Labels over HTTP: what they hide, what they are left with on the way out, and that nobody takes them off. FHIR R4 security-labels.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import type { Coding, Resource } from '@affinity/core/fhir/resource.ts';
import { confidentialityOf, labelOf, labelsOf } from '@affinity/core/fhir/security-label.ts';
import { actCode } from '@affinity/core/fhir/sensitivity.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { openAgain, patientClaims, sending } from '../clinic/clinic.ts';
import { type Bundle, type Caller, clinicFor } from './clinic.ts';

const act = (code: string): Coding => ({ system: actCode, code });
const observation = (id: string, ...security: readonly object[]) => ({
  resourceType: 'Observation',
  id,
  ...(security.length === 0 ? {} : { meta: { security } }),
  status: 'final',
  code: { text: 'weight' },
  subject: { reference: 'Patient/a' },
});

const open = async (t: Parameters<typeof clinicFor>[0]) => {
  const clinic = await clinicFor(t, { updateCreate: true });
  const cleared = await clinic.token({ clearance: 'V' });
  const send = (method: string, path: string, body?: unknown, headers = {}, by = cleared) =>
    clinic.send(path, by, body === undefined ? { method, headers } : sending(method, body, headers));
  const put = async (resource: object, status = 201): Promise<void> => {
    const { resourceType, id } = resource as Resource;
    const sent = await send('PUT', `/${resourceType}/${id}`, resource);
    assert.equal(sent.status, status, await sent.text());
  };
  const read = async (path: string) => (await (await send('GET', path)).json()) as Resource;
  await put({ resourceType: 'Patient', id: 'a' });
  return { clinic, send, put, read };
};

const idsSeen = async (clinic: Caller, token: string, path: string): Promise<readonly string[]> => {
  const { entry = [] } = (await (await clinic.send(path, token)).json()) as Bundle;
  return entry.map(({ resource }) => resource?.id ?? '').sort();
};

test('E70, E71: by confidentiality and sensitivity, whatever else is labelled', async (t) => {
  const { clinic, put } = await open(t);
  const levels = ['U', 'L', 'M', 'N', 'R', 'V'] as const;
  for (const level of levels) await put(observation(`l-${level}`, labelOf(level)));
  await put(observation('none'));
  await put(observation('bare-r', { code: 'R' }));
  await put(observation('bare-hiv', { code: 'HIV' }));
  await put(observation('low-hiv', labelOf('L'), act('HIV')));
  await put(observation('celebrity', act('CEL')));
  await put(observation('obliged', act('NORDSCLCD')));
  const plain = ['celebrity', 'l-L', 'l-M', 'l-N', 'l-U', 'none', 'obliged'];
  const restricted = [...plain, 'bare-hiv', 'bare-r', 'l-R', 'low-hiv'].sort();
  for (const [clearance, seen] of [
    [undefined, plain],
    ['N', plain],
    ['R', restricted],
    ['V', [...restricted, 'l-V'].sort()],
  ] as const) {
    const token = await clinic.token({ ...patientClaims('a'), ...(clearance === undefined ? {} : { clearance }) });
    assert.deepEqual(await idsSeen(clinic, token, '/Observation?_count=100'), seen, clearance);
    assert.deepEqual(
      (await idsSeen(clinic, token, '/Patient/a/$everything?_type=Observation&_count=100')).filter((id) => id !== 'a'),
      seen,
    );
  }
});

test('E58: what holds others is hidden with the highest of them, and with each label in it', async (t) => {
  const { clinic, put } = await open(t);
  const bundle = (id: string, ...held: readonly object[]) => ({
    resourceType: 'Bundle',
    id,
    type: 'collection',
    entry: held.map((resource) => ({ resource })),
  });
  await put(bundle('plain', observation('x')));
  await put(bundle('restricted', observation('x'), observation('y', labelOf('R'))));
  await put(bundle('sensitive', observation('x', act('HIV'))));
  await put(bundle('nested', bundle('inner', observation('x', { code: 'PSY' }))));
  await put({ ...observation('contains'), contained: [{ ...observation('c', act('SUD')), subject: undefined }] });
  const service = await clinic.token();
  assert.deepEqual(await idsSeen(clinic, service, '/Bundle'), ['plain']);
  assert.deepEqual(await idsSeen(clinic, service, '/Observation'), []);
  const cleared = await clinic.token({ clearance: 'R' });
  assert.deepEqual(await idsSeen(clinic, cleared, '/Bundle'), ['nested', 'plain', 'restricted', 'sensitive']);
  const without = (code: string): Filter => ({ kind: 'not', filter: { kind: 'label', system: actCode, code } });
  const kind = async (type: string, id: string, code: string) =>
    (await clinic.backend.read({ type, id }, without(code))).kind;
  assert.equal(await kind('Bundle', 'sensitive', 'HIV'), 'absent');
  assert.equal(await kind('Bundle', 'nested', 'PSY'), 'absent');
  assert.equal(await kind('Observation', 'contains', 'SUD'), 'absent');
  assert.equal(await kind('Bundle', 'sensitive', 'PSY'), 'found');
});

test('E58: a Bundle is nobody’s record, whatever it holds', async (t) => {
  const { clinic, put } = await open(t);
  const composition = {
    resourceType: 'Composition',
    status: 'final',
    type: { text: 'summary' },
    date: '2026-01-01',
    author: [{ display: 'x' }],
    title: 'Summary',
    subject: { reference: 'Patient/a' },
  };
  await put({ resourceType: 'Bundle', id: 'document', type: 'document', entry: [{ resource: composition }] });
  const app = await clinic.token(patientClaims('a'));
  assert.equal((await clinic.send('/Bundle/document', app)).status, 404);
  assert.deepEqual(await idsSeen(clinic, app, '/Bundle'), []);
});

test('E72: labels leave with what they are on, in every form, and a Bundle of it says so', async (t) => {
  const { clinic, put, read } = await open(t);
  const labels = [labelOf('R'), act('HIV'), act('NORDSCLCD'), { system: 'urn:ours', code: 'x' }];
  await put(observation('o', ...labels));
  await put(observation('p'));
  const given = [labelOf('R'), act('NORDSCLCD')];
  for (const query of ['', '?_summary=true', '?_summary=text', '?_summary=data', '?_elements=status'])
    assert.deepEqual((await read(`/Observation/o${query}`)).meta?.security, labels, query);
  const bundles = [
    '/Observation',
    '/Observation?_summary=true',
    '/Observation/o/_history',
    '/_history',
    '/Patient/a/$everything',
  ];
  for (const path of [...bundles, '/Patient?_revinclude=Observation:patient', '/?_type=Observation']) {
    const bundle = (await read(path)) as Bundle;
    assert.deepEqual(bundle.meta?.security, given, path);
    const entry = bundle.entry?.find(({ resource }) => resource?.id === 'o');
    assert.deepEqual(entry?.resource?.meta?.security, labels, path);
  }
  assert.equal((await read('/Observation?_id=p')).meta?.security, undefined);
  assert.equal((await read('/Observation?_summary=count')).meta?.security, undefined);
  const batch = {
    resourceType: 'Bundle',
    type: 'batch',
    entry: [{ request: { method: 'GET', url: 'Observation/o' } }],
  };
  const answered = await clinic.send('/', await clinic.token({ clearance: 'V' }), sending('POST', batch));
  assert.deepEqual(((await answered.json()) as Resource).meta?.security, given);
  const xml = await (await clinic.send('/Observation?_format=xml', await clinic.token({ clearance: 'R' }))).text();
  assert.match(xml, /^<\?xml[^>]*\?><Bundle[^>]*><meta><security>/);
  const hidden = (await (await clinic.send('/Observation', await clinic.token())).json()) as Bundle;
  assert.equal(hidden.meta, undefined, 'what is hidden does not mark the Bundle');
});

test('E56: no label is taken off, by any way to write', async (t) => {
  const { send, put, read } = await open(t);
  const labels = [labelOf('R'), act('HIV'), act('NORDSCLCD')];
  const kept = { ...observation('o', ...labels), identifier: [{ value: 'n' }] };
  await put(kept);
  const bare = { ...kept, meta: undefined };
  const unlabelled = { ...bare, id: undefined };
  const patch = [{ op: 'remove', path: '/meta/security/1' }];
  const json = { 'Content-Type': 'application/json-patch+json' };
  const provenance = {
    'X-Provenance': JSON.stringify({
      resourceType: 'Provenance',
      recorded: '2026-01-01T00:00:00Z',
      agent: [{ who: { display: 'x' } }],
    }),
  };
  const requests: readonly [string, string, unknown, object?][] = [
    ['PUT', '/Observation/o', bare],
    ['PUT', '/Observation/o', { ...kept, meta: { security: [labelOf('V'), act('HIV')] } }],
    ['PUT', '/Observation/o', bare, { 'If-Match': 'W/"1"' }],
    ['PUT', '/Observation/o', bare, provenance],
    ['PUT', '/Observation?identifier=n', unlabelled],
    ['PATCH', '/Observation/o', patch, json],
    ['PATCH', '/Observation/o', patch, { ...json, ...provenance }],
    ['PATCH', '/Observation?identifier=n', patch, json],
  ];
  for (const [method, path, body, headers] of requests) {
    const sent = await send(method, path, body, headers);
    assert.equal(sent.status, 403, `${method} ${path}`);
    assert.match(await sent.text(), /meta\.security/);
  }
  const entry = [{ request: { method: 'PUT', url: 'Observation/o' }, resource: bare }];
  assert.equal((await send('POST', '/', { resourceType: 'Bundle', type: 'transaction', entry })).status, 403);
  const batch = (await (await send('POST', '/', { resourceType: 'Bundle', type: 'batch', entry })).json()) as Bundle;
  assert.match(batch.entry?.[0]?.response?.status ?? '', /^403 /);
  assert.equal((await read('/Observation/o')).meta?.versionId, '1');
  assert.equal((await send('DELETE', '/Observation/o')).status, 204);
  assert.equal((await send('PUT', '/Observation/o', bare)).status, 403, 'what was deleted keeps them');
  await put({ ...kept, meta: { security: [...labels, act('ENCRYPT')] } });
  assert.equal(labelsOf(await read('/Observation/o')).length, 4);
});

test('E56: of two updates at once, none loses the label that the other has added', async (t) => {
  const { send, put, read } = await open(t);
  for (let round = 0; round < 12; round += 1) {
    const id = `race-${round}`;
    await put(observation(id));
    const labelling = send('PUT', `/Observation/${id}`, observation(id, act('NORDSCLCD')));
    const plain = [1, 2, 3].map(() => send('PUT', `/Observation/${id}`, observation(id)));
    assert.equal((await labelling).status, 200);
    for (const sent of await Promise.all(plain))
      assert.ok(sent.status === 200 || sent.status === 403, `${sent.status}`);
    assert.deepEqual(labelsOf(await read(`/Observation/${id}`)), [act('NORDSCLCD')]);
  }
});

test('E56: whoever may relabel takes labels off, in a transaction too, and each time it is recorded', async (t) => {
  const { clinic, put, read } = await open(t);
  await put(observation('o', labelOf('R'), act('HIV')));
  const told: AuditRecord[] = [];
  const officer = openAgain(clinic, {
    facts: (principal) => ({ ...wholeFacts(principal), relabel: true }),
    audit: { append: async (record) => void told.push(record) },
  });
  const token = await officer.token({ clearance: 'V' });
  const entry = [{ request: { method: 'PUT', url: 'Observation/o' }, resource: observation('o', labelOf('R')) }];
  const sent = await officer.send('/', token, sending('POST', { resourceType: 'Bundle', type: 'transaction', entry }));
  assert.equal(sent.status, 200, await sent.text());
  assert.deepEqual(labelsOf(await read('/Observation/o')), [labelOf('R')]);
  const patch = sending('PATCH', [{ op: 'remove', path: '/meta/security' }], {
    'Content-Type': 'application/json-patch+json',
  });
  assert.equal((await officer.send('/Observation/o', token, patch)).status, 200);
  assert.deepEqual(
    told
      .filter(({ event }) => event === 'label-changed')
      .map(({ target, confidentiality }) => [target, confidentiality]),
    [
      ['Observation/o', 'R'],
      ['Observation/o', 'R'],
    ],
  );
});

test('E56, E71: what speaks of a sensitive resource is as sensitive', async (t) => {
  const { clinic, send, put } = await open(t);
  await put(observation('o', act('HIV')));
  const about = (...security: readonly object[]) => ({
    resourceType: 'Provenance',
    meta: { security },
    target: [{ reference: 'Observation/o' }],
    recorded: '2026-01-01T00:00:00Z',
    agent: [{ who: { display: 'x' } }],
  });
  assert.equal((await send('POST', '/Provenance', about(labelOf('R')))).status, 403, 'restricted, but not said why');
  assert.equal((await send('POST', '/Provenance', about(act('HIV')))).status, 201);
  const header = { ...about(), target: undefined, meta: undefined };
  const changed = { ...observation('o', act('HIV')), status: 'amended' };
  const sent = await send('PUT', '/Observation/o', changed, { 'X-Provenance': JSON.stringify(header) });
  assert.equal(sent.status, 200, await sent.text());
  const { entry = [] } = (await (await send('GET', '/Provenance')).json()) as Bundle;
  assert.equal(entry.length, 2);
  for (const { resource } of entry) {
    const labels = labelsOf(resource as Resource);
    assert.ok(labels.some(({ code }) => code === 'HIV'));
    assert.equal(confidentialityOf(labels), 'R');
  }
  assert.deepEqual(await idsSeen(clinic, await clinic.token(), '/Provenance'), []);
});
