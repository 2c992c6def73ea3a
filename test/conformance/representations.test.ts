/** N21–N31: representations and headers, each requirement by its id, on real PostgreSQL. FHIR R4 http.html, json.html, xml.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { assertOutcome, clinicFor } from './clinic.ts';

const patient = (more: object = {}): Resource => ({ resourceType: 'Patient', name: [{ family: 'Fox' }], ...more });
const xmlType = 'application/fhir+xml';

test('N21: JSON and XML by Accept and by _format, which beats it; else 406 and 415; the version 4.0 alone', async (t) => {
  const { ask, create } = await clinicFor(t);
  const { id } = await create(patient());
  const typeOf = async (query: string, accept?: string): Promise<string> => {
    const headers: Record<string, string> = accept === undefined ? {} : { Accept: accept };
    const response = await ask(200, 'GET', `/Patient/${id}${query}`, undefined, headers);
    const type = response.headers.get('content-type') ?? '';
    assert.match(type, /charset=utf-8/i);
    return type.split(';')[0] ?? '';
  };
  const json = 'application/fhir+json';
  for (const accept of [undefined, '*/*', json, 'application/json', 'text/json', `${json}; fhirVersion=4.0`])
    assert.equal(await typeOf('', accept), json, accept);
  for (const accept of [xmlType, 'application/xml', 'text/xml', `${json};q=0.1, ${xmlType};q=0.9`])
    assert.equal(await typeOf('', accept), xmlType, accept);
  for (const format of ['xml', 'application/fhir%2Bxml', 'text/xml'])
    assert.equal(await typeOf(`?_format=${format}`, json), xmlType);
  for (const format of ['json', 'application/json']) assert.equal(await typeOf(`?_format=${format}`, xmlType), json);
  for (const accept of ['text/turtle', 'text/html', `${json}; fhirVersion=3.0`])
    await ask(406, 'GET', `/Patient/${id}`, undefined, { Accept: accept });
  await ask(406, 'GET', `/Patient/${id}?_format=ttl`);
  for (const type of ['text/plain', 'text/turtle', `${json}; fhirVersion=5.0`])
    await ask(415, 'POST', '/Patient', patient(), { 'Content-Type': type });
});

test('N22: the media type of before R4 is taken and never given', async (t) => {
  const { ask } = await clinicFor(t);
  const response = await ask(201, 'POST', '/Patient', patient(), {
    'Content-Type': 'application/json+fhir',
    Accept: 'application/json+fhir',
  });
  assert.match(response.headers.get('content-type') ?? '', /^application\/fhir\+json/);
});

test('N23: Prefer return: minimal, representation, OperationOutcome; an error is always an OperationOutcome', async (t) => {
  const { ask, json } = await clinicFor(t);
  const minimal = await ask(201, 'POST', '/Patient', patient(), { Prefer: 'return=minimal' });
  assert.equal(await minimal.text(), '');
  assert.ok(minimal.headers.get('location'));
  const whole = await json(201, 'POST', '/Patient', patient(), { Prefer: 'return=representation' });
  assert.equal(whole.resourceType, 'Patient');
  const outcome = await json(201, 'POST', '/Patient', patient(), { Prefer: 'return=OperationOutcome' });
  assert.equal(outcome.resourceType, 'OperationOutcome');
  for (const [status, method, path] of [
    [404, 'GET', '/Patient/none'],
    [404, 'GET', '/Foo'],
    [405, 'PUT', '/Patient/none/_history/1'],
    [400, 'GET', '/Patient?name:bogus=x'],
  ] as const) {
    const body = await json(status, method, path);
    assert.equal(body.resourceType, 'OperationOutcome', path);
  }
});

test('N24: 304 by If-None-Match and by If-Modified-Since; nothing is kept by a shared cache', async (t) => {
  const { ask, create } = await clinicFor(t);
  const { id } = await create(patient());
  const read = await ask(200, 'GET', `/Patient/${id}`);
  assert.match(read.headers.get('cache-control') ?? '', /no-store|private/);
  await ask(304, 'GET', `/Patient/${id}`, undefined, { 'If-None-Match': 'W/"1"' });
  await ask(200, 'GET', `/Patient/${id}`, undefined, { 'If-None-Match': 'W/"2"' });
  const modified = read.headers.get('last-modified') ?? '';
  await ask(304, 'GET', `/Patient/${id}`, undefined, { 'If-Modified-Since': modified });
  await ask(200, 'GET', `/Patient/${id}`, undefined, { 'If-Modified-Since': 'Wed, 21 Oct 2015 07:28:00 GMT' });
  const search = await ask(200, 'GET', '/Patient');
  assert.match(search.headers.get('cache-control') ?? '', /no-store|private/);
});

