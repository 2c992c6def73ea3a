import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base, createSmallClinic, observation, sending } from './testing/clinic.ts';

test('N01, N02, N03, N04: create, read, vread, update, delete and what their headers say', async () => {
  const { clinic, token } = await createSmallClinic();
  const json =
    '{"resourceType":"Observation","id":"mine","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/a"},"valueQuantity":{"value":0.10}}';
  const created = await clinic.send('/Observation', token, sending('POST', json));
  assert.equal(created.status, 201);
  const location = created.headers.get('location') ?? '';
  assert.match(location, new RegExp(`^${base}/Observation/[0-9a-f-]{36}/_history/1$`));
  assert.equal(created.headers.get('etag'), 'W/"1"');
  assert.match(created.headers.get('last-modified') ?? '', /GMT$/);
  assert.match(await created.text(), /"value":0\.10/);
  const path = location.slice(base.length, location.indexOf('/_history'));
  const id = path.split('/')[2] ?? '';
  const read = await clinic.send(path, token);
  assert.equal(read.status, 200);
  assert.equal(read.headers.get('content-type'), 'application/fhir+json;charset=utf-8');
  assert.equal(read.headers.get('cache-control'), 'private, no-store');
  assert.match(await read.text(), /"value":0\.10/, 'decimals keep their precision');
  const cached = await clinic.send(path, token, { headers: { 'If-None-Match': 'W/"1"' } });
  assert.deepEqual([cached.status, await cached.text()], [304, '']);
  const update = json.replace('mine', id).replace('0.10', '0.20');
  const updated = await clinic.send(path, token, sending('PUT', update, { 'If-Match': 'W/"1"' }));
  assert.deepEqual(
    [updated.status, updated.headers.get('etag'), updated.headers.get('location')],
    [200, 'W/"2"', null],
  );
  assert.match(await (await clinic.send(`${path}/_history/1`, token)).text(), /0\.10/);
  assert.equal((await clinic.send(`${path}/_history/3`, token)).status, 404);
  for (const wrong of [json, json.replace('"id":"mine",', ''), json.replace('Observation', 'Condition')]) {
    assert.equal((await clinic.send(path, token, sending('PUT', wrong))).status, 400);
  }
  const history = (await (await clinic.send(`${path}/_history`, token)).json()) as {
    type: string;
    entry: { request: { method: string; url: string }; response: { status: string; etag: string } }[];
  };
  assert.equal(history.type, 'history');
  assert.deepEqual(
    history.entry.map(({ request, response }) => [request.method, request.url, response.status, response.etag]),
    [
      ['PUT', `Observation/${id}`, '200', 'W/"2"'],
      ['POST', 'Observation', '201', 'W/"1"'],
    ],
  );
  assert.equal((await clinic.send(path, token, { method: 'DELETE' })).status, 204);
  assert.equal((await clinic.send('/Observation/never-was', token, { method: 'DELETE' })).status, 204, 'N07, E66');
  const unborn = sending('PUT', observation('never-was', 'a', 'laboratory'));
  const refused = await clinic.send('/Observation/never-was', token, unborn);
  assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD, DELETE'], 'E65');
});

test('N31: HEAD is as GET without a body', async () => {
  const { clinic, token } = await createSmallClinic();
  const response = await clinic.send('/Observation/o1', token, { method: 'HEAD' });
  assert.deepEqual([response.status, response.headers.get('etag'), await response.text()], [200, 'W/"1"', '']);
  assert.equal(clinic.audit.at(-1)?.event, 'read');
});

test('what is not there: paths, types, methods', async () => {
  const { clinic, token } = await createSmallClinic();
  const get404 = [
    '/Observations',
    '/observation',
    '/AuditEvent/1',
    '/Observation/',
    '/Observation/$lastn',
    '/Observation/$everything',
    '/Patient/$everything',
    '/$export',
    '/Patient/a/Observation',
    '/Patient/a/*',
    '/Patient/a/$lastn',
    '/$everything',
    `/Observation/${'x'.repeat(65)}`,
    '/Observation/o1/_history/1/2',
    '/Observation/o1/other',
    '/%00',
    '/__proto__',
    '/constructor/1',
  ];
  for (const path of get404) {
    const response = await clinic.send(path, token);
    assert.equal(response.status, 404, path);
    assert.match(await response.text(), /OperationOutcome/);
  }
  const refused: [string, string, string][] = [
    ['POST', '/Observation/o1', 'GET, HEAD, PUT, PATCH, DELETE'],
    ['GET', '/Observation/_search', 'POST'],
    ['POST', '/Observation/_history', 'GET, HEAD'],
    ['POST', '/Observation/o1/_history', 'GET, HEAD'],
    ['DELETE', '/Observation/o1/_history/1', 'GET, HEAD'],
    ['DELETE', '/', 'GET, HEAD, POST'],
    ['GET', '/_search', 'POST'],
    ['PUT', '/_history', 'GET, HEAD'],
    ['DELETE', '/Patient/a/$everything', 'GET, HEAD, POST'],
    ['POST', '/Patient/a/$meta', 'GET, HEAD'],
  ];
  for (const [method, path, allow] of refused) {
    const response = await clinic.send(path, token, { method });
    assert.deepEqual([response.status, response.headers.get('allow')], [405, allow], `${method} ${path}`);
  }
});

test('E59: a mutated path or method takes the same decision path', async () => {
  const { clinic, token } = await createSmallClinic();
  const narrow = await clinic.token({ scope: 'patient/Observation.r' });
  const mutated = [
    '/Observation//o2',
    '//Observation/o2',
    '/Observation/o2/',
    '/Observation%2Fo2',
    '/Observation/o%32',
    '/%4fbservation/o2',
    '/Observation;x/o2',
    '/Observation/o2;x',
    '/observation/o2',
    '/OBSERVATION/o2',
    '/./Observation/o2',
    '/Patient/../Observation/o2',
    '/Patient/%2e%2e/Observation/o2',
    '/Observation/o2.json',
    '/Observation/o2?_format=json',
    '/Observation\\o2',
    '/Observation/o2#x',
    '/Observation/o2%00',
    '/Observation/o2%20',
    '/Observation/O2',
    '/../fhir/Observation/o2',
    '/Observation/o2?patient=a',
    '/Observation/o2/_history/1',
    '/Observation/o2/_history',
  ];
  for (const path of mutated) assert.equal((await clinic.send(path, token)).status, 404, path);
  const override = { 'X-HTTP-Method-Override': 'DELETE', 'X-HTTP-Method': 'PUT', 'X-Method-Override': 'DELETE' };
  assert.equal((await clinic.send('/Observation/o1', narrow, { headers: override })).status, 200);
  assert.equal((await clinic.send('/Observation/o1?_method=DELETE', narrow)).status, 200);
  assert.deepEqual(new Set(clinic.calls.filter((call) => call === 'delete' || call === 'update')), new Set());
  assert.equal((await clinic.send('/Condition?_type=Observation', narrow)).status, 403);
});
