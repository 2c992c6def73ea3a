/** The compiled paths of every search parameter find what HL7's own expression finds. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { evaluate } from '../testing/fhirpath.ts';
import expressions from './definitions/search-expressions.json' with { type: 'json' };
import { extract } from './extract.ts';
import { valuesAt } from './path-values.ts';
import type { Resource } from './resource.ts';
import { type SearchParameter, searchParameter, searchParametersOf } from './search-parameter.ts';

type Expressions = Readonly<Record<string, string | readonly string[]>>;
const byType = new Map<string, Expressions>(Object.entries(expressions));
const sorted = (values: readonly unknown[]) =>
  [...new Set(values.map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))))].sort();

/** References that count: the type test is part of extraction, so that it is asked. */
const kept = (resource: Resource, { code }: SearchParameter, target: string, values: readonly unknown[]) => {
  const { references, foreignReferences } = extract(resource, []);
  const found = new Set([
    ...references.filter(({ param }) => param === code).map(({ type, id }) => `${type}/${id}`),
    ...foreignReferences.filter(({ param }) => param === code).map(({ url }) => url),
  ]);
  return values.filter((value) => {
    const { reference, type } = value as { reference?: string; type?: string };
    return reference === undefined ? type === target : found.has(reference);
  });
};

/** What the paths of a parameter find. */
const actualOf = (resource: Resource, parameter: SearchParameter): readonly unknown[] => {
  const { code, paths } = parameter;
  if (paths.some(({ type }) => type === 'exists'))
    return extract(resource, [])
      .tokens.filter(({ param }) => param === code)
      .map((token) => token.code);
  return paths.flatMap((path) => {
    const values = valuesAt(resource, path);
    return path.target === undefined ? values : kept(resource, parameter, path.target, values);
  });
};

/** For each element of a composite, what each component finds in it, by its paths and by its expression. */
const compareComponents = (resource: Resource, parameter: SearchParameter, own: readonly string[]): void => {
  const [expression = '', ...parts] = own;
  const elements = parameter.paths.flatMap((path) => valuesAt(resource, path)) as Resource[];
  assert.equal(parameter.components?.length, parts.length);
  for (const [at, part] of parts.entries()) {
    const component: SearchParameter | undefined = parameter.components?.[at];
    const actual: string[][] = elements.map((element) =>
      sorted(
        (component?.paths ?? []).flatMap((path) => valuesAt(path.fromResource === true ? resource : element, path)),
      ),
    );
    const inside = /^%resource\./.test(part) ? part : `(${expression}).select(${part})`;
    assert.deepEqual(sorted(actual.flat()), sorted(evaluate(inside, resource)), `${parameter.code} ${inside}`);
  }
};

/** Compares all parameters of the resource's type; answers how many had a value. */
const compare = (resource: Resource): number => {
  let found = 0;
  for (const parameter of searchParametersOf(resource.resourceType)) {
    const { code } = parameter;
    const of = byType.get(resource.resourceType)?.[code];
    if (of === undefined) continue;
    const expression = typeof of === 'string' ? of : (of[0] ?? '');
    const expected = sorted(evaluate(expression, resource));
    assert.deepEqual(
      sorted(actualOf(resource, parameter)),
      expected,
      `${resource.resourceType}.${code}: ${expression}`,
    );
    if (typeof of !== 'string') compareComponents(resource, parameter, of);
    if (expected.length > 0) found += 1;
  }
  return found;
};

