/** What was made of artefacts is kept as long as they are what they were. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeptForms } from './kept-forms.ts';
import { animalSystem, animals, filtered, valueSet } from './testing/animals.ts';
import { hold } from './testing/held.ts';

test('M04: a ValueSet is made once, and again when anything that it is made of has changed', async () => {
  let now = 0;
  const dogs = filtered('dogs', ['concept', 'is-a', 'dog']);
  const outer = valueSet('outer', [{ valueSet: [dogs.url] }]);
  const held = hold([animalSystem, dogs, outer], {}, () => now);
  const form = async () => (await held.terminology.valueSet(String(outer.url)))?.form;
  const first = await form();
  const asked = held.asked();
  assert.equal(await form(), first);
  assert.equal(held.asked(), asked, 'it was looked up again');
  held.put({ ...filtered('else', ['concept', 'is-a', 'cat']) });
  assert.equal(await form(), first, 'another artefact changes nothing');
  held.put({ ...dogs, compose: { include: [{ system: animals, concept: [{ code: 'cat' }] }] } });
  assert.deepEqual(
    (await form())?.members.map(({ code }) => code),
    ['cat'],
  );
  held.put(dogs);
  held.put({ ...animalSystem, concept: [{ code: 'dog', concept: [{ code: 'puppy' }] }] });
  assert.deepEqual(
    (await form())?.members.map(({ code }) => code),
    ['dog', 'puppy'],
  );
  const before = held.asked();
  now = 5_000;
  await form();
  assert.ok(held.asked() > before, 'another process may have written: it is looked up after a time');
});

test('M04: what is kept has a limit; what is asked for longest ago is made again', async () => {
  let made = 0;
  const forms = createKeptForms({ most: 10, seconds: 5, now: () => 0, edition: () => 0 });
  const ask = (key: string, weight: number) =>
    forms.get(key, async () => {
      made += 1;
      return { weight };
    });
  await ask('a', 4.98);
  await ask('b', 4.98);
  await ask('a', 4.98);
  assert.equal(made, 2);
  await ask('c', 1);
  await ask('a', 4.98);
  assert.equal(made, 3);
  await ask('b', 4.98);
  assert.equal(made, 4);
  await ask('large', 11);
  await ask('large', 11);
  assert.equal(made, 6, 'what is larger than all is not kept');
  assert.ok(forms.weight() <= 10);
});

test('M04: those who ask at once wait for the same one', async () => {
  let made = 0;
  const forms = createKeptForms({ most: 10, seconds: 5, now: () => 0, edition: () => 0 });
  const ask = () =>
    forms.get('a', async () => {
      made += 1;
      return { weight: 1 };
    });
  await Promise.all([ask(), ask(), ask()]);
  assert.equal(made, 1);
});
