import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSmallClinic, observation, sending } from './testing/clinic.ts';

test('N23: what Prefer says is returned', async () => {
  const { clinic, token } = await createSmallClinic();
  const post = async (prefer: string) => {
    const sent = sending('POST', observation('x', 'a', 'laboratory'), { Prefer: prefer });
    return clinic.send('/Observation', token, sent);
  };
  assert.equal(await (await post('return=minimal')).text(), '');
  assert.match(await (await post('respond-async, return=OperationOutcome')).text(), /OperationOutcome/);
  assert.match(await (await post('return=representation')).text(), /"Observation"/);
  assert.equal((await clinic.send('/Observation?x=1', token)).status, 200);
  const strict = await clinic.send('/Observation?x=1', token, { headers: { Prefer: 'handling=strict' } });
  assert.equal(strict.status, 400);
});

test('N21, N22: representations that are asked for and sent', async () => {
  const { clinic, token } = await createSmallClinic();
  const get = async (path: string, accept?: string) =>
    (await clinic.send(path, token, accept === undefined ? {} : { headers: { Accept: accept } })).status;
  for (const accept of [
    'application/fhir+json',
    'application/json',
    'text/json',
    'application/json+fhir',
    '*/*',
    'application/*;q=0.5',
    'text/html, */*;q=0.1',
    'application/fhir+json; fhirVersion=4.0',
    undefined,
  ]) {
    assert.equal(await get('/Observation/o1', accept), 200, accept);
  }
  for (const accept of [
    'application/fhir+xml',
    'text/html',
    'application/fhir+json;q=0',
    'application/fhir+json; fhirVersion=5.0',
  ]) {
    assert.equal(await get('/Observation/o1', accept), 406, accept);
  }
  assert.equal(await get('/Observation/o1?_format=json', 'application/fhir+xml'), 200);
  assert.equal(await get('/Observation/o1?_format=application/fhir%2Bjson'), 200);
  assert.equal(await get('/Observation/o1?_format=application/fhir+json'), 200, 'a plus that became a space');
  assert.equal(await get('/Observation/o1?_format=xml', 'application/fhir+json'), 406);
  assert.equal(await get('/metadata?_format=xml'), 406);
  const body = JSON.stringify(observation('x', 'a', 'laboratory'));
  for (const [type, status] of [
    ['application/fhir+json', 201],
    ['application/json;charset=UTF-8', 201],
    ['application/json+fhir', 201],
    ['application/fhir+xml', 415],
    ['text/plain', 415],
    ['application/fhir+json;charset=latin1', 415],
    ['application/fhir+json;fhirVersion=3.0', 415],
  ] as const) {
    assert.equal(
      (await clinic.send('/Observation', token, { method: 'POST', body, headers: { 'Content-Type': type } })).status,
      status,
      type,
    );
  }
  const zipped = sending('POST', body, { 'Content-Encoding': 'gzip' });
  assert.equal((await clinic.send('/Observation', token, zipped)).status, 415);
});
