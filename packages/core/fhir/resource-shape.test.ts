import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkShape } from './resource-shape.ts';

const faults = (value: unknown) => checkShape(value).map(({ code, expression }) => `${code} ${expression?.join(',')}`);
const patient = (more: object) => ({ resourceType: 'Patient', ...more });
const observation = (more: object) => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, ...more });

test('sound resources have no faults', () => {
  for (const sound of [
    patient({ id: 'a', meta: { versionId: '1' }, name: [{ family: 'X', given: ['Y'] }], deceasedBoolean: false }),
    patient({ name: [{ given: [null, 'Y'], _given: [{ extension: [{ url: 'u', valueString: 'x' }] }, null] }] }),
    patient({ birthDate: '1970-03', _birthDate: { extension: [{ url: 'u', valueString: 'x' }] } }),
    patient({
      contained: [{ resourceType: 'Organization', id: 'o', name: 'X' }],
      text: { status: 'empty', div: '<div/>' },
    }),
    observation({ effectiveDateTime: '2020-02-01T10:00:00+05:30', valueQuantity: { value: 1.1 } }),
    { resourceType: 'Observation', _status: { extension: [{ url: 'u', valueCode: 'x' }] }, code: { text: 'x' } },
    { resourceType: 'Binary', contentType: 'text/plain', data: 'aGVsbG8=' },
    { resourceType: 'Bundle', type: 'collection', entry: [{ resource: patient({ active: true }) }] },
    { resourceType: 'Parameters', parameter: [{ name: 'x', resource: patient({ active: true }) }] },
  ])
    assert.deepEqual(faults(sound), []);
});

test('what is no resource', () => {
  assert.deepEqual(faults([]), ['structure $']);
  assert.deepEqual(faults(null), ['structure $']);
  assert.deepEqual(faults('x'), ['structure $']);
  assert.deepEqual(faults({ id: 'a' }), ['structure resourceType']);
  assert.deepEqual(faults({ resourceType: 'patient' }), ['structure $.resourceType']);
  assert.deepEqual(faults({ resourceType: 'constructor' }), ['structure $.resourceType']);
  assert.deepEqual(faults({ resourceType: 7 }), ['structure $.resourceType']);
});

test('id and meta', () => {
  assert.deepEqual(faults(patient({ id: 'a b' })), ['value Patient.id']);
  assert.deepEqual(faults(patient({ id: 'a'.repeat(64) })), []);
  assert.deepEqual(faults(patient({ id: 'a'.repeat(65) })), ['value Patient.id']);
  assert.deepEqual(faults(patient({ id: 12 })), ['structure Patient.id']);
  assert.deepEqual(faults(patient({ meta: 'x' })), ['structure Patient.meta']);
  assert.deepEqual(faults(patient({ meta: [{ versionId: '1' }] })), ['structure Patient.meta']);
});

test('nothing may be empty, and null only holds places of primitives (N25)', () => {
  assert.deepEqual(faults(patient({ name: [] })), ['structure Patient.name']);
  assert.deepEqual(faults(patient({ name: [{}] })), ['structure Patient.name[0]']);
  assert.deepEqual(faults(patient({ name: [{ family: '' }] })), ['structure Patient.name[0].family']);
  assert.deepEqual(faults(patient({ name: [null] })), ['structure Patient.name[0]']);
  assert.deepEqual(faults(patient({ name: [{ given: ['a', null] }] })), ['structure Patient.name[0].given[1]']);
  assert.deepEqual(faults(patient({ name: [{ given: [null], _given: [null] }] })), [
    'structure Patient.name[0].given[0]',
    'structure Patient.name[0]._given[0]',
  ]);
  assert.deepEqual(faults(patient({ name: [{ given: [['a']] }] })), ['structure Patient.name[0].given[0]']);
});

test('strings hold only characters that FHIR allows', () => {
  assert.deepEqual(faults(patient({ name: [{ family: 'a\u0000' }] })), ['value Patient.name[0].family']);
  assert.deepEqual(faults(patient({ name: [{ family: '\ud800' }] })), ['value Patient.name[0].family']);
  assert.deepEqual(faults(patient({ name: [{ family: 'a\tb\nc 😀' }] })), []);
});

