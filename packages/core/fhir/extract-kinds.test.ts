/** What extraction makes of codes, numbers, quantities, URIs, places, composites and extensions. FHIR R4 search.html#ptypes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extract } from './extract.ts';
import { matches } from './matches.ts';
import type { Resource } from './resource.ts';
import { factsOf } from './resource-facts.ts';
import type { CompositeEntry, SearchIndex } from './search-index.ts';

const own = ['http://localhost:4000/fhir'];
const of = <Kind extends keyof SearchIndex>(kind: Kind, param: string, resource: Resource) =>
  (extract(resource, own)[kind] as readonly { readonly param: string }[]).flatMap((entry) => {
    const { param: name, ...rest } = entry;
    return name === param ? [rest] : [];
  });
const observation = (more: object): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x' },
  ...more,
});
const patient = (more: object): Resource => ({ resourceType: 'Patient', id: 'a', ...more });

test('a code is found under the system that its binding implies, and not as one without (K01, N15)', () => {
  const facts = (resource: Resource) => factsOf(resource, own);
  const finds = (resource: Resource, text: string) => {
    const [param = '', value = ''] = text.split('=');
    const [first = '', code] = value.split('|');
    const token = code === undefined ? { code: first } : { system: first, ...(code === '' ? {} : { code }) };
    const clauses = [{ param, values: [{ kind: 'token' as const, ...token }] }];
    return matches({ type: resource.resourceType, clauses }, facts(resource), '2020-01-01T00:00:00Z');
  };
  const woman = patient({ gender: 'female', active: true });
  for (const [text, is] of [
    ['gender=female', true],
    ['gender=http://hl7.org/fhir/administrative-gender|female', true],
    ['gender=http://hl7.org/fhir/administrative-gender|', true],
    ['gender=http://hl7.org/fhir/administrative-gender|male', false],
    ['gender=http://other.example|female', false],
    ['gender=|female', false],
    // A truth value has no system.
    ['active=true', true],
    ['active=|true', true],
  ] as const)
    assert.equal(finds(woman, text), is, text);
  const result = observation({ category: [{ coding: [{ code: 'bare' }, { system: 's', code: 'laboratory' }] }] });
  for (const [text, is] of [
    ['status=final', true],
    ['status=http://hl7.org/fhir/observation-status|final', true],
    ['status=http://hl7.org/fhir/observation-status|amended', false],
    ['category=s|laboratory', true],
    ['category=laboratory', true],
    ['category=|laboratory', false],
    ['category=|bare', true],
  ] as const)
    assert.equal(finds(result, text), is, text);
});

test('texts and displays are kept for :text, typed identifiers for :of-type (N16)', () => {
  const resource = observation({
    code: { coding: [{ code: 'x', display: 'Glucose  Lével' }, { code: 'y' }], text: 'Sugar' },
  });
  assert.deepEqual(of('texts', 'code', resource), [{ folded: 'sugar' }, { folded: 'glucose level' }]);
  assert.deepEqual(of('texts', '_tag', patient({ meta: { tag: [{ code: 't', display: 'Tagged' }] } })), [
    { folded: 'tagged' },
  ]);
  const type = { coding: [{ system: 'v2', code: 'MR' }, { code: 'own' }, { system: 'no code' }], text: 'Record' };
  const someone = patient({ identifier: [{ type, system: 's', value: '007' }, { type }, { value: '8' }] });
  assert.deepEqual(of('typedIdentifiers', 'identifier', someone), [
    { system: 'v2', code: 'MR', value: '007' },
    { system: '', code: 'own', value: '007' },
  ]);
  assert.deepEqual(of('texts', 'identifier', someone), [{ folded: 'record' }]);
});

test('numbers, quantities, URIs and places (N15)', () => {
  const risk: Resource = {
    resourceType: 'RiskAssessment',
    prediction: [{ probabilityDecimal: 0.25 }, { probabilityDecimal: 0.25 }, { probabilityRange: {} }],
  };
  assert.deepEqual(of('numbers', 'probability', risk), [{ value: 0.25, low: 0.25, high: 0.25 }]);
  const unit = { system: 'http://unitsofmeasure.org', code: 'mg', unit: 'mg' };
  const measured = observation({ valueQuantity: { value: 5, ...unit }, component: [{ valueQuantity: { value: 6 } }] });
  assert.deepEqual(of('quantities', 'value-quantity', measured), [{ value: 5, low: 5, high: 5, ...unit }]);
  assert.equal(of('quantities', 'combo-value-quantity', measured).length, 2);
  const set: Resource = { resourceType: 'ValueSet', url: 'http://x/v', compose: { include: [{ system: 'http://s' }] } };
  assert.deepEqual(of('uris', 'url', set), [{ uri: 'http://x/v' }]);
  assert.deepEqual(of('uris', 'reference', set), [{ uri: 'http://s' }]);
  const place = (position: object): Resource => ({ resourceType: 'Location', position });
  assert.deepEqual(of('positions', 'near', place({ latitude: -90, longitude: 180 })), [
    { latitude: -90, longitude: 180 },
  ]);
  for (const position of [{ latitude: 90.1, longitude: 0 }, { latitude: 0, longitude: -181 }, { latitude: 1 }, {}])
    assert.deepEqual(of('positions', 'near', place(position)), []);
});

test('a composite keeps together what one element says (N15)', () => {
  const code = (text: string) => ({ coding: [{ code: text }] });
  const pressure = observation({
    code: code('bp'),
    component: [
      { code: code('sys'), valueQuantity: { value: 120 } },
      { code: code('dia'), valueQuantity: { value: 80 } },
      { code: code('none') },
    ],
  });
  const pairs = (param: string) =>
    (of('composites', param, pressure) as unknown as readonly CompositeEntry[]).map(({ parts }) =>
      parts.map((values) =>
        values.map((one) => (one.kind === 'token' ? one.code : one.kind === 'quantity' ? one.value : one.kind)),
      ),
    );
  const both = [
    [['sys'], [120]],
    [['dia'], [80]],
  ];
  assert.deepEqual(pairs('component-code-value-quantity'), both);
  assert.deepEqual(pairs('combo-code-value-quantity'), both);
  assert.deepEqual(pairs('code-value-quantity'), []);
  const related: Resource = {
    resourceType: 'DocumentReference',
    relatesTo: [{ code: 'replaces', target: { reference: 'DocumentReference/old' } }],
  };
  assert.deepEqual(of('composites', 'relationship', related), [
    {
      parts: [
        [{ kind: 'token', system: 'http://hl7.org/fhir/document-relationship-type', code: 'replaces' }],
        [{ kind: 'reference', type: 'DocumentReference', id: 'old' }],
      ],
    },
  ]);
  // What stands in the resource goes with each of its elements.
  const sequence: Resource = {
    resourceType: 'MolecularSequence',
    referenceSeq: { chromosome: code('1') },
    variant: [
      { start: 1, end: 2 },
      { start: 3, end: 4 },
    ],
  };
  assert.equal(of('composites', 'chromosome-variant-coordinate', sequence).length, 2);
});

test('extensions that US Core searches by (N29)', () => {
  const extension = (name: string, value: object) => ({
    url: `http://hl7.org/fhir/us/core/StructureDefinition/us-core-${name}`,
    ...value,
  });
  const someone = patient({
    extension: [
      extension('race', {
        extension: [
          { url: 'ombCategory', valueCoding: { system: 'urn:oid:r', code: '2106-3', display: 'White' } },
          { url: 'text', valueString: 'White' },
        ],
      }),
      extension('genderIdentity', { valueCodeableConcept: { coding: [{ system: 'g', code: 'x' }] } }),
    ],
  });
  assert.deepEqual(of('tokens', 'race', someone), [{ system: 'urn:oid:r', code: '2106-3' }]);
  assert.deepEqual(of('tokens', 'gender-identity', someone), [{ system: 'g', code: 'x' }]);
  assert.deepEqual(of('tokens', 'ethnicity', someone), []);
});

test('identifiers in an AuditEvent are found as ITI-81 asks for them (J14)', () => {
  const who = (value: string) => ({ identifier: { system: 's', value } });
  const event: Resource = {
    resourceType: 'AuditEvent',
    agent: [{ who: who('agent') }],
    source: { observer: who('source') },
    entity: [
      { type: { code: '1' }, role: { code: '1' }, what: who('patient') },
      { type: { code: '2' }, role: { code: '4' }, what: who('thing') },
    ],
  };
  for (const [param, ...values] of [
    ['agent.identifier', 'agent'],
    ['patient.identifier', 'patient'],
    ['entity.identifier', 'patient', 'thing'],
    ['source.identifier', 'source'],
  ] as const)
    assert.deepEqual(
      of('tokens', param, event),
      values.map((code) => ({ system: 's', code })),
      param,
    );
});
