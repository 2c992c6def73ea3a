/** N11–N13: histories, batch and transaction, each requirement by its id, on real PostgreSQL. FHIR R4 http.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { assertOutcome, type Bundle, clinicFor, linkOf } from './clinic.ts';

const patient = (family: string, more: object = {}): Resource => ({
  resourceType: 'Patient',
  name: [{ family }],
  ...more,
});
const observation = (reference: string, more: object = {}): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
  subject: { reference },
  ...more,
});
const bundle = (type: 'batch' | 'transaction', entry: readonly object[]) => ({ resourceType: 'Bundle', type, entry });
const post = (resource: Resource, fullUrl?: string, more: object = {}) => ({
  ...(fullUrl === undefined ? {} : { fullUrl }),
  resource,
  request: { method: 'POST', url: resource.resourceType, ...more },
});
const statuses = (answer: Bundle): readonly string[] =>
  (answer.entry ?? []).map(({ response }) => response?.status.slice(0, 3) ?? '');

test('N11: history of an instance, a type and the system: newest first, deletions without resource, in pages', async (t) => {
  const { ask, create, json } = await clinicFor(t);
  const one = await create(patient('Fox'));
  await ask(200, 'PUT', `/Patient/${one.id}`, { ...one, active: true });
  const other = await create(observation(`Patient/${one.id}`));
  await ask(204, 'DELETE', `/Patient/${one.id}`);
  const instance = await json<Bundle>(200, 'GET', `/Patient/${one.id}/_history`);
  assert.equal(instance.type, 'history');
  assert.deepEqual(
    instance.entry?.map(({ request, resource }) => [request?.method, resource?.meta?.versionId]),
    [
      ['DELETE', undefined],
      ['PUT', '2'],
      ['POST', '1'],
    ],
  );
  const ofType = await json<Bundle>(200, 'GET', '/Patient/_history');
  assert.equal(ofType.entry?.length, 3);
  const whole = await json<Bundle>(200, 'GET', '/_history');
  assert.deepEqual(
    whole.entry?.map(({ request }) => request?.method),
    ['DELETE', 'POST', 'PUT', 'POST'],
  );
  const first = await json<Bundle>(200, 'GET', '/_history?_count=3');
  assert.equal(first.entry?.length, 3);
  const next = linkOf(first, 'next');
  assert.ok(next);
  const second = await json<Bundle>(200, 'GET', next);
  assert.equal(second.entry?.length, 1);
  const since = encodeURIComponent(other.meta?.lastUpdated ?? '');
  assert.equal((await json<Bundle>(200, 'GET', `/_history?_since=${since}`)).entry?.length, 2);
  const at = encodeURIComponent(one.meta?.lastUpdated ?? '');
  const then = await json<Bundle>(200, 'GET', `/Patient/${one.id}/_history?_at=${at}`);
  assert.ok(then.entry?.some(({ resource }) => resource?.meta?.versionId === '1'));
  assert.ok(!then.entry?.some(({ request }) => request?.method === 'DELETE'));
});

test('N12: a batch answers each entry by itself, in order, within 200', async (t) => {
  const { create, json } = await clinicFor(t);
  const { id } = await create(patient('Fox'));
  const answer = await json<Bundle>(
    200,
    'POST',
    '/',
    bundle('batch', [
      { request: { method: 'GET', url: `Patient/${id}` } },
      { request: { method: 'GET', url: 'Patient/none' } },
      post(patient('Hare')),
      { resource: { resourceType: 'Patient', bogus: 1 }, request: { method: 'POST', url: 'Patient' } },
      { request: { method: 'GET', url: 'Patient?family=Fox' } },
      { request: { method: 'DELETE', url: `Patient/${id}` } },
      { request: { method: 'POST', url: 'Foo' } },
    ]),
  );
  assert.equal(answer.type, 'batch-response');
  assert.deepEqual(statuses(answer), ['200', '404', '201', '400', '200', '204', '404']);
  assert.equal(answer.entry?.[0]?.resource?.id, id);
  assertOutcome(answer.entry?.[1]?.response?.outcome as Resource, 'not-found');
  assert.ok(answer.entry?.[2]?.response?.location?.includes('/_history/1'));
});

test('N12: a transaction: references by urn:uuid, whatever the order of entries, in narrative too, not in canonicals', async (t) => {
  const { json, found } = await clinicFor(t);
  const urn = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a';
  const entries = [
    post(
      observation(urn, {
        text: {
          status: 'generated',
          div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${urn}">whose</a></div>`,
        },
        valueQuantity: { value: 1, unit: 'x' },
        instantiatesCanonical: undefined,
      }),
    ),
    post(patient('Fox', { identifier: [{ system: 'urn:mrn', value: 't1' }] }), urn),
  ];
  for (const ordered of [entries, entries.toReversed()]) {
    const answer = await json<Bundle>(200, 'POST', '/', bundle('transaction', ordered));
    assert.equal(answer.type, 'transaction-response');
    assert.deepEqual(statuses(answer), ['201', '201']);
    const locations = (answer.entry ?? []).map(({ response }) => response?.location ?? '');
    const owner = /Patient\/[^/]+/.exec(locations.find((one) => one.includes('Patient/')) ?? '')?.[0] ?? '';
    const result = /Observation\/[^/]+/.exec(locations.find((one) => one.includes('Observation/')) ?? '')?.[0] ?? '';
    const stored = await json(200, 'GET', `/${result}`);
    assert.deepEqual(stored.subject, { reference: owner });
    assert.match(JSON.stringify(stored.text), new RegExp(`href=\\\\"${owner}\\\\"`));
  }
  assert.equal((await found('/Patient?identifier=urn:mrn|t1')).length, 2);
});

test('N12: a transaction is all or nothing; deletes come first, reads last; decimals stay as they were written', async (t) => {
  const { create, ask, json, found, send, token } = await clinicFor(t);
  const { id } = await create(patient('Fox'));
  const failing = bundle('transaction', [
    post(patient('Hare')),
    { request: { method: 'DELETE', url: `Patient/${id}` } },
    {
      resource: patient('Lynx', { id: 'none' }),
      request: { method: 'PUT', url: 'Patient/none', ifMatch: 'W/"1"' },
    },
  ]);
  const refused = await send('/', await token(), {
    method: 'POST',
    body: JSON.stringify(failing),
    headers: { 'Content-Type': 'application/fhir+json' },
  });
  assert.ok(refused.status >= 400 && refused.status < 500, String(refused.status));
  assert.equal(((await refused.json()) as Resource).resourceType, 'OperationOutcome');
  assert.deepEqual(await found('/Patient?family=Hare'), []);
  await ask(200, 'GET', `/Patient/${id}`);
  const text = JSON.stringify(
    bundle('transaction', [
      { request: { method: 'GET', url: 'Patient?family=Hare' } },
      post(patient('Hare')),
      post(observation(`Patient/${id}`, { valueQuantity: { value: 0.1 } })),
      { request: { method: 'DELETE', url: `Patient/${id}` } },
    ]),
  ).replace('{"value":0.1}', '{"value":0.10}');
  const answer = await json<Bundle>(200, 'POST', '/', text);
  assert.deepEqual(statuses(answer), ['200', '201', '201', '204']);
  const searched = answer.entry?.[0]?.resource as Bundle;
  assert.equal(searched.entry?.length, 1);
  await ask(410, 'GET', `/Patient/${id}`);
  const location = answer.entry?.[2]?.response?.location ?? '';
  const stored = await ask(200, 'GET', `/${/Observation\/[^/]+/.exec(location)?.[0]}`);
  assert.match(await stored.text(), /"value":\s*0\.10\b/);
});

test('N12: one identity twice fails the transaction; so does one faulty entry, which the outcome names', async (t) => {
  const { create, json } = await clinicFor(t);
  const { id } = await create(patient('Fox'));
  const put = { resource: patient('Hare', { id }), request: { method: 'PUT', url: `Patient/${id}` } };
  await json(400, 'POST', '/', bundle('transaction', [put, put]));
  await json(400, 'POST', '/', bundle('transaction', [put, { request: { method: 'DELETE', url: `Patient/${id}` } }]));
  const outcome = await json(
    400,
    'POST',
    '/',
    bundle('transaction', [put, { request: { method: 'GET', url: 'Patient?name:bogus=x' } }]),
  );
  assert.match(JSON.stringify(outcome), /entry\[1\]/);
  assert.equal((await json(200, 'GET', `/Patient/${id}`)).meta?.versionId, '1');
});

test('N13: a conditional reference is resolved by exactly one match; none or more fail the transaction', async (t) => {
  const { create, json, send, token, found } = await clinicFor(t);
  const one = await create(patient('Fox', { identifier: [{ system: 'urn:mrn', value: 'r1' }] }));
  for (const _ of [1, 2]) await create(patient('Twin', { identifier: [{ system: 'urn:mrn', value: 'r2' }] }));
  const referring = (value: string) =>
    bundle('transaction', [post(observation(`Patient?identifier=urn:mrn|${value}`))]);
  const answer = await json<Bundle>(200, 'POST', '/', referring('r1'));
  const location = answer.entry?.[0]?.response?.location ?? '';
  const stored = await json(200, 'GET', `/${/Observation\/[^/]+/.exec(location)?.[0]}`);
  assert.deepEqual(stored.subject, { reference: `Patient/${one.id}` });
  for (const value of ['none', 'r2']) {
    const refused = await send('/', await token(), {
      method: 'POST',
      body: JSON.stringify(referring(value)),
      headers: { 'Content-Type': 'application/fhir+json' },
    });
    assert.ok([400, 404, 409, 412].includes(refused.status), String(refused.status));
  }
  assert.equal((await found('/Observation')).length, 1);
});

test('N12: conditional create within a transaction', async (t) => {
  const { json, found } = await clinicFor(t);
  const entry = post(
    patient('Fox', { identifier: [{ system: 'urn:mrn', value: 'ct' }] }),
    'urn:uuid:6b1f1f6e-9f39-4b4c-8f4e-0f4d1c0c1a11',
    {
      ifNoneExist: 'identifier=urn:mrn|ct',
    },
  );
  const both = bundle('transaction', [entry, post(observation(entry.fullUrl ?? ''))]);
  const first = await json<Bundle>(200, 'POST', '/', both);
  assert.deepEqual(statuses(first), ['201', '201']);
  const second = await json<Bundle>(200, 'POST', '/', both);
  assert.deepEqual(statuses(second), ['200', '201']);
  const [id] = await found('/Patient?identifier=urn:mrn|ct');
  assert.equal((await found(`/Observation?subject=Patient/${id}`)).length, 2);
});
