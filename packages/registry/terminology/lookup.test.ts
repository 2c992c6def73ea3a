/** `$lookup`, `$subsumes` and `$translate`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { lookUp } from './lookup.ts';
import { subsumes } from './subsumes.ts';
import { animalSystem, animals } from './testing/animals.ts';
import { given, hold, refusal, told } from './testing/held.ts';
import { translate } from './translate.ts';

type Parameter = Readonly<Record<string, unknown>> & { readonly name: string; readonly part?: readonly Parameter[] };
const parts = ({ parameter }: Resource, name: string): readonly Readonly<Record<string, unknown>>[] =>
  (parameter as readonly Parameter[])
    .filter((each) => each.name === name)
    .map(({ part = [] }) => told({ resourceType: 'Parameters', parameter: part }));

const held = hold([animalSystem]);
const look = (values: object) => lookUp(given({ ...values }), held.terminology);

test('M06: what is known of a code: name, version, display, designations and properties', async () => {
  const dog = await look({ system: animals, code: 'dog' });
  const { name, version, display } = told(dog);
  assert.deepEqual({ name, version, display }, { name: 'Animals of the yard', version: '1.0.0', display: 'Dog' });
  assert.deepEqual(parts(dog, 'designation'), [{ language: 'de', value: 'Hund' }]);
  assert.deepEqual(parts(dog, 'property'), [
    { code: 'definition', value: 'Barks' },
    { code: 'parent', value: 'mammal' },
    { code: 'legs', value: 4, description: 'How many legs it has' },
    { code: 'home', value: 'house' },
  ]);
  const some = await look({ coding: { system: animals, code: 'mammal' }, property: ['child'] });
  assert.deepEqual(
    parts(some, 'property').map(({ value }) => value),
    ['dog', 'cat', 'aurochs', 'bat'],
  );
  assert.equal(
    told(await look({ system: animals, version: '1.0.0', code: 'dog', displayLanguage: 'de' })).display,
    'Hund',
  );
});

test('M06: an unknown code or system is 404, a question without either 400', async () => {
  assert.equal(await refusal(look({ system: animals, code: 'zebra' })), '404 not-found');
  assert.equal(await refusal(look({ system: 'http://a.example/unknown', code: 'dog' })), '404 not-found');
  assert.equal(await refusal(look({ system: animals, version: '9', code: 'dog' })), '404 not-found');
  for (const values of [
    {},
    { code: 'dog' },
    { system: animals },
    { code: 'dog', coding: { system: animals, code: 'dog' } },
  ])
    assert.equal(await refusal(look(values)), '400 required', JSON.stringify(values));
});

test('M06: $subsumes tells all four relations', async () => {
  const ask = async (codeA: string, codeB: string) =>
    told(await subsumes(given({ codeA, codeB, system: animals }), {}, held.terminology)).outcome;
  assert.equal(await ask('dog', 'dog'), 'equivalent');
  assert.equal(await ask('animal', 'dog'), 'subsumes');
  assert.equal(await ask('bat', 'mammal'), 'subsumed-by');
  assert.equal(await ask('hen', 'mammal'), 'not-subsumed');
  assert.equal(await refusal(ask('hen', 'zebra')), '404 not-found');
  const at = told(await subsumes(given({ codeA: 'animal', codeB: 'dog' }), { id: 'animals' }, held.terminology));
  assert.equal(at.outcome, 'subsumes');
  const apart = { codingA: { system: animals, code: 'dog' }, codingB: { system: 'http://a.example/b', code: 'dog' } };
  assert.equal(await refusal(subsumes(given(apart), {}, held.terminology)), '400 invalid');
});

const words = 'http://a.example/CodeSystem/words';
const map = (id: string, unmapped: object | undefined, element: readonly object[]): Resource => ({
  resourceType: 'ConceptMap',
  id,
  url: `http://a.example/ConceptMap/${id}`,
  status: 'active',
  sourceUri: 'http://a.example/ValueSet/animals',
  group: [{ source: animals, target: words, element, ...(unmapped === undefined ? {} : { unmapped }) }],
});
const elements = [
  { code: 'dog', display: 'Dog', target: [{ code: 'woof', equivalence: 'wider' }] },
  { code: 'cat', target: [{ equivalence: 'unmatched' }] },
  {
    code: 'bat',
    target: [
      { code: 'squeak', equivalence: 'equivalent', dependsOn: [{ property: 'http://a.example/night', value: 'yes' }] },
    ],
  },
];

const ask = async (maps: readonly Resource[], values: object) => {
  const answer = await translate(given({ ...values }), {}, hold(maps).terminology);
  return {
    result: told(answer).result,
    matches: parts(answer, 'match').map(
      ({ equivalence, concept }) => `${equivalence} ${(concept as { code?: string })?.code}`,
    ),
  };
};

test('M06: $translate, forward and in reverse, by its url or by the system of the code', async () => {
  const one = map('one', undefined, elements);
  const dog = { code: 'dog', system: animals };
  assert.deepEqual(await ask([one], { url: one.url, ...dog }), { result: true, matches: ['wider woof'] });
  assert.deepEqual(await ask([one], dog), { result: true, matches: ['wider woof'] });
  assert.deepEqual(await ask([one], { ...dog, targetsystem: 'http://a.example/other' }), {
    result: false,
    matches: [],
  });
  assert.deepEqual(await ask([one], { ...dog, source: 'http://a.example/ValueSet/other' }), {
    result: false,
    matches: [],
  });
  assert.deepEqual(await ask([one], { code: 'woof', system: words, reverse: 'true' }), {
    result: true,
    matches: ['narrower dog'],
  });
  assert.deepEqual(await ask([one], { code: 'cat', system: animals }), {
    result: false,
    matches: ['unmatched undefined'],
  });
  assert.deepEqual(await ask([one], { codeableConcept: { coding: [{ system: animals, code: 'hen' }, dog] } }), {
    result: true,
    matches: ['wider woof'],
  });
  assert.equal(await refusal(ask([one], { ...dog, url: 'http://a.example/none' })), '404 not-found');
  assert.equal(await refusal(ask([one], { code: 'dog' })), '400 required');
});

test('M06: a target that depends on something is told where that is known', async () => {
  const one = map('one', undefined, elements);
  const bat = [
    { name: 'code', value: 'bat' },
    { name: 'system', value: animals },
  ];
  const part = [
    { name: 'element', value: 'http://a.example/night' },
    { name: 'concept', value: { coding: [{ code: 'yes' }] } },
  ];
  const { readInputs } = await import('./inputs.ts');
  const answer = (more: readonly object[]) =>
    translate(readInputs([...bat, ...(more as [])]), {}, hold([one]).terminology);
  assert.equal(told(await answer([])).result, false);
  assert.equal(told(await answer([{ name: 'dependency', part }])).result, true);
});

test('M06: codes that a map does not name: as they are, one for all, or by another map', async () => {
  const hen = { code: 'hen', system: animals };
  const provided = map('p', { mode: 'provided' }, []);
  const fixed = map('f', { mode: 'fixed', code: 'noise', display: 'Noise' }, elements);
  const other = map('o', { mode: 'other-map', url: fixed.url }, elements);
  assert.deepEqual(await ask([provided], { url: provided.url, ...hen }), { result: true, matches: ['equal hen'] });
  assert.deepEqual(await ask([fixed], { url: fixed.url, ...hen }), { result: true, matches: ['inexact noise'] });
  assert.deepEqual(await ask([fixed, other], { url: other.url, ...hen }), { result: true, matches: ['inexact noise'] });
  const a = map('a', { mode: 'other-map', url: 'http://a.example/ConceptMap/b' }, []);
  const b = map('b', { mode: 'other-map', url: 'http://a.example/ConceptMap/a' }, []);
  assert.deepEqual(await ask([a, b], { url: a.url, ...hen }), { result: false, matches: [] });
});
