/** `$validate-code` of ValueSets and CodeSystems. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { animalSystem, animals, filtered, valueSet } from './testing/animals.ts';
import { given, hold, refusal, told } from './testing/held.ts';
import { validateCodeInCodeSystem, validateCodeInValueSet } from './validate-code.ts';

const mammals = filtered('mammals', ['concept', 'is-a', 'mammal']);
const all = valueSet('all', [{ system: animals }]);
const held = hold([animalSystem, mammals, all]);
const inSet = async (values: object, from = held) =>
  told(await validateCodeInValueSet(given({ url: mammals.url, ...values }), {}, from.terminology));
const inSystem = async (values: object, from = held) =>
  told(await validateCodeInCodeSystem(given({ ...values }), {}, from.terminology));

test('M05: a code of a ValueSet is right with its system, and told with its display', async () => {
  assert.deepEqual(await inSet({ code: 'dog', system: animals }), {
    result: true,
    display: 'Dog',
    code: 'dog',
    system: animals,
  });
  const out = await inSet({ code: 'hen', system: animals });
  assert.equal(out.result, false);
  assert.match(String(out.message), /'hen' is not in the ValueSet/);
  assert.match(String((await inSet({ code: 'zebra', system: animals })).message), /'zebra' is not in the code system/);
  assert.equal((await inSet({ code: 'dog', system: animals, systemVersion: '1.0.0' })).result, true);
  assert.equal((await inSet({ code: 'dog', system: animals, systemVersion: '9' })).result, false);
  assert.equal((await inSet({ code: 'DOG', system: animals })).result, false);
});

test('M05: an unknown system is false with a message that says so', async () => {
  const unknown = await inSet({ code: 'dog', system: 'http://a.example/unknown' });
  assert.equal(unknown.result, false);
  assert.match(String(unknown.message), /'http:\/\/a.example\/unknown' is not known here/);
  const system = await inSystem({ url: 'http://a.example/unknown', code: 'dog' });
  assert.equal(system.result, false);
  assert.match(String(system.message), /is not known here/);
});

test('M05: a wrong display is false, with the right one; case, spacing and designations are not wrong', async () => {
  const wrong = await inSet({ code: 'dog', system: animals, display: 'Hound' });
  assert.equal(wrong.result, false);
  assert.equal(wrong.display, 'Dog');
  assert.match(String(wrong.message), /display 'Hound' is not that of the code/);
  for (const display of ['dog', ' DOG ', 'Hund'])
    assert.equal((await inSet({ code: 'dog', system: animals, display })).result, true);
  assert.equal((await inSystem({ url: animals, code: 'dog', display: 'Hound' })).result, false);
});

test('M05: an abstract code is refused unless it may stand, an inactive one is told', async () => {
  const abstract = { url: all.url, code: 'animal', system: animals };
  assert.equal((await inSet(abstract)).result, false);
  assert.match(String((await inSet(abstract)).message), /abstract/);
  assert.equal((await inSet({ ...abstract, abstract: 'true' })).result, true);
  const inactive = await inSet({ code: 'aurochs', system: animals });
  assert.equal(inactive.result, true);
  assert.equal(inactive.inactive, true);
  assert.match(String(inactive.message), /inactive/);
});

test('M05: a Coding and a CodeableConcept, of which one coding is enough', async () => {
  assert.equal((await inSet({ coding: { system: animals, code: 'cat' } })).result, true);
  assert.equal((await inSet({ coding: { code: 'cat' } })).result, false);
  const concept = {
    coding: [
      { system: 'http://a.example/unknown', code: 'x' },
      { system: animals, code: 'cat' },
    ],
  };
  assert.equal((await inSet({ codeableConcept: concept })).code, 'cat');
  const none = await inSet({
    codeableConcept: {
      coding: [
        { system: animals, code: 'hen' },
        { system: animals, code: 'zebra' },
      ],
    },
  });
  assert.equal(none.result, false);
  assert.match(String(none.message), /hen.*zebra/);
  assert.equal((await inSystem({ coding: { system: animals, code: 'cat' } })).result, true);
  assert.equal(
    (await inSystem({ url: animals, coding: { system: animals, version: '2', code: 'cat' } })).result,
    false,
  );
});

test('M05: what is not a question is 400, an unknown ValueSet 404', async () => {
  for (const values of [
    {},
    { code: 'dog' },
    { code: 'dog', system: animals, coding: { code: 'dog' } },
    { codeableConcept: {} },
  ])
    assert.equal(await refusal(inSet(values)), '400 required', JSON.stringify(values));
  assert.equal(await refusal(inSet({ url: 'http://a.example/none', code: 'dog', system: animals })), '404 not-found');
  assert.equal(await refusal(inSystem({ code: 'dog' })), '400 required');
  const many = { coding: Array.from({ length: 101 }, () => ({ system: animals, code: 'x' })) };
  assert.equal(await refusal(inSet({ codeableConcept: many })), '400 invalid');
  assert.equal((await inSet({ codeableConcept: { coding: many.coding.slice(1) } })).result, false);
});

test('M05: in the context of a profile a code needs no system', async () => {
  const profile: Resource = {
    resourceType: 'StructureDefinition',
    url: 'http://a.example/StructureDefinition/pet',
    snapshot: { element: [{ id: 'Basic.code', path: 'Basic.code', binding: { valueSet: mammals.url } }] },
  };
  const with_ = hold([animalSystem, mammals, profile]);
  const answer = told(
    await validateCodeInValueSet(given({ context: `${profile.url}#Basic.code`, code: 'dog' }), {}, with_.terminology),
  );
  assert.equal(answer.result, true);
  assert.equal(answer.system, animals);
});

test('M05: case says nothing where the code system says so, and a system that is known in part is not the whole', async () => {
  const loose = hold([{ ...animalSystem, caseSensitive: false }, mammals]);
  assert.equal((await inSet({ code: 'DOG', system: animals }, loose)).result, true);
  assert.equal((await inSystem({ url: animals, code: 'DoG' }, loose)).result, true);
  const part = hold([{ ...animalSystem, content: 'fragment' }]);
  assert.match(String((await inSystem({ url: animals, code: 'zebra' }, part)).message), /known here/);
});
