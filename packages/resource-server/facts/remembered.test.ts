/** What is remembered for a short time, counted from when it was asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemembered } from './remembered.ts';

const clock = (seconds = 1, most = 10) => {
  const state = { time: 5_000, asked: 0 };
  const remembered = createRemembered<number>({ seconds, most, now: () => state.time });
  const ask = (key: string) =>
    remembered(key, async () => {
      state.asked += 1;
      return state.asked;
    });
  return { state, ask, remembered };
};

test('asked once within its time, and anew after it', async () => {
  const { state, ask } = clock();
  assert.deepEqual(await Promise.all(Array.from({ length: 50 }, () => ask('a'))), Array(50).fill(1));
  state.time += 999;
  assert.equal(await ask('a'), 1);
  state.time += 1;
  assert.equal(await ask('a'), 2);
});

test('a slow answer is not remembered for longer: the time counts from the asking', async () => {
  const { state, remembered } = clock();
  const slow = Promise.withResolvers<number>();
  const first = remembered('a', () => slow.promise);
  state.time += 1500;
  slow.resolve(1);
  await first;
  assert.equal(await remembered('a', async () => 2), 2);
});

test('a clock that was set back makes nothing last longer', async () => {
  const { state, ask } = clock();
  await ask('a');
  state.time -= 60_000;
  assert.equal(await ask('a'), 2);
});

test('a failure is not remembered; one key more than the limit costs the oldest', async () => {
  const { ask, remembered } = clock(1, 2);
  await assert.rejects(remembered('a', async () => Promise.reject(new Error('down'))));
  assert.equal(await ask('a'), 1);
  await ask('b');
  await ask('c');
  assert.equal(await ask('c'), 3);
  assert.equal(await ask('a'), 4);
});