const examples: Resource[] = [
  {
    resourceType: 'Patient',
    id: 'a',
    active: true,
    name: [{ family: 'X', given: ['A', 'B'] }, { text: 'A X' }],
    telecom: [{ system: 'phone', value: '1' }, { system: 'email', value: 'a@b' }, { value: '2' }],
    birthDate: '1970-01',
    deceasedDateTime: '2020',
    address: [{ line: ['1 Road'], city: 'Y', postalCode: '7', use: 'home' }],
    communication: [{ language: { coding: [{ code: 'en' }] } }],
    link: [{ other: { reference: 'Patient/b' }, type: 'seealso' }],
    generalPractitioner: [{ reference: 'Practitioner/p' }],
  },
  { resourceType: 'Patient', id: 'b' },
  { resourceType: 'Patient', id: 'c', deceasedBoolean: false },
  { resourceType: 'Patient', id: 'd', deceasedBoolean: true },
  {
    resourceType: 'Observation',
    status: 'final',
    category: [{ coding: [{ code: 'laboratory' }, { code: 'x' }] }, { text: 'y' }],
    code: { coding: [{ system: 's', code: 'c' }] },
    subject: { reference: 'Patient/a' },
    performer: [{ reference: 'Practitioner/p' }, { reference: 'Patient/a' }],
    effectivePeriod: { start: '2020', end: '2021' },
    valueCodeableConcept: { coding: [{ code: 'v' }], text: 'positive' },
    component: [
      { code: { coding: [{ code: 'k' }] }, valueCodeableConcept: { coding: [{ code: 'w' }] } },
      { code: { coding: [{ code: 'l' }] }, valueQuantity: { value: 1 }, dataAbsentReason: { text: 'z' } },
    ],
  },
  {
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    effectiveInstant: '2020-01-01T00:00:00Z',
    valueString: 'v',
    subject: { reference: 'Group/g' },
  },
  {
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    effectiveTiming: { event: ['2020', '2021'] },
    subject: { reference: 'https://other.example/fhir/Patient/1' },
  },
  {
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    subject: { type: 'Patient', identifier: { value: '1' } },
  },
  {
    resourceType: 'MedicationRequest',
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: { coding: [{ code: 'm' }] },
    subject: { reference: 'Patient/a' },
    authoredOn: '2020-01-01',
    dosageInstruction: [{ timing: { event: ['2020-01-02'] } }],
  },
  {
    resourceType: 'MedicationRequest',
    status: 'active',
    intent: 'order',
    medicationReference: { reference: 'Medication/m' },
    subject: { reference: 'Patient/a' },
  },
  {
    resourceType: 'Condition',
    subject: { reference: 'Patient/a' },
    onsetDateTime: '2020',
    abatementString: 'gone',
    evidence: [{ code: [{ coding: [{ code: 'e' }] }], detail: [{ reference: 'Observation/o' }] }],
  },
  {
    resourceType: 'Group',
    type: 'person',
    actual: true,
    characteristic: [
      { code: { text: 'x' }, valueBoolean: true, exclude: false },
      { code: { text: 'x' }, valueCodeableConcept: { coding: [{ code: 'q' }] }, exclude: false },
    ],
    member: [{ entity: { reference: 'Patient/a' } }],
  },
  {
    resourceType: 'Appointment',
    status: 'booked',
    participant: [
      { status: 'accepted', actor: { reference: 'Patient/a' } },
      { status: 'accepted', actor: { reference: 'Location/l' } },
    ],
  },
  {
    resourceType: 'Provenance',
    target: [{ reference: 'Patient/a' }, { reference: 'Observation/o' }],
    recorded: '2020-01-01T00:00:00Z',
    agent: [{ who: { reference: 'Practitioner/p' } }],
    occurredDateTime: '2020',
  },
  {
    resourceType: 'Library',
    status: 'active',
    type: { text: 'x' },
    relatedArtifact: [
      { type: 'depends-on', resource: 'http://x/y|1' },
      { type: 'successor', resource: 'http://x/z' },
    ],
    useContext: [{ code: { code: 'focus' }, valueCodeableConcept: { coding: [{ code: 'u' }] } }],
  },
  { resourceType: 'InsurancePlan', name: 'N', alias: ['A', 'B'], contact: [{ name: { text: 'no' } }] },
  {
    resourceType: 'Questionnaire',
    status: 'active',
    item: [
      {
        linkId: '1',
        type: 'group',
        code: [{ code: 'c1' }],
        item: [{ linkId: '2', type: 'string', code: [{ code: 'c2' }] }],
      },
    ],
  },
  {
    resourceType: 'Composition',
    status: 'final',
    type: { text: 'x' },
    date: '2020',
    author: [{ display: 'x' }],
    title: 't',
    relatesTo: [
      { code: 'replaces', targetIdentifier: { value: 'i' } },
      { code: 'appends', targetReference: { reference: 'Composition/c' } },
    ],
    section: [{ entry: [{ reference: 'Observation/o' }] }],
  },
];