test('N25: decimals keep their digits; nothing empty, no key twice', async (t) => {
  const { ask } = await clinicFor(t);
  const text = (value: string) =>
    `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":${value}}}`;
  for (const value of ['0.10', '1.0', '1', '-0.00', '12345678901234567890.123456789', '1e-5']) {
    const response = await ask(201, 'POST', '/Observation', text(value));
    assert.ok((await response.text()).includes(`"value":${value}}`), value);
  }
  for (const bad of [
    '"x":[]',
    '"name":[]',
    '"name":[{}]',
    '"gender":""',
    '"gender":"male","gender":"female"',
    '"name":null',
  ])
    await ask(400, 'POST', '/Patient', `{"resourceType":"Patient",${bad}}`);
  const extended = { _birthDate: { extension: [{ url: 'http://x.example/why', valueString: 'unknown' }] } };
  const stored = (await (await ask(201, 'POST', '/Patient', patient(extended))).json()) as Resource;
  assert.deepEqual(stored._birthDate, extended._birthDate);
});

test('N26: XML in and out, nothing lost; no DTD, no unknown element, the namespace is needed', async (t) => {
  const { ask, send, token } = await clinicFor(t);
  const xml = [
    '<Observation xmlns="http://hl7.org/fhir"><status value="final"/>',
    '<code><coding><system value="http://loinc.org"/><code value="718-7"/></coding></code>',
    '<valueQuantity><value value="0.10"/><unit value="g/dL"/></valueQuantity></Observation>',
  ].join('');
  const headers = { 'Content-Type': xmlType, Accept: xmlType };
  const created = await (await ask(201, 'POST', '/Observation', xml, headers)).text();
  assert.match(created, /^(<\?xml[^>]*\?>)?\s*<Observation xmlns="http:\/\/hl7.org\/fhir">/);
  assert.match(created, /<value value="0.10"\/>/);
  const id = /<id value="([^"]+)"/.exec(created)?.[1];
  const json = await (await ask(200, 'GET', `/Observation/${id}`)).text();
  assert.match(json, /"value":0\.10\b/);
  const bundle = await (await ask(200, 'GET', '/Observation?_format=xml')).text();
  assert.match(bundle, /^(<\?xml[^>]*\?>)?\s*<Bundle xmlns/);
  const refused = async (text: string) => {
    const response = await send('/Patient', await token(), {
      method: 'POST',
      body: text,
      headers: { 'Content-Type': xmlType },
    });
    assert.equal(response.status, 400, text);
    assert.equal(((await response.json()) as Resource).resourceType, 'OperationOutcome');
  };
  await refused('<!DOCTYPE x [<!ENTITY a "b">]><Patient xmlns="http://hl7.org/fhir"><gender value="&a;"/></Patient>');
  await refused('<Patient xmlns="http://hl7.org/fhir"><bogus value="x"/></Patient>');
  await refused('<Patient><gender value="male"/></Patient>');
  await refused('<Patient xmlns="http://hl7.org/fhir">');
});

test('N27: ids and types as they are written: case matters, and nothing else is a path', async (t) => {
  const { ask, json } = await clinicFor(t);
  assertOutcome(await json(404, 'GET', '/patient'), 'not-supported');
  for (const path of ['/Foo/1', `/Patient/${'x'.repeat(65)}`, '/Patient/a_b', '/Patient//', '/Patient/a%2Fb'])
    await ask(404, 'GET', path);
});

test('N28: pages of registered origins may call, with the headers of FHIR; nobody else, and nobody by a cookie', async (t) => {
  const { send } = await clinicFor(t);
  const preflight = (origin: string) =>
    send('/Patient', undefined, {
      method: 'OPTIONS',
      headers: { Origin: origin, 'Access-Control-Request-Method': 'PATCH' },
    });
  const allowed = await preflight('https://app.example');
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example');
  const names = (header: string) => (allowed.headers.get(header) ?? '').toLowerCase().split(/,\s*/);
  for (const name of [
    'authorization',
    'content-type',
    'if-match',
    'if-none-match',
    'if-none-exist',
    'prefer',
    'x-request-id',
    'x-provenance',
  ])
    assert.ok(names('access-control-allow-headers').includes(name), name);
  for (const method of ['get', 'post', 'put', 'patch', 'delete'])
    assert.ok(names('access-control-allow-methods').includes(method));
  assert.equal(allowed.headers.get('access-control-allow-credentials'), null);
  assert.equal((await preflight('https://evil.example')).headers.get('access-control-allow-origin'), null);
  const got = await send('/Patient', undefined, { headers: { Origin: 'https://app.example' } });
  const exposed = (got.headers.get('access-control-expose-headers') ?? '').toLowerCase();
  for (const name of ['location', 'etag', 'last-modified', 'content-location', 'www-authenticate'])
    assert.ok(exposed.includes(name), name);
});

test('N31: HEAD is GET without the body', async (t) => {
  const { ask, create } = await clinicFor(t);
  const { id } = await create(patient());
  const head = await ask(200, 'HEAD', `/Patient/${id}`);
  assert.equal(head.headers.get('etag'), 'W/"1"');
  assert.equal(await head.text(), '');
  await ask(404, 'HEAD', '/Patient/none');
});
