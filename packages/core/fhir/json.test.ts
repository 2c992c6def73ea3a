import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson, rewriteJson } from './json.ts';

const fault = (text: string, depth?: number) => {
  const parsed = parseJson(text, depth === undefined ? {} : { depth });
  return parsed.kind === 'fault' ? parsed.fault : parsed.kind;
};
const rewritten = (text: string) => {
  const parsed = parseJson(text);
  assert.equal(parsed.kind, 'ok');
  return rewriteJson(text, parsed.kind === 'ok' ? parsed.members : [], {
    id: 'a',
    meta: { versionId: '2', lastUpdated: '2026-01-01T00:00:00.000Z' },
  });
};
const ours = '"versionId":"2","lastUpdated":"2026-01-01T00:00:00.000Z"';

test('depth is allowed up to the limit and refused one past it (Q24)', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  assert.equal(fault(nested(64)), 'ok');
  assert.equal(fault(nested(65)), 'depth');
  assert.equal(fault(nested(3), 3), 'ok');
  assert.equal(fault(nested(4), 3), 'depth');
  assert.equal(fault(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`), 'depth');
  assert.equal(fault(nested(1_000_000)), 'depth');
  assert.equal(fault('{"a":'.repeat(1_000_000)), 'depth');
});

test('duplicate keys are refused however they are written, with their path (N25)', () => {
  assert.equal(fault('{"a":1,"a":2}'), 'duplicate-key');
  assert.equal(fault('{"a":1,"\\u0061":2}'), 'duplicate-key');
  assert.equal(fault('[{"a":1},{"a":2}]'), 'ok');
  assert.equal(fault('{"a":{"b":1},"b":{"a":1}}'), 'ok');
  const many = Array.from({ length: 5000 }, (_, i) => `"k${i}":${i}`).join(',');
  assert.equal(fault(`{${many}}`), 'ok');
  assert.equal(fault(`{${many},"k17":1}`), 'duplicate-key');
  assert.deepEqual(parseJson('{"resourceType":"Patient","name":[{"family":"x"},{"given":["a",{"z":1,"z":2}]}]}'), {
    kind: 'fault',
    fault: 'duplicate-key',
    position: 70,
    path: 'Patient.name[1].given[1].z',
  });
});

test('prototype names are refused, and nothing is polluted (Q26)', () => {
  for (const text of [
    '{"__proto__":{"polluted":1}}',
    '{"a":[{"__proto__":{"polluted":1}}]}',
    '{"\\u005f_proto__":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
  ])
    assert.equal(fault(text), 'proto', text);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
  assert.equal(fault('{"a":"__proto__"}'), 'ok');
});

test('what is no JSON is a syntax fault', () => {
  for (const text of [
    '',
    '{',
    '}',
    ']',
    '"',
    '{"a"}',
    '{"a":1,}',
    '[1,]',
    '{a:1}',
    '01',
    '{"a":1}{"b":2}',
    '{"a":1}}',
    "{'a':1}",
    '"\\x"',
    '{"\\x":1}',
    '"\\',
    'NaN',
    '\uFEFF{}',
    '{"a":"\n"}',
    '[1}',
    'nul',
    '// x\n1',
  ])
    assert.equal(fault(text), 'syntax', text);
});

test('the pass agrees with JSON.parse on every value', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      const parsed = parseJson(text);
      if (parsed.kind === 'fault') assert.ok(parsed.fault === 'proto', parsed.fault);
      else assert.deepEqual(parsed.value, JSON.parse(text));
    }),
  );
});

test('members are the spans of the outermost object', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 20 }),
      fc.constantFrom(0, 1, 3),
      (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        const parsed = parseJson(text);
        if (parsed.kind === 'fault') return;
        assert.deepEqual(
          parsed.members.map(({ key }) => key),
          Object.keys(JSON.parse(text)),
        );
        for (const { key, valueStart, valueEnd } of parsed.members)
          assert.deepEqual(JSON.parse(text.slice(valueStart, valueEnd)), JSON.parse(text)[key]);
      },
    ),
  );
});

test('a stored body differs from what was sent by id and meta alone: 0.10 stays 0.10 (N25)', () => {
  assert.equal(
    rewritten(
      '{ "resourceType" : "Observation" ,\n "id":"x", "meta" : {"versionId":"9", "tag":[{"code":"t"}], "source":"#s"} , "valueQuantity":{"value":0.10, "n":12345678901234567890} }',
    ),
    `{ "resourceType" : "Observation" ,\n "id":"a", "meta" : {${ours},"tag":[{"code":"t"}],"source":"#s"} , "valueQuantity":{"value":0.10, "n":12345678901234567890} }`,
  );
});

test('id and meta are added where they are missing', () => {
  assert.equal(rewritten('{"resourceType":"Patient"}'), `{"resourceType":"Patient","id":"a","meta":{${ours}}}`);
  assert.equal(
    rewritten('{"active":true,"resourceType":"Patient","id":"b"}'),
    `{"active":true,"resourceType":"Patient","meta":{${ours}},"id":"a"}`,
  );
  assert.equal(rewritten('{"x":1}'), `{"id":"a","meta":{${ours}},"x":1}`);
  assert.equal(rewritten('{}'), `{"id":"a","meta":{${ours}}}`);
  assert.equal(rewritten('{"meta":{},"id":"b"}'), `{"meta":{${ours}},"id":"a"}`);
});

test('of meta, versionId and lastUpdated go with their extensions, all else stays as written', () => {
  assert.equal(
    rewritten(
      '{"resourceType":"P","meta":{"lastUpdated":"x","_lastUpdated":{"id":"l"},"security": [ {"code":"R"} ],"extension":[{"url":"u","valueDecimal":1.0}]},"id":"a"}',
    ),
    `{"resourceType":"P","meta":{${ours},"security": [ {"code":"R"} ],"extension":[{"url":"u","valueDecimal":1.0}]},"id":"a"}`,
  );
});
