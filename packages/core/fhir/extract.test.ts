import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { extract, fold } from './extract.ts';
import type { Resource } from './resource.ts';
import type { SearchIndex } from './search-index.ts';

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

test('a token for every coding of every repetition (D10)', () => {
  const resource = observation({
    category: [
      {
        coding: [
          { system: 's', code: 'social-history' },
          { system: 's', code: 'laboratory' },
        ],
      },
      { coding: [{ code: 'bare' }, { system: 's' }, { display: 'no code' }], text: 'x' },
      { coding: [{ system: 's', code: 'laboratory' }] },
    ],
  });
  assert.deepEqual(of('tokens', 'category', resource), [
    { system: 's', code: 'social-history' },
    { system: 's', code: 'laboratory' },
    { system: '', code: 'bare' },
  ]);
  assert.deepEqual(of('tokens', 'status', resource), [
    { system: 'http://hl7.org/fhir/observation-status', code: 'final' },
  ]);
});

test('identifiers as they are: case, zeros and system (K01)', () => {
  const resource = patient({
    identifier: [{ system: 'urn:oid:1.2', value: '00Ab' }, { value: '7' }, { system: 'empty' }],
  });
  assert.deepEqual(of('tokens', 'identifier', resource), [
    { system: 'urn:oid:1.2', code: '00Ab' },
    { system: '', code: '7' },
  ]);
});

test('contact points, booleans, and what is said of being dead', () => {
  const resource = patient({
    telecom: [
      { system: 'phone', value: '555' },
      { system: 'email', value: 'a@b.c' },
    ],
    active: true,
  });
  assert.deepEqual(of('tokens', 'telecom', resource), [
    { system: '', code: '555' },
    { system: '', code: 'a@b.c' },
  ]);
  assert.deepEqual(of('tokens', 'phone', resource), [{ system: '', code: '555' }]);
  assert.deepEqual(of('tokens', 'active', resource), [{ system: '', code: 'true' }]);
  assert.deepEqual(of('tokens', 'deceased', resource), [{ system: '', code: 'false' }]);
  assert.deepEqual(of('tokens', 'deceased', patient({ deceasedDateTime: '2020' })), [{ system: '', code: 'true' }]);
});

test('references resolve to identities; patient means a Patient (E25)', () => {
  for (const reference of ['Patient/a', 'http://localhost:4000/fhir/Patient/a/', 'Patient/a/_history/3']) {
    const resource = observation({ subject: { reference } });
    assert.deepEqual(of('references', 'subject', resource), [{ type: 'Patient', id: 'a' }], reference);
    assert.deepEqual(of('references', 'patient', resource), [{ type: 'Patient', id: 'a' }], reference);
  }
  const group = observation({ subject: { reference: 'Group/g' } });
  assert.deepEqual(of('references', 'subject', group), [{ type: 'Group', id: 'g' }]);
  assert.deepEqual(of('references', 'patient', group), []);
  for (const reference of ['#p', 'patient/a', '../Patient/a']) {
    const resource = observation({ subject: { reference }, contained: [{ resourceType: 'Patient', id: 'p' }] });
    assert.deepEqual(of('references', 'subject', resource), [], reference);
    assert.deepEqual(of('foreignReferences', 'subject', resource), [], reference);
  }
});

test('foreign references and canonicals are kept as URLs', () => {
  const foreign = observation({ subject: { reference: 'https://other.example/Patient/a/_history/2' } });
  assert.deepEqual(of('references', 'patient', foreign), []);
  assert.deepEqual(of('foreignReferences', 'patient', foreign), [{ url: 'https://other.example/Patient/a' }]);
  const urn = observation({ subject: { reference: 'urn:uuid:1' } });
  assert.deepEqual(of('foreignReferences', 'subject', urn), [{ url: 'urn:uuid:1' }]);
  assert.deepEqual(of('foreignReferences', 'patient', urn), []);
  const response: Resource = {
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    questionnaire: 'http://x/q|1.0',
  };
  assert.deepEqual(of('foreignReferences', 'questionnaire', response), [
    { url: 'http://x/q|1.0' },
    { url: 'http://x/q' },
  ]);
});

