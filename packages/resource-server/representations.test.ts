/** Representations over the wire: what is sent in one comes back in the other, whole or in part. FHIR R4 http.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSmallClinic, observation, sending } from './testing/clinic.ts';

const sample = JSON.stringify(observation('o9', 'a', 'laboratory')).replace(
  /}$/,
  ',"valueQuantity":{"value":0.10,"unit":"g"},"note":[{"text":"a\\nb"}]}',
);
const xmlType = { 'Content-Type': 'application/fhir+xml' };
const asXml = { headers: { Accept: 'application/fhir+xml' } };

test('N21, N25, N26: what is sent as JSON is read as XML, sent again as XML and read as JSON, with 0.10 still 0.10', async () => {
  const { clinic, token } = await createSmallClinic();
  const created = await clinic.send('/Observation', token, sending('POST', sample));
  assert.equal(created.status, 201);
  const { id } = (await created.json()) as { id: string };
  const read = await clinic.send(`/Observation/${id}`, token, asXml);
  assert.equal(read.headers.get('content-type'), 'application/fhir+xml;charset=utf-8');
  const xml = await read.text();
  assert.match(
    xml,
    /<valueQuantity><value value="0\.10"\/><unit value="g"\/><\/valueQuantity><note><text value="a&#10;b"\/><\/note>/,
  );
  const updated = await clinic.send(`/Observation/${id}`, token, sending('PUT', xml, xmlType));
  assert.equal(updated.status, 200);
  const json = await (await clinic.send(`/Observation/${id}`, token)).text();
  assert.match(json, /"value":0\.10,"unit":"g"}/);
  assert.match(json, /"text":"a\\nb"/);
});

test('N21: _format beats Accept; what cannot be given is 406, what cannot be taken 415', async () => {
  const { clinic, token } = await createSmallClinic();
  const typeOf = async (path: string, init: RequestInit = {}) =>
    (await clinic.send(path, token, init)).headers.get('content-type')?.split(';')[0];
  assert.equal(await typeOf('/Observation/o1?_format=json', asXml), 'application/fhir+json');
  assert.equal(await typeOf('/Observation?_format=xml'), 'application/fhir+xml');
  assert.equal(await typeOf('/metadata?_format=xml'), 'application/fhir+xml');
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const posted = { method: 'POST', body: '_format=xml&category=laboratory', headers: form };
  assert.equal(await typeOf('/Observation/_search', posted), 'application/fhir+xml', 'in a form as in a URL');
  assert.equal((await clinic.send('/Observation/o1?_format=ttl', token)).status, 406);
  assert.equal((await clinic.send('/Observation/o1', token, { headers: { Accept: 'text/html' } })).status, 406);
  for (const headers of [
    { 'Content-Type': 'text/plain' },
    { 'Content-Type': 'application/fhir+json', 'Content-Encoding': 'gzip' },
  ])
    assert.equal((await clinic.send('/Observation', token, { method: 'POST', body: sample, headers })).status, 415);
});

test('N21, N26: errors are told as XML too, and a body of XML that is wrong with its path', async () => {
  const { clinic, token } = await createSmallClinic();
  const absent = await clinic.send('/Observation/nobody', token, asXml);
  assert.equal(absent.status, 404);
  assert.match(
    await absent.text(),
    /<OperationOutcome xmlns="http:\/\/hl7.org\/fhir"><issue><severity value="error"\/>/,
  );
  const wrong = '<Observation xmlns="http://hl7.org/fhir"><status value="final"/><nonsense value="x"/></Observation>';
  const refused = await clinic.send('/Observation', token, sending('POST', wrong, xmlType));
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /"expression":\["Observation.nonsense"\]/);
});

test('N06: each kind of patch, on what is stored; a failed one changes nothing', async () => {
  const { clinic, token } = await createSmallClinic();
  const patch = async (body: string, type: string) => {
    const response = await clinic.send('/Observation/o1', token, {
      method: 'PATCH',
      body,
      headers: { 'Content-Type': type },
    });
    return response.status;
  };
  const stored = async () => (await clinic.send('/Observation/o1', token)).text();
  assert.equal(
    await patch('[{"op":"add","path":"/valueQuantity","value":{"value":1.50}}]', 'application/json-patch+json'),
    200,
  );
  assert.match(await stored(), /"value":1\.50/);
  const replace = (value: string) =>
    `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Observation.value"},{"name":"value","valueQuantity":{"value":${value}}}]}]}`;
  assert.equal(await patch(replace('2.50'), 'application/fhir+json'), 200);
  assert.match(await stored(), /"value":2\.50/);
  const diff = (value: string) =>
    `<diff><replace sel="Observation/valueQuantity/value/@value">${value}</replace></diff>`;
  assert.equal(await patch(diff('3.50'), 'application/xml-patch+xml'), 200);
  assert.match(await stored(), /"value":3\.50/);
  for (const [body, type, status] of [
    [
      '[{"op":"test","path":"/status","value":"amended"},{"op":"remove","path":"/note"}]',
      'application/json-patch+json',
      422,
    ],
    ['[{"op":"remove","path":"/status"}]', 'application/json-patch+json', 422],
    ['[{"op":"add","path":"/nonsense","value":1}]', 'application/json-patch+json', 422],
    ['[{"op":"replace","path":"/id","value":"other"}]', 'application/json-patch+json', 422],
    [
      '[{"op":"add","path":"/text","value":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\"><script>x</script></div>"}}]',
      'application/json-patch+json',
      422,
    ],
    [diff('many'), 'application/xml-patch+xml', 422],
    ['{}', 'application/merge-patch+json', 415],
  ] as const)
    assert.equal(await patch(body, type), status, body);
  assert.match(await stored(), /"value":3\.50/);
});

test('N18: a part of a resource says that it is one', async () => {
  const { clinic, token } = await createSmallClinic();
  const bundle = async (query: string) => (await clinic.send(`/Observation?${query}`, token)).text();
  const summary = await bundle('_summary=true');
  assert.match(summary, /"code":"SUBSETTED"/);
  const elements = await bundle('_elements=category');
  assert.match(elements, /"category"/);
  assert.doesNotMatch(elements, /"subject"/);
  assert.doesNotMatch(await bundle(''), /SUBSETTED/);
});

test('Q14: a narrative that could do harm is not stored', async () => {
  const { clinic, token } = await createSmallClinic();
  const text = {
    status: 'generated',
    div: '<div xmlns="http://www.w3.org/1999/xhtml"><a href="javascript:x">a</a></div>',
  };
  const refused = await clinic.send(
    '/Observation',
    token,
    sending('POST', observation('x', 'a', 'laboratory', { text })),
  );
  assert.equal(refused.status, 422);
  assert.match(await refused.text(), /"expression":\["Observation.text.div"\]/);
});
