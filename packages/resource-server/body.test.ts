import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base, createSmallClinic, observation } from './testing/clinic.ts';

test('Q24: limits of a body and a URL, at and past them', async () => {
  const sample = JSON.stringify(observation('x', 'a', 'laboratory'));
  const { clinic, token } = await createSmallClinic({
    limits: { bodyBytes: sample.length, jsonDepth: 5, formBytes: 19, urlCharacters: 120 },
  });
  const post = async (body: BodyInit, headers: Record<string, string> = {}) =>
    (
      await clinic.send('/Observation', token, {
        method: 'POST',
        body,
        duplex: 'half',
        headers: { 'Content-Type': 'application/fhir+json', ...headers },
      } as RequestInit)
    ).status;
  assert.equal(await post(sample), 201);
  assert.equal(await post(`${sample} `), 413);
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulled += 1;
      controller.enqueue(new Uint8Array(100).fill(0x20));
    },
  });
  assert.equal(await post(endless), 413, 'while it streams');
  assert.ok(pulled < 20, `${pulled} chunks were read`);
  assert.equal(await post(`{"resourceType":"Observation","a":${'['.repeat(3)}1${']'.repeat(3)}}`), 400);
  assert.equal(await post(`{"a":${'['.repeat(5)}1${']'.repeat(5)}}`), 400);
  assert.equal(await post('{"resourceType":"Observation","status":"final","status":"final"}'), 400, 'a key twice');
  assert.equal(await post('{"resourceType":"Observation","__proto__":{"polluted":1}}'), 400);
  assert.equal(await post(new Uint8Array([0x7b, 0xff, 0x7d])), 400, 'not UTF-8');
  for (const body of ['', '[]', 'null', '1', '"x"', '{', '{}']) assert.equal(await post(body), 400, body);
  const form = async (body: string) =>
    (
      await clinic.send('/Observation/_search', token, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      })
    ).status;
  assert.equal(await form('category=laboratory'), 200);
  assert.equal(await form('category=laboratory&'), 413);
  const path = `/Observation?category=`;
  const room = 120 - `${base}${path}`.length;
  assert.equal((await clinic.send(path + 'x'.repeat(room), token)).status, 200);
  assert.equal((await clinic.send(path + 'x'.repeat(room + 1), token)).status, 414);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});
