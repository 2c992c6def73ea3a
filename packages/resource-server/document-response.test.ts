import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import { createMemoryBackend } from '@affinity/core/testing/memory-backend.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { base, createClinic } from './testing/clinic.ts';

const text = 'Seen in clinic.\u0000 It is well.';
const document = (id: string, more: object = {}) => ({
  resourceType: 'DocumentReference',
  id,
  status: 'current',
  subject: { reference: 'Patient/a' },
  content: [{ attachment: { contentType: 'text/plain' } }],
  ...more,
});
const binary = (id: string, of: string, contentType = 'text/plain') => ({
  resourceType: 'Binary',
  id,
  contentType,
  securityContext: { reference: `DocumentReference/${of}` },
  data: Buffer.from(text).toString('base64'),
});
const restricted = {
  meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
};

const open = async () => {
  const memory = createMemoryBackend({ ownBases: [base], now: () => Date.UTC(2026, 0, 2), evaluate });
  const types = ['DocumentReference', 'Binary', 'Patient'];
  const backend = {
    ...memory,
    appliesFilter: true,
    capabilities: memory.capabilities.filter(({ type }) => types.includes(type)),
  };
  const clinic = await createClinic({
    backend,
    documents: (_, through) =>
      through.status === 'current' ? undefined : fhirError(410, 'deleted', 'the document was replaced'),
  });
  for (const resource of [
    document('d1'),
    binary('b1', 'd1'),
    document('d2', { status: 'superseded' }),
    binary('b2', 'd2'),
    document('d3', restricted),
    binary('b3', 'd3'),
    binary('b4', 'd1', 'text/html; x\r\ny'),
  ])
    await backend.create({
      type: resource.resourceType,
      id: resource.id,
      content: { resource, json: JSON.stringify(resource) },
    });
  return { clinic, token: await clinic.token({ scope: 'patient/*.rs' }) };
};
const accepting = (accept: string): RequestInit => ({ headers: { Accept: accept } });

test('L04: a document is given in its own type, byte for byte, and is never shown by a browser', async () => {
  const { clinic, token } = await open();
  for (const accept of ['*/*', 'text/plain', 'text/*;q=0.5', 'application/pdf, text/plain']) {
    const got = await clinic.send('/Binary/b1', token, accepting(accept));
    assert.equal(got.status, 200, accept);
    assert.equal(got.headers.get('content-type'), 'text/plain');
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), Buffer.from(text));
    assert.equal(got.headers.get('content-disposition'), 'attachment');
    assert.match(got.headers.get('content-security-policy') ?? '', /sandbox/);
    assert.equal(got.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(got.headers.get('content-length'), String(text.length));
  }
  const odd = await clinic.send('/Binary/b4', token);
  assert.equal(odd.headers.get('content-type'), 'application/octet-stream', 'a type that is none goes into no header');
});

test('L04: 406 for another type, 404 for what is not known, 410 for what was replaced; the resource itself on demand', async () => {
  const { clinic, token } = await open();
  const status = async (path: string, accept = '*/*') => (await clinic.send(path, token, accepting(accept))).status;
  assert.equal(await status('/Binary/b1', 'application/pdf'), 406);
  assert.equal(await status('/Binary/b1', 'text/plain;q=0, */*'), 406);
  assert.equal(await status('/Binary/none'), 404);
  assert.equal(await status('/Binary/b2'), 410);
  const resource = await clinic.send('/Binary/b1', token, accepting('application/fhir+json'));
  assert.equal(((await resource.json()) as { resourceType: string }).resourceType, 'Binary');
  assert.match(await (await clinic.send('/Binary/b1', token, accepting('application/fhir+xml'))).text(), /<Binary /);
});

test('L04, E57: a document is authorised like its DocumentReference: who may not read the one does not get the other', async () => {
  const { clinic, token } = await open();
  const hidden = await clinic.send('/Binary/b3', token);
  const none = await clinic.send('/Binary/none', token);
  assert.equal(hidden.status, 404, 'its DocumentReference is labelled R, the Binary itself is not');
  assert.equal(await hidden.text(), await none.text());
  const without = await clinic.token({ scope: 'patient/Binary.rs' });
  assert.equal((await clinic.send('/Binary/b1', without)).status, 404);
  const other = await clinic.token({ scope: 'patient/*.rs', patient: 'b' });
  assert.equal((await clinic.send('/Binary/b1', other)).status, 404);
});
