/** On which level two persons agree, and what grade that comes to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import fc from 'fast-check';
import { population } from '../testing/population.ts';
import { compareBirthDates } from './birth-date.ts';
import { compare } from './comparison.ts';
import { defaultMatching } from './default-settings.ts';
import { countEvidence, readDemographics } from './demographics.ts';
import { isOneEditAway, jaroWinkler, lookOf } from './likeness.ts';
import { createMatcher } from './matcher.ts';

const ssn = 'http://hl7.org/fhir/sid/us-ssn';
const national = (value: string) => ({ identifier: [{ system: ssn, value }] });
const person = (more: Partial<Resource> = {}): Resource => ({
  resourceType: 'Patient',
  name: [{ family: 'Brandt', given: ['Helene', 'Maria'] }],
  birthDate: '1971-04-23',
  gender: 'female',
  address: [{ line: ['12 Elm Street'], city: 'Amherst', postalCode: '01002' }],
  telecom: [{ system: 'phone', value: '+1 (413) 555-0142' }],
  ...more,
});
const named = (family: string, ...given: readonly string[]) => ({ name: [{ family, given }] });
const compared = (one: Resource, other: Resource) =>
  compare(readDemographics(one), readDemographics(other), defaultMatching);
const { judge } = createMatcher(defaultMatching);

test('K33: names agree whatever is done to them: by nickname, typing error, sound, scanner, initial, marriage, swap', () => {
  const given = (...names: readonly string[]) =>
    compared(person(named('Brandt', 'William')), person(named('Brandt', ...names))).given;
  assert.equal(given('William'), 'same');
  assert.equal(given('WILLIAM'), 'same');
  assert.equal(given('Bill'), 'nickname');
  assert.equal(given('Wililam'), 'similar');
  assert.equal(given('W'), 'initial');
  assert.equal(given('John', 'William'), 'middle');
  assert.equal(given('Otto'), 'different');
  const family = (one: string, other: string) =>
    compared(person(named(one, 'Ada')), person(named(other, 'Ada'))).family;
  assert.equal(family('Núñez', 'Nunez'), 'same');
  assert.equal(family("O'Neill", 'ONeill'), 'same');
  assert.equal(family('Meyer', 'Maier'), 'sound');
  assert.equal(family('Farnham', 'Famham'), 'similar');
  assert.equal(family('Smith-Jones', 'Jones'), 'other-name');
  assert.equal(family('Okafor', 'Brandt'), 'different');
  const maiden = {
    name: [
      { family: 'Okafor', given: ['Helene'] },
      { use: 'maiden', family: 'Brandt' },
    ],
  };
  assert.equal(compared(person(), person(maiden)).family, 'other-name');
  const swapped = compared(person(), person(named('Helene', 'Brandt')));
  assert.deepEqual([swapped.given, swapped.family], ['swapped', undefined]);
});

test('K33: dates of birth agree by the errors that people make, and what is not said says nothing', () => {
  assert.equal(compareBirthDates('1971-04-23', '1971-04-23'), 'same');
  assert.equal(compareBirthDates('1971-04-03', '1971-03-04'), 'transposed');
  assert.equal(compareBirthDates('1971-04-23', '1971-04-32'.replace('32', '22')), 'digit');
  assert.equal(compareBirthDates('1971-04-23', '1971'), 'partial');
  assert.equal(compareBirthDates('1971-04-23', '1971-01-01'), 'partial');
  assert.equal(compareBirthDates('1971-04-23', '1959-04-23'), 'two-parts');
  assert.equal(compareBirthDates('1971-04-23', '1971-08-30'), 'year');
  assert.equal(compareBirthDates('1971-04-23', '1983-08-30'), 'decade');
  assert.equal(compareBirthDates('1971-04-23', '1984-08-30'), 'different');
  const { birthDate, ...without } = person();
  assert.equal(typeof birthDate, 'string');
  assert.equal(compared(person(), { ...without, resourceType: 'Patient' }).birthDate, undefined);
  assert.equal(compared(person(), person({ birthDate: '23.4.1971' })).birthDate, undefined);
});

test('K33: a resource that is malformed everywhere has no evidence and breaks nothing', () => {
  const odd = {
    name: [7, { given: 'A', family: [] }, null],
    telecom: 'x',
    address: [{ line: [3] }],
    identifier: {},
    birthDate: 1,
  };
  assert.equal(countEvidence(readDemographics({ resourceType: 'Patient', ...odd })), 0);
  assert.equal(countEvidence(readDemographics(person(national('123456789')))), 5);
  const names = Array.from({ length: 5000 }, (_, at) => ({ family: `F${at}`, given: [`G${at}`] }));
  assert.equal(readDemographics(person({ name: names })).family.length, 8);
});

test('K33: two national numbers are two persons, however much agrees; one typing error in it is not two', () => {
  assert.equal(judge(person(national('123456789')), person(national('123456789'))).grade, 'certain');
  assert.equal(judge(person(national('123456789')), person(national('123456798'))).grade, 'certain');
  assert.equal(judge(person(national('123456789')), person(national('987654321'))).grade, 'certainly-not');
});

test('K33: twins and father and son are possible at most; the same number does not make two of what all else contradicts', () => {
  const twin = judge(person(named('Brandt', 'Helene')), person(named('Brandt', 'Otto')));
  assert.equal(twin.grade, 'possible');
  assert.ok(twin.weight >= defaultMatching.thresholds.possible);
  const alike = judge(person(named('Brandt', 'Bruno')), person(named('Brandt', 'Bruce')));
  assert.equal(alike.grade, 'possible');
  const son = judge(person(named('Brandt', 'Otto')), person({ ...named('Brandt', 'Otto'), birthDate: '1998-09-02' }));
  assert.ok(son.grade === 'possible' || son.grade === 'certainly-not', son.grade);
  const taken = { ...named('Okafor', 'Daniel'), birthDate: '1950-01-30', ...national('123456789') };
  const borrowed = judge(person(national('123456789')), person(taken));
  assert.notEqual(borrowed.grade, 'certain');
  assert.notEqual(borrowed.grade, 'probable');
});

test('K33: who says little is certain of nothing', () => {
  const little: Resource = { resourceType: 'Patient', name: [{ family: 'Brandt', given: ['Helene'] }] };
  assert.notEqual(judge(little, person()).grade, 'certain');
  assert.notEqual(judge(little, little).grade, 'certain');
  const house: Resource = { ...person(), name: [{ family: 'Brandt' }] };
  assert.notEqual(judge(house, person()).grade, 'certain');
});

test('K33: agreement on a rare name weighs more than on a frequent one', () => {
  const moved = { address: [{ line: ['3 River Road'], city: 'Hadley', postalCode: '01035' }], telecom: [] };
  const weigh = (family: string) =>
    judge(person(named(family, 'Ada')), person({ ...named(family, 'Ada'), ...moved })).weight;
  assert.ok(weigh('Yarworth') > weigh('Smith') + 1);
});

test('K33: a judgement is the same from both ends, and its score is within 0 and 1', () => {
  const records = population(5, 300);
  fc.assert(
    fc.property(fc.nat({ max: 299 }), fc.nat({ max: 299 }), (at, there) => {
      const [one, other] = [records[at]?.patient, records[there]?.patient];
      if (one === undefined || other === undefined) return;
      const judged = judge(one, other);
      assert.deepEqual(judged, judge(other, one));
      assert.ok(judged.score >= 0 && judged.score <= 1);
    }),
    { numRuns: 2000 },
  );
});

test('likeness of words: known values, and one edit', () => {
  assert.equal(jaroWinkler('martha', 'marhta').toFixed(3), '0.961');
  assert.equal(jaroWinkler('dwayne', 'duane').toFixed(3), '0.840');
  assert.equal(jaroWinkler('dixon', 'dicksonx').toFixed(3), '0.813');
  assert.equal(jaroWinkler('', 'a'), 0);
  for (const [one, other] of [
    ['abc', 'abcd'],
    ['abc', 'acb'],
    ['abc', 'axc'],
    ['abc', 'bc'],
  ] as const)
    assert.ok(isOneEditAway(one, other) && isOneEditAway(other, one), `${one} ${other}`);
  for (const [one, other] of [
    ['abc', 'abc'],
    ['abc', 'cab'],
    ['abcd', 'badc'],
    ['a', 'abc'],
  ] as const)
    assert.ok(!isOneEditAway(one, other), `${one} ${other}`);
  assert.equal(lookOf('arnanda'), lookOf('amanda'));
});
