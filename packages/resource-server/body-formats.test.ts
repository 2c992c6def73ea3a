/** Bodies in JSON and XML, and what a patch brings, read into one form. FHIR R4 json.html, xml.html, http.html#patch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import { type BodyLimits, contentOf, loadContent, loadForm, loadPatch } from './body.ts';

const limits: BodyLimits = { bodyBytes: 2000, xmlBytes: 2000, jsonDepth: 20 };
const request = (body: string | Uint8Array, type: string) =>
  new Request('http://localhost/fhir/x', { method: 'POST', body: body as BodyInit, headers: { 'Content-Type': type } });
const told = (error: FhirError) =>
  `${error.status} ${error.issues[0]?.code} ${error.issues[0]?.expression?.[0] ?? '-'}`;

const load = async (body: string | Uint8Array, type: string, within = limits) => {
  const loaded = await loadContent(request(body, type), { type: 'Observation' }, within);
  if (loaded instanceof FhirError) return told(loaded);
  return loaded.fault === undefined ? loaded.content.json : `later ${told(loaded.fault)}`;
};
const xml = (inner: string) =>
  load(`<Observation xmlns="http://hl7.org/fhir">${inner}</Observation>`, 'application/fhir+xml');
const json = (inner: string) => load(`{"resourceType":"Observation",${inner}}`, 'application/fhir+json');
const sound = '"status":"final","code":{"text":"c"}';
const soundXml = '<status value="final"/><code><text value="c"/></code>';

test('N21, N26: XML becomes the JSON that it means, decimals and all', async () => {
  assert.equal(
    await xml(`${soundXml}<valueQuantity><value value="0.10"/></valueQuantity>`),
    `{"resourceType":"Observation",${sound},"valueQuantity":{"value":0.10}}`,
  );
  assert.equal(
    await json(`${sound},"valueQuantity":{"value":0.10}`),
    `{"resourceType":"Observation",${sound},"valueQuantity":{"value":0.10}}`,
  );
  assert.equal(
    await load(`\ufeff<Observation xmlns="http://hl7.org/fhir">${soundXml}</Observation>`, 'text/xml'),
    `{"resourceType":"Observation",${sound}}`,
  );
});

test('N25, N26: faults of form are 400, faults of value wait until it is known who may hear them', async () => {
  assert.equal(await xml(`${soundXml}<nonsense value="x"/>`), '400 structure Observation.nonsense');
  assert.equal(await xml('<status value="final"/>'), 'later 422 required Observation.code');
  assert.equal(await json('"status":"final"'), 'later 422 required Observation.code');
  assert.equal(await json(`${sound},"note":[]`), '400 structure Observation.note');
  assert.equal(await json(`${sound},"status":"final"`), '400 structure Observation.status');
  assert.equal(
    await xml(`${soundXml}<effectiveDateTime value="2021-02-30"/>`),
    'later 422 value Observation.effectiveDateTime',
  );
  assert.equal(
    await load('<Patient xmlns="http://hl7.org/fhir"/>', 'application/fhir+xml'),
    '400 invalid resourceType',
  );
  assert.equal(await load('{}', 'application/fhir+xml'), '400 structure -');
  assert.equal(await load('<Observation/>', 'application/fhir+json'), '400 structure -');
  assert.equal(await load(new Uint8Array([0x3c, 0xff]), 'application/fhir+xml'), '400 structure -');
});

test('Q14: a narrative that could do harm is 422, in JSON as in XML', async () => {
  const div = '<div xmlns="http://www.w3.org/1999/xhtml">a<script>x</script></div>';
  assert.equal(
    await xml(`<text><status value="generated"/>${div}</text>${soundXml}`),
    'later 422 invariant Observation.text.div',
  );
  assert.equal(
    await json(`"text":{"status":"generated","div":${JSON.stringify(div)}},${sound}`),
    'later 422 invariant Observation.text.div',
  );
});

test('Q24, Q25: size and depth, at the limit and past it, for XML as for JSON', async () => {
  const text = `<Observation xmlns="http://hl7.org/fhir">${soundXml}</Observation>`;
  assert.match(await load(text, 'text/xml', { ...limits, bodyBytes: text.length }), /^\{/);
  assert.match(await load(`${text} `, 'text/xml', { ...limits, bodyBytes: text.length }), /^413/);
  assert.match(await load(text, 'text/xml', { ...limits, xmlBytes: text.length }), /^\{/);
  assert.match(await load(`${text} `, 'text/xml', { ...limits, xmlBytes: text.length }), /^413/);
  const nested = (depth: number) =>
    `${'<extension url="u">'.repeat(depth)}<valueCode value="x"/>${'</extension>'.repeat(depth)}`;
  // Each extension is an array and an object of JSON.
  assert.match(await xml(nested(9) + soundXml), /^\{/);
  assert.equal(await xml(nested(10) + soundXml), '400 structure -');
});

test('N06: what a PATCH brings', async () => {
  const patch = async (body: string, type: string) => {
    const loaded = await loadPatch(request(body, type), limits);
    return loaded instanceof FhirError ? told(loaded) : loaded;
  };
  assert.deepEqual(await patch('[]', 'application/json-patch+json'), { kind: 'json-patch', text: '[]' });
  const text = '{"resourceType":"Parameters","parameter":[{"name":"operation"}]}';
  assert.deepEqual(await patch(text, 'application/fhir+json'), { kind: 'fhirpath-patch', text });
  assert.deepEqual(
    await patch(
      '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/></parameter></Parameters>',
      'application/fhir+xml',
    ),
    { kind: 'fhirpath-patch', text },
  );
  assert.equal(await patch('[', 'application/json-patch+json'), '400 structure -');
  assert.equal(await patch('{"resourceType":"Patient"}', 'application/fhir+json'), '400 invalid resourceType');
  assert.equal(
    await patch('{"resourceType":"Parameters","parameter":[{}]}', 'application/fhir+json'),
    '400 required Parameters.parameter[0].name',
  );
  assert.deepEqual(await patch('<diff/>', 'application/xml-patch+xml'), { kind: 'xml-patch', text: '<diff/>' });
  assert.equal(await patch('[]', 'application/merge-patch+json'), '415 not-supported -');
});

test('N06: the outcome of a patch is judged as an update is', () => {
  const of = (text: string) => {
    const found = contentOf(text, { type: 'Observation', id: 'o' }, limits);
    return found instanceof FhirError
      ? told(found)
      : found.fault === undefined
        ? 'sound'
        : `later ${told(found.fault)}`;
  };
  assert.equal(of(`{"resourceType":"Observation","id":"o",${sound}}`), 'sound');
  assert.equal(of(`{"resourceType":"Observation","id":"other",${sound}}`), '400 invalid Observation.id');
  assert.equal(of(`{"resourceType":"Patient","id":"o"}`), '400 invalid resourceType');
  assert.equal(of('{"resourceType":"Observation","id":"o","status":"final"}'), 'later 422 required Observation.code');
  assert.equal(of(`{"resourceType":"Observation","id":"o",${sound},"note":[]}`), '400 structure Observation.note');
});

test('a form keeps its parameters, _format among them, and holds no token', async () => {
  const form = await loadForm(request('_format=xml&code=a', 'application/x-www-form-urlencoded'), 100);
  assert.ok(!(form instanceof FhirError) && form.get('_format') === 'xml');
  const refused = await loadForm(request('access_token=a', 'application/x-www-form-urlencoded'), 100);
  assert.ok(refused instanceof FhirError && refused.status === 400);
});