test('logical references stand apart from literal ones (K02)', () => {
  const logical = observation({ subject: { identifier: { system: 's', value: '1' } } });
  assert.deepEqual(of('identifierReferences', 'subject', logical), [{ system: 's', code: '1' }]);
  assert.deepEqual(of('identifierReferences', 'patient', logical), []);
  assert.deepEqual(of('references', 'subject', logical), []);
  const typed = observation({ subject: { type: 'Patient', identifier: { system: 's', value: '1' } } });
  assert.deepEqual(of('identifierReferences', 'patient', typed), [{ system: 's', code: '1' }]);
  const group = observation({ subject: { reference: 'Group/g', type: 'Patient', identifier: { value: '1' } } });
  assert.deepEqual(of('identifierReferences', 'patient', group), []);
});

test('strings are parts of names and addresses, folded', () => {
  const resource = patient({
    name: [{ family: 'Núñez  Ö', given: ['José', 'M'] }],
    address: [{ line: ['1 Rd'], city: 'Zürich' }],
  });
  assert.deepEqual(of('strings', 'name', resource), [
    { text: 'Núñez  Ö', folded: 'nunez o' },
    { text: 'José', folded: 'jose' },
    { text: 'M', folded: 'm' },
  ]);
  assert.deepEqual(of('strings', 'address', resource).length, 2);
  assert.deepEqual(of('strings', 'address-city', resource), [{ text: 'Zürich', folded: 'zurich' }]);
  assert.equal(fold(' İI\tß '), 'ii ß');
});

test('dates, periods and timings are ranges', () => {
  const at = (text: string) => Date.parse(text);
  assert.deepEqual(of('dates', 'birthdate', patient({ birthDate: '1970' })), [
    { start: at('1970-01-01'), end: at('1971-01-01') },
  ]);
  assert.deepEqual(of('dates', 'date', observation({ effectivePeriod: { start: '2020-01-01', end: '2020-01-02' } })), [
    { start: at('2020-01-01'), end: at('2020-01-03') },
  ]);
  assert.deepEqual(of('dates', 'date', observation({ effectiveTiming: { event: ['2021', '2019'] } })), [
    { start: at('2019-01-01'), end: at('2022-01-01') },
  ]);
  assert.deepEqual(
    of('dates', 'date', observation({ effectiveTiming: { repeat: { boundsPeriod: { start: '2019', end: '2019' } } } })),
    [{ start: at('2019-01-01'), end: at('2020-01-01') }],
  );
  assert.deepEqual(of('dates', 'date', observation({ effectiveDateTime: 'yesterday' })), []);
});

test('tags and labels are tokens; profiles and the source are URIs, a profile with its version and without', () => {
  const resource = patient({
    meta: {
      tag: [{ code: 't' }],
      security: [{ system: 's', code: 'R' }],
      profile: ['http://p', 'http://q|2'],
      source: 'urn:source#1',
    },
  });
  assert.deepEqual(of('tokens', '_tag', resource), [{ system: '', code: 't' }]);
  assert.deepEqual(of('tokens', '_security', resource), [{ system: 's', code: 'R' }]);
  assert.deepEqual(of('uris', '_profile', resource), [{ uri: 'http://p' }, { uri: 'http://q|2' }, { uri: 'http://q' }]);
  assert.deepEqual(of('uris', '_source', resource), [{ uri: 'urn:source#1' }]);
});

test('values of the wrong kind are left out and nothing throws', () => {
  for (const value of [
    null,
    1,
    'x',
    true,
    [],
    {},
    [null],
    [[{}]],
    { coding: 'x' },
    { coding: [null, 1, { code: 2 }] },
    { reference: 3 },
  ])
    extract(
      observation({
        category: value,
        code: value,
        subject: value,
        effectivePeriod: value,
        performer: value,
        meta: value,
      }),
      own,
    );
  extract({ resourceType: 'Nonsense' }, own);
  const names = fc.constantFrom(
    'code',
    'coding',
    'reference',
    'subject',
    'effectiveTiming',
    'event',
    'repeat',
    'component',
    'meta',
  );
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom<unknown>(null, true, 1, '', 'x', '2020', 'Patient/a'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(names, tie('value'), { maxKeys: 5 }),
    ),
  })).value;
  fc.assert(
    fc.property(fc.dictionary(names, json), (content) => {
      for (const { start, end } of extract({ ...content, resourceType: 'Observation' }, own).dates)
        assert.ok(start < end);
    }),
    { numRuns: 500 },
  );
});
