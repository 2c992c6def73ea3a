/** JSON to XML and back: nothing is lost, not a digit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Exact, isExactNumber, isExactObject, parseExact } from '@affinity/core/fhir/exact-json.ts';
import { arbitraryResource } from '@affinity/core/testing/arbitrary-resource.ts';
import fc from 'fast-check';
import { encode } from '../format.ts';
import { packageResources, withoutPackage } from '../testing/package-examples.ts';
import { xmlToJson } from './parse.ts';

/** The same value with members in one order, numbers as their text: what may differ between two JSON texts is gone. */
const canonical = (value: Exact): unknown => {
  if (isExactNumber(value)) return { number: value.rawJSON };
  if (Array.isArray(value)) return value.map(canonical);
  if (!isExactObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, canonical(value[key] as Exact)]),
  );
};
const toXml = (json: string, pretty = false): string => {
  const xml = encode(json, { format: 'xml', pretty });
  assert.equal(typeof xml, 'string', xml instanceof Error ? `${xml.message} ${JSON.stringify(xml)}` : '');
  return String(xml);
};
const toJson = (xml: string): string => {
  const read = xmlToJson(xml, { depth: 64 });
  if (read.kind === 'fault') assert.fail(`${read.fault.message} ${read.fault.path} ${xml.slice(0, 2000)}`);
  return read.json;
};
const assertRoundTrip = (json: string): void => {
  const expected = canonical(parseExact(json));
  for (const pretty of [false, true]) {
    const xml = toXml(json, pretty);
    assert.deepEqual(canonical(parseExact(toJson(xml))), expected);
    assert.equal(toXml(toJson(xml), pretty), xml, 'XML to JSON to XML');
  }
};
const resource = (json: string) => `{"resourceType":"Observation","id":"o",${json}}`;

test('N25, N26: decimals keep their text', () => {
  for (const text of [
    '0.10',
    '1.0',
    '1',
    '-0.00',
    '1e3',
    '1.50E-10',
    '12345678901234567890.123456789012345678901',
    '100',
  ])
    assert.match(
      toJson(toXml(resource(`"valueQuantity":{"value":${text}}`))),
      new RegExp(`"value":${text.replaceAll('.', '\\.')}}`),
    );
  assertRoundTrip(resource('"valueQuantity":{"value":0.10}'));
  assertRoundTrip(resource('"valueInteger":7,"note":[{"text":"x"}]'));
});

test('N26: what XML writes otherwise than JSON', () => {
  for (const json of [
    resource('"valueBoolean":false'),
    resource('"status":"final","_status":{"id":"s","extension":[{"url":"u","valueDecimal":1.10}]}'),
    resource('"_status":{"extension":[{"url":"u","valueCode":"unknown"}]}'),
    '{"resourceType":"Patient","name":[{"id":"n1","given":["a",null,"c"],"_given":[null,{"id":"g"},{"extension":[{"url":"u","valueString":"v"}]}]}]}',
    '{"resourceType":"Patient","name":[{"given":[null,"b"],"_given":[{"extension":[{"url":"u","valueString":"v"}]}]}]}'.replace(
      '"v"}]}]}]}',
      '"v"}]},null]}]}',
    ),
    '{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"a"},{"resourceType":"Practitioner","id":"b"}],"managingOrganization":{"reference":"#a"}}',
    '{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Binary","contentType":"text/plain","data":"QQ=="}},{"resource":{"resourceType":"Patient","active":true}}]}',
    '{"resourceType":"Parameters","parameter":[{"name":"a","part":[{"name":"b","valueQuantity":{"value":1.10}},{"name":"c","resource":{"resourceType":"Basic","code":{"text":"x"}}}]}]}',
    '{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"group","item":[{"linkId":"1.1","type":"string","item":[{"linkId":"1.1.1","type":"display"}]}]}]}',
    '{"resourceType":"Patient","extension":[{"url":"a","extension":[{"url":"b","id":"x","valueAddress":{"line":["1","2"]}}]}]}',
    '{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"display":"x"},"occurrenceTiming":{"repeat":{"boundsPeriod":{"start":"2020"},"frequency":1,"when":["MORN"]}}}',
  ])
    assertRoundTrip(json);
});

test('N26: characters of attributes and of the narrative', () => {
  for (const text of ['a\nb\tc\rd', '  spaces  ', '<&>"\'', ']]>', '&amp;', '😀 Łoś', '\u0085\u2028', '{"a":1}'])
    assertRoundTrip(JSON.stringify({ resourceType: 'Patient', name: [{ text }] }));
  const xhtml = 'xmlns="http://www.w3.org/1999/xhtml"';
  for (const div of [
    `<div ${xhtml}>a &amp; b &#160; <b class='x'>c</b><br/><!-- note --> é</div>`,
    `<div ${xhtml} id="x">\n  <p>a</p>\n</div>`,
    `<div ${xhtml}><div>inner</div></div>`,
  ])
    assertRoundTrip(JSON.stringify({ resourceType: 'Patient', text: { status: 'generated', div }, active: true }));
});

test('N26: elements stand in the order of their definitions, whatever their order in JSON', () => {
  assert.equal(
    toXml(
      '{"active":true,"_active":{"id":"a"},"name":[{"given":["x"],"family":"y"}],"id":"p","resourceType":"Patient"}',
    ),
    '<?xml version="1.0" encoding="UTF-8"?><Patient xmlns="http://hl7.org/fhir"><id value="p"/><active id="a" value="true"/><name><family value="y"/><given value="x"/></name></Patient>',
  );
  assert.equal(
    toXml('{"resourceType":"Patient","id":"p","name":[{"family":"y"}]}', true),
    '<?xml version="1.0" encoding="UTF-8"?>\n<Patient xmlns="http://hl7.org/fhir">\n  <id value="p"/>\n  <name>\n    <family value="y"/>\n  </name>\n</Patient>',
  );
});

test('N26: a narrative that is no XHTML is shown as text, so that the document stays sound', () => {
  const xml = toXml(JSON.stringify({ resourceType: 'Patient', text: { status: 'generated', div: '<div>a<br>b' } }));
  assert.match(xml, /<div xmlns="http:\/\/www\.w3\.org\/1999\/xhtml">&lt;div&gt;a&lt;br&gt;b<\/div>/);
  toJson(xml);
});

test('N26: what XML has no place for is refused with its path, not left out', () => {
  for (const [json, path] of [
    ['{"resourceType":"Patient","nickname":"x"}', 'Patient.nickname'],
    ['{"resourceType":"Patient","contact":[{"nonsense":1}]}', 'Patient.contact[0].nonsense'],
    ['{"resourceType":"Patient","name":{"family":"x"}}', 'Patient.name'],
    ['{"resourceType":"Patient","active":{"x":1}}', 'Patient.active'],
    ['{"resourceType":"Nonsense"}', 'Nonsense'],
    ['[]', '$'],
  ] as const) {
    const refused = encode(json, { format: 'xml', pretty: false });
    assert.ok(typeof refused !== 'string' && refused.status === 406, json);
    assert.deepEqual(refused.issues[0]?.expression, [path]);
  }
});

test('N26: arbitrary resources survive', () => {
  fc.assert(fc.property(arbitraryResource(), (made) => assertRoundTrip(JSON.stringify(made))));
});

test('N26: every resource of US Core 6.1.0 survives', { skip: withoutPackage }, async () => {
  let count = 0;
  for await (const json of packageResources()) {
    assertRoundTrip(json);
    count += 1;
  }
  assert.ok(count > 300, `${count} resources`);
});
