/** XML that is refused, and what is told of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xmlToJson } from './parse.ts';

const fhir = 'xmlns="http://hl7.org/fhir"';
const xhtml = 'xmlns="http://www.w3.org/1999/xhtml"';
const read = (xml: string, depth = 64) => {
  const result = xmlToJson(xml, { depth });
  return result.kind === 'ok' ? result.json : `${result.fault.path}: ${result.fault.message}`;
};
const patient = (inner: string) => read(`<Patient ${fhir}>${inner}</Patient>`);

test('N26: elements, primitives, attributes', () => {
  assert.equal(
    read(
      `<?xml version="1.0" encoding="utf-8"?>\n<!-- a -->\n<Patient ${fhir}>\n <id value="p"/><!-- b -->\n <active value="true"/>\n <name id="n"><family value="a&#10;b&amp;"/><given value="x"></given><given id="g"/></name>\n <multipleBirthInteger value="2"/></Patient>\n`,
    ),
    '{"resourceType":"Patient","id":"p","active":true,"name":[{"id":"n","family":"a\\nb&","given":["x",null],"_given":[null,{"id":"g"}]}],"multipleBirthInteger":2}',
  );
  assert.equal(
    read(`<f:Patient xmlns:f="http://hl7.org/fhir"><f:active value="false"/></f:Patient>`),
    '{"resourceType":"Patient","active":false}',
    'a prefix is as good as a default namespace',
  );
});

test('N26: unknown elements and attributes are refused with their path', () => {
  const told = (xml: string) => patient(xml).split(':')[0];
  assert.equal(told('<nickname value="x"/>'), 'Patient.nickname');
  assert.equal(told('<name><family value="x"/></name><name><nick value="x"/></name>'), 'Patient.name[1].nick');
  assert.equal(told('<contact><nonsense value="x"/></contact>'), 'Patient.contact[0].nonsense');
  assert.equal(told('<name><id value="x"/></name>'), 'Patient.name[0].id', 'an id of an element is an attribute');
  assert.equal(told('<extension><url value="x"/></extension>'), 'Patient.extension[0].url');
  assert.equal(told('<name value="x"/>'), 'Patient.name[0]');
  assert.equal(told('<active value="true" other="x"/>'), 'Patient.active');
  assert.equal(told('<active value="true" xml:lang="de"/>'), 'Patient.active');
  assert.equal(told('<__proto__ value="x"/>'), 'Patient.__proto__');
  assert.equal(told('<constructor value="x"/>'), 'Patient.constructor');
  assert.equal(told('<resourceType value="x"/>'), 'Patient.resourceType');
  assert.equal(told('<_active value="x"/>'), 'Patient._active');
  assert.match(read(`<Patient ${fhir} id="x"><active value="true"/></Patient>`), /^Patient:/);
  assert.match(
    read(`<Patient ${fhir} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"/>`),
    /^Patient:/,
  );
});

test('N26: order, repetition and forms of a choice', () => {
  assert.match(patient('<gender value="male"/><active value="true"/>'), /^Patient.active: .*order/);
  assert.match(patient('<active value="true"/><active value="true"/>'), /^Patient.active: .*repeat/);
  assert.match(
    patient('<name><text value="a"/></name><gender value="male"/><name><text value="b"/></name>'),
    /^Patient.name: /,
  );
  assert.match(patient('<deceasedBoolean value="true"/><deceasedDateTime value="2020"/>'), /one form of deceased\[x\]/);
});

test('N26: values', () => {
  for (const wrong of [
    '<active value="yes"/>',
    '<active value="TRUE"/>',
    '<active value=""/>',
    '<active/>',
    '<name/>',
    '<name><given/></name>',
    '<multipleBirthInteger value="1 "/>',
    '<multipleBirthInteger value="0x1"/>',
    '<multipleBirthInteger value="1.0"/>',
    '<multipleBirthInteger value="1e2"/>',
    '<multipleBirthInteger value="NaN"/>',
    '<active value="true">text</active>',
    '<active value="true"><![CDATA[text]]></active>',
    'text',
  ])
    assert.match(patient(wrong), /^Patient/, wrong);
  for (const wrong of ['+1', '.5', '1.', '01', 'INF', '1e', '--1', '1,0'])
    assert.match(
      read(`<Observation ${fhir}><valueQuantity><value value="${wrong}"/></valueQuantity></Observation>`),
      /^Observation.valueQuantity.value: not a valid decimal/,
    );
});

test('N26: namespaces', () => {
  assert.match(read('<Patient><active value="true"/></Patient>'), /namespace/);
  assert.match(read('<Patient xmlns="urn:hl7-org:v3"/>'), /namespace/);
  assert.match(patient('<x:active xmlns:x="urn:x" value="true"/>'), /^Patient.active: .*namespace/);
  assert.match(patient(`<text><status value="generated"/><div>a</div></text>`), /^Patient.text.div: .*namespace/);
  assert.match(
    patient(`<text><status value="generated"/><h:div xmlns:h="http://www.w3.org/1999/xhtml">a</h:div></text>`),
    /^Patient.text.div: /,
  );
  assert.match(
    patient(`<text><status value="generated"/><div ${xhtml}><x xmlns="urn:x"/></div></text>`),
    /^Patient.text.div: /,
  );
  assert.match(read(`<Nonsense ${fhir}/>`), /^Nonsense: not a resource type/);
});

test('N26: resources within resources', () => {
  assert.match(patient('<contained/>'), /^Patient.contained\[0\]: one resource/);
  assert.match(patient('<contained><Basic/><Basic/></contained>'), /^Patient.contained\[0\]: one resource/);
  assert.match(patient('<contained id="x"><Basic><id value="a"/></Basic></contained>'), /^Patient.contained\[0\]: /);
  assert.match(patient('<contained><Nonsense/></contained>'), /^Patient.contained\[0\]: not a resource type/);
});

test('Q25: no DTD, no entities, no processing instructions, no other version or encoding', () => {
  const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
  for (const [xml, told] of [
    [
      `<!DOCTYPE Patient [<!ENTITY l0 "lol">${laughs}]><Patient ${fhir}><active value="&l9;"/></Patient>`,
      /document type/,
    ],
    [
      `<!DOCTYPE Patient [<!ENTITY x SYSTEM "file:///etc/passwd">]><Patient ${fhir}><language value="&x;"/></Patient>`,
      /document type/,
    ],
    [`<!DOCTYPE Patient SYSTEM "http://evil.example/x.dtd"><Patient ${fhir}/>`, /document type/],
    [`<Patient ${fhir}><language value="&nbsp;"/></Patient>`, /well-formed/],
    [`<?xml-stylesheet href="http://evil.example"?><Patient ${fhir}/>`, /processing instruction/],
    [`<Patient ${fhir}><?php x ?></Patient>`, /processing instruction/],
    [`<?xml version="1.1"?><Patient ${fhir}/>`, /1\.0|well-formed/],
    [`<?xml version="1.0" encoding="UTF-16"?><Patient ${fhir}/>`, /UTF-8/],
    [`<Patient ${fhir}><active value="true" value="false"/></Patient>`, /well-formed/],
    [`<Patient ${fhir}><active value="true"></Patient>`, /well-formed/],
    [`<Patient ${fhir}><active value="a<b"/></Patient>`, /well-formed/],
    [`<Patient ${fhir}/><Patient ${fhir}/>`, /well-formed/],
    [`<Patient ${fhir}><language value="&#0;"/></Patient>`, /well-formed/],
    [`<Patient ${fhir}><language value="\u0001"/></Patient>`, /well-formed/],
    ['', /well-formed/],
    ['{"resourceType":"Patient"}', /well-formed/],
  ] as const)
    assert.match(read(xml), told, xml.slice(0, 80));
});

test('Q24: depth at the limit and past it, however long the text', () => {
  const extensions = (depth: number) =>
    `<Patient ${fhir}>${'<extension url="u">'.repeat(depth - 2)}<valueCode value="x"/>${'</extension>'.repeat(depth - 2)}</Patient>`;
  assert.match(read(extensions(20), 20), /^\{/);
  assert.match(read(extensions(21), 20), /too deep/);
  assert.match(read('<extension>'.repeat(1_000_000)), /namespace|deep/);
  assert.match(read(`<Patient ${fhir}>${'<extension url="u">'.repeat(1_000_000)}`), /too deep/);
  assert.match(
    read(`<Patient ${fhir}><text><status value="generated"/><div ${xhtml}>${'<b>'.repeat(1_000_000)}`),
    /too deep/,
  );
});

test('Q24: what is told repeats nothing of the document', () => {
  assert.ok(!patient('<active value="secret"/>').includes('secret'));
  assert.ok(patient(`<${'n'.repeat(5000)}/>`).length < 400);
});
