/** What is kept until it has changed: loaded once for many, never kept from before a change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKept } from './kept.ts';

/** Loads are answered when the test says so. */
const held = (most = 10, atOnce = 2) => {
  const loads: { readonly keys: readonly string[]; answer(value: string): void; fail(): void }[] = [];
  const kept = createKept<string>({
    most,
    atOnce,
    load: (keys) =>
      new Promise((resolve, reject) => {
        loads.push({
          keys,
          answer: (value) => resolve(new Map(keys.map((key) => [key, `${key} ${value}`]))),
          fail: () => reject(new Error('down')),
        });
      }),
  });
  return { kept, loads };
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('fifty at once wait for one load, and later ones for none', async () => {
  const { kept, loads } = held();
  const asked = Array.from({ length: 50 }, () => kept.of(['a']));
  await turn();
  assert.equal(loads.length, 1);
  loads[0]?.answer('1');
  for (const found of await Promise.all(asked)) assert.equal(found.get('a'), 'a 1');
  assert.equal((await kept.of(['a'])).get('a'), 'a 1');
  assert.equal(loads.length, 1);
});

test('a load that began before a change is not kept after it, and who asks after it does not wait for it', async () => {
  const { kept, loads } = held();
  const before = kept.of(['a']);
  await turn();
  kept.forget('a');
  const after = kept.of(['a']);
  await turn();
  loads[1]?.answer('new');
  assert.equal((await after).get('a'), 'a new');
  loads[0]?.answer('old');
  assert.equal((await before).get('a'), 'a old');
  assert.equal((await kept.of(['a'])).get('a'), 'a new', 'the older load ended later');
  assert.equal(loads.length, 2);
});

test('the same when everything is forgotten', async () => {
  const { kept, loads } = held();
  const before = kept.of(['a']);
  await turn();
  kept.forgetAll();
  loads[0]?.answer('old');
  await before;
  const after = kept.of(['a']);
  await turn();
  loads[1]?.answer('new');
  assert.equal((await after).get('a'), 'a new');
});

test('what could not be loaded is told to those who waited, and tried again for those after them', async () => {
  const { kept, loads } = held();
  const failed = assert.rejects(kept.of(['a', 'b', 'c']), /down/);
  await turn();
  loads[0]?.fail();
  await turn();
  assert.deepEqual(loads[1]?.keys, ['c'], 'parts go one after another');
  loads[1]?.answer('1');
  await failed;
  const again = kept.of(['a', 'c']);
  await turn();
  assert.deepEqual(loads[2]?.keys, ['a'], 'c was loaded');
  loads[2]?.answer('2');
  assert.deepEqual([...(await again)].sort(), [
    ['a', 'a 2'],
    ['c', 'c 1'],
  ]);
});

test('as many as the limit are kept: the one that was asked for longest ago goes', async () => {
  const { kept, loads } = held(2, 1);
  for (const key of ['a', 'b']) {
    const asked = kept.of([key]);
    await turn();
    loads.at(-1)?.answer('1');
    await asked;
  }
  await kept.of(['a']);
  const third = kept.of(['c']);
  await turn();
  loads.at(-1)?.answer('1');
  await third;
  await kept.of(['a', 'c']);
  assert.equal(loads.length, 3, 'a and c are still there');
  void kept.of(['b']);
  await turn();
  assert.deepEqual(loads.at(-1)?.keys, ['b']);
});