examples.push(
  {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ code: 'x' }] },
    meta: { source: 'urn:x' },
    valueQuantity: { value: 5, comparator: '<', code: 'mg' },
    component: [
      { code: { coding: [{ code: 'a' }] }, valueQuantity: { value: 1 } },
      {
        code: { coding: [{ code: 'b' }] },
        valueSampledData: { origin: { value: 0 }, period: 1, dimensions: 1, data: '1 2' },
      },
    ],
  },
  { resourceType: 'Observation', status: 'final', code: { coding: [{ code: 'x' }] }, valueDateTime: '2020' },
  {
    resourceType: 'MolecularSequence',
    coordinateSystem: 0,
    referenceSeq: { chromosome: { coding: [{ code: '1' }] }, windowStart: 1, windowEnd: 9 },
    variant: [
      { start: 1, end: 2 },
      { start: 3, end: 4 },
    ],
  },
  { resourceType: 'RiskAssessment', status: 'final', subject: {}, prediction: [{ probabilityDecimal: 0.25 }] },
  { resourceType: 'Location', position: { longitude: 5, latitude: 50 }, address: { city: 'X' } },
  { resourceType: 'Condition', subject: {}, onsetAge: { value: 3, code: 'a' } },
  {
    resourceType: 'Condition',
    subject: {},
    onsetRange: { low: { value: 3 } },
    extension: [
      { url: 'http://hl7.org/fhir/StructureDefinition/condition-assertedDate', valueDateTime: '2020' },
      { url: 'http://x', valueDateTime: '2021' },
    ],
  },
  {
    resourceType: 'Patient',
    extension: [
      {
        url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race',
        extension: [
          { url: 'ombCategory', valueCoding: { system: 's', code: '1' } },
          { url: 'text', valueString: 'x' },
        ],
      },
      { url: 'http://x', extension: [{ url: 'ombCategory', valueCoding: { system: 's', code: '2' } }] },
    ],
  },
  {
    resourceType: 'AuditEvent',
    type: { code: 'rest' },
    recorded: '2020-01-01T00:00:00Z',
    source: { observer: { identifier: { value: 's' } } },
    agent: [{ requestor: true, who: { identifier: { value: 'a' } }, policy: ['http://policy'] }],
    entity: [
      { type: { code: '1' }, role: { code: '1' }, what: { identifier: { value: 'p' } } },
      { type: { code: '1' }, role: { code: '6' }, what: { identifier: { value: 'q' } } },
      { type: { code: '2' }, role: { code: '1' }, what: { identifier: { value: 'r' } } },
      { what: { identifier: { value: 't' } } },
    ],
  },
  {
    resourceType: 'DocumentReference',
    status: 'current',
    content: [{ attachment: { url: 'http://x' } }],
    relatesTo: [{ code: 'appends', target: { reference: 'DocumentReference/d' } }],
  },
  {
    resourceType: 'ValueSet',
    status: 'active',
    url: 'http://v',
    compose: { include: [{ system: 'http://a' }, { system: 'http://b' }] },
    useContext: [{ code: { code: 'age' }, valueRange: { low: { value: 1 }, high: { value: 2 } } }],
  },
  { resourceType: 'Invoice', status: 'issued', totalNet: { value: 1, currency: 'EUR' } },
);

test('on inline examples', () => {
  for (const example of examples) compare(example);
  assert.ok(examples.reduce((sum, example) => sum + compare(example), 0) > 110);
});

test('every indexed parameter of HL7 is compiled, and compares on an empty resource', () => {
  let count = 0;
  for (const [type, own] of byType) {
    for (const code of Object.keys(own)) {
      assert.equal(searchParameter(type, code).kind, 'indexed', `${type}.${code}`);
      count += 1;
    }
    compare({ resourceType: type });
  }
  assert.ok(count > 1300, `${count}`);
});

/** Files of a gzipped tar archive. */
const untar = function* (path: string): Generator<{ name: string; text: string }> {
  const bytes = gunzipSync(readFileSync(path));
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const name = bytes.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 136), 8);
    yield { name, text: bytes.toString('utf8', at + 512, at + 512 + size) };
    at += 512 + Math.ceil(size / 512) * 512;
  }
};
const archive = process.env.AFFINITY_FHIR_PACKAGE;

test('on the examples of a FHIR package', {
  skip: archive === undefined ? 'AFFINITY_FHIR_PACKAGE names no package (.tgz)' : false,
}, () => {
  let count = 0;
  for (const { name, text } of untar(archive ?? '')) {
    if (!name.includes('/example/') || !name.endsWith('.json')) continue;
    const resource = JSON.parse(text) as Resource;
    if (resource.resourceType === undefined) continue;
    compare(resource);
    count += 1;
  }
  assert.ok(count > 0);
});
