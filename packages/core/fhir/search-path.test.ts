/** The compiled paths of every search parameter find what HL7's own expression finds. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { evaluate } from '../testing/fhirpath.ts';
import expressions from './definitions/search-expressions.json' with { type: 'json' };
import { extract, valuesAt } from './extract.ts';
import type { Resource } from './resource.ts';
import { searchParameter, searchParametersOf } from './search-parameter.ts';

const byType = new Map<string, Readonly<Record<string, string>>>(Object.entries(expressions));
const sorted = (values: readonly unknown[]) =>
  values.map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))).sort();

/** Compares all parameters of the resource's type; answers how many had a value. */
const compare = (resource: Resource): number => {
  let found = 0;
  for (const { code, paths } of searchParametersOf(resource.resourceType)) {
    const expression = byType.get(resource.resourceType)?.[code];
    if (expression === undefined) continue;
    const expected = sorted([...new Set(evaluate(expression, resource))]);
    const actual = paths.some(({ type }) => type === 'exists')
      ? extract(resource, [])
          .tokens.filter(({ param }) => param === code)
          .map((token) => token.code)
      : paths.flatMap((path) => {
          const values = valuesAt(resource, path);
          if (path.target === undefined) return values;
          // The type test is part of extraction: ask it which of the references count.
          const { references, foreignReferences } = extract(resource, []);
          const kept = new Set([
            ...references.filter(({ param }) => param === code).map(({ type, id }) => `${type}/${id}`),
            ...foreignReferences.filter(({ param }) => param === code).map(({ url }) => url),
          ]);
          return values.filter((value) => {
            const { reference, type } = value as { reference?: string; type?: string };
            return reference === undefined ? type === path.target : kept.has(reference);
          });
        });
    assert.deepEqual(sorted([...new Set(actual)]), expected, `${resource.resourceType}.${code}: ${expression}`);
    if (expected.length > 0) found += 1;
  }
  return found;
};

const examples: readonly Resource[] = [
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

test('on inline examples', () => {
  for (const example of examples) compare(example);
  assert.ok(examples.reduce((sum, example) => sum + compare(example), 0) > 80);
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