test('top-level elements: known, of the right kind and number', () => {
  assert.deepEqual(faults(patient({ nickname: 'x' })), ['structure Patient.nickname']);
  assert.deepEqual(faults(patient({ _name: [{ id: 'x' }] })), ['structure Patient._name']);
  assert.deepEqual(faults(patient({ name: { family: 'x' } })), ['structure Patient.name']);
  assert.deepEqual(faults(patient({ gender: ['male'] })), ['structure Patient.gender']);
  assert.deepEqual(faults(patient({ active: 'true' })), ['structure Patient.active']);
  assert.deepEqual(faults(patient({ multipleBirthInteger: '1' })), ['structure Patient.multipleBirthInteger']);
  assert.deepEqual(faults(patient({ multipleBirthInteger: 1.5 })), ['value Patient.multipleBirthInteger']);
  assert.deepEqual(faults(patient({ maritalStatus: 'M' })), ['structure Patient.maritalStatus']);
  assert.deepEqual(faults(patient({ birthDate: 'yesterday' })), ['value Patient.birthDate']);
  assert.deepEqual(faults(patient({ deceasedBoolean: true, deceasedDateTime: '2020' })), [
    'structure Patient.deceasedDateTime',
  ]);
  assert.deepEqual(faults(observation({ effectiveDateTime: '2020-01-01T10:00' })), [
    'value Observation.effectiveDateTime',
  ]);
  assert.deepEqual(faults({ resourceType: 'Observation', status: 'final' }), ['required Observation.code']);
  assert.deepEqual(
    faults({ resourceType: 'MedicationRequest', status: 'active', intent: 'order', subject: { display: 'x' } }),
    ['required MedicationRequest.medication'],
  );
});

test('data types have their elements too', () => {
  assert.deepEqual(faults(observation({ subject: { reference: ['Patient/a'] } })), [
    'structure Observation.subject.reference',
  ]);
  assert.deepEqual(
    faults(observation({ subject: { reference: 'Patient/a', id: 'x', extension: [{ url: 'u', valueString: 'v' }] } })),
    [],
  );
  assert.deepEqual(faults(patient({ meta: { security: [{ system: ['s'], code: 'R' }] } })), [
    'structure Patient.meta.security[0].system',
  ]);
  assert.deepEqual(faults(patient({ meta: { security: { code: 'R' } } })), ['structure Patient.meta.security']);
  assert.deepEqual(faults(observation({ category: [{ coding: { code: 'x' } }] })), [
    'structure Observation.category[0].coding',
  ]);
  assert.deepEqual(faults(observation({ category: [{ coding: [{ kode: 'x' }] }] })), [
    'structure Observation.category[0].coding[0].kode',
  ]);
  assert.deepEqual(faults(observation({ effectivePeriod: { start: 'soon' } })), [
    'value Observation.effectivePeriod.start',
  ]);
  assert.deepEqual(faults(patient({ extension: [{ valueString: 'no url' }] })), ['required Patient.extension[0].url']);
  assert.deepEqual(faults(patient({ name: [{ family: { x: 1 } }] })), ['structure Patient.name[0].family']);
});

test('resources within resources are checked too', () => {
  assert.deepEqual(faults(patient({ contained: [{ resourceType: 'Nonsense' }] })), [
    'structure Patient.contained[0].resourceType',
  ]);
  assert.deepEqual(faults({ resourceType: 'Bundle', type: 'batch', entry: [{ resource: patient({ sex: 'x' }) }] }), [
    'structure Bundle.entry[0].resource.sex',
  ]);
});

test('no more than twenty faults are told', () => {
  const unknown = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x${i}`, 1]));
  assert.equal(checkShape(patient(unknown)).length, 20);
});

test('nested elements are known as well, by their own place or by the one they refer to (N25)', () => {
  assert.deepEqual(faults(patient({ contact: [{ nonsense: 'x' }] })), ['structure Patient.contact[0].nonsense']);
  assert.deepEqual(faults(patient({ contact: { gender: 'male' } })), ['structure Patient.contact']);
  assert.deepEqual(faults(patient({ contact: [{ gender: ['male'] }] })), ['structure Patient.contact[0].gender']);
  assert.deepEqual(faults(patient({ link: [{ other: { display: 'x' } }] })), ['required Patient.link[0].type']);
  const questionnaire = (item: object) => ({ resourceType: 'Questionnaire', status: 'draft', item: [item] });
  const inner = { linkId: '1', type: 'group', item: [{ linkId: '1.1', type: 'string' }] };
  assert.deepEqual(faults(questionnaire(inner)), []);
  assert.deepEqual(faults(questionnaire({ ...inner, item: [{ linkId: '1.1', type: 'string', kind: 'x' }] })), [
    'structure Questionnaire.item[0].item[0].kind',
  ]);
});

test('beside a primitive stand id and extensions, and nothing else (N25)', () => {
  const extension = [{ url: 'u', valueString: 'v' }];
  assert.deepEqual(faults(patient({ active: true, _active: { id: 'a', extension } })), []);
  assert.deepEqual(faults(patient({ active: true, _active: { value: true } })), ['structure Patient._active.value']);
  assert.deepEqual(faults(patient({ active: true, _active: 'x' })), ['structure Patient._active']);
  assert.deepEqual(faults(patient({ active: true, _active: { extension: [{}] } })), [
    'required Patient._active.extension[0].url',
    'structure Patient._active.extension[0]',
  ]);
  assert.deepEqual(faults(patient({ name: [{ given: ['a', 'b'], _given: [null, 'x'] }] })), [
    'structure Patient.name[0]._given[1]',
  ]);
});

test('numbers and days that no reader could hold or compare (Q34)', () => {
  const born = (value: unknown) => faults(patient({ multipleBirthInteger: value }));
  assert.deepEqual(born(2_147_483_647), []);
  assert.deepEqual(born(2_147_483_648), ['value Patient.multipleBirthInteger']);
  assert.deepEqual(born(-2_147_483_648), []);
  assert.deepEqual(born(9_007_199_254_740_992), ['value Patient.multipleBirthInteger']);
  const quantity = (text: string) =>
    faults(JSON.parse(JSON.stringify(observation({ valueQuantity: { value: '#' } })).replace('"#"', text)));
  assert.deepEqual(quantity('9e999999'), ['value Observation.valueQuantity.value']);
  assert.deepEqual(quantity('-9e999999'), ['value Observation.valueQuantity.value']);
  assert.deepEqual(quantity('1e300'), []);
  assert.deepEqual(quantity('12345678901234567890.123456789012345678901234567890'), []);
  const day = (birthDate: string) => faults(patient({ birthDate }));
  for (const sound of ['0001', '9999', '9999-12-31', '2020-02-29', '2000-02-29', '2021-04-30'])
    assert.deepEqual(day(sound), [], sound);
  for (const none of ['0000', '0000-01-01', '2021-02-29', '1900-02-29', '2021-02-30', '2021-04-31', '10000', '-001'])
    assert.deepEqual(day(none), ['value Patient.birthDate'], none);
  const at = (effectiveDateTime: string) => faults(observation({ effectiveDateTime }));
  assert.deepEqual(at('2016-12-31T23:59:60Z'), [], 'a leap second');
  assert.deepEqual(at('2016-12-31T23:59:61Z'), ['value Observation.effectiveDateTime']);
  assert.deepEqual(at('2021-02-29T10:00:00Z'), ['value Observation.effectiveDateTime']);
  assert.deepEqual(faults(observation({ valueTime: '25:00:00' })), ['value Observation.valueTime']);
});

test('a string is at most as long as FHIR says (Q24)', () => {
  assert.deepEqual(faults(patient({ name: [{ family: 'a'.repeat(1_048_576) }] })), []);
  assert.deepEqual(faults(patient({ name: [{ family: 'a'.repeat(1_048_577) }] })), ['too-long Patient.name[0].family']);
  const photo = { contentType: 'image/png', data: 'QUJD'.repeat(300_000) };
  assert.deepEqual(faults(patient({ photo: [photo] })), []);
  assert.deepEqual(faults(patient({ photo: [{ ...photo, data: 'not base64!' }] })), ['value Patient.photo[0].data']);
});
