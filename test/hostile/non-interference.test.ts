/** Worlds for each kind of caller; `npm run proof` is the long run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import type { Caller } from './access-oracle.ts';
import { callers } from './callers.ts';
import { mutations } from './mutations.ts';
import { openStage } from './stage.ts';
import { noWorlds, runWorld, together } from './world-run.ts';

const least = 50;
const requests = 50;
const each = Math.floor(least / callers.length);

/** Those in which a broken rule or path is noticed (mutations.test.ts), and more. */
const seedsOf = ({ name }: Caller, at: number): readonly number[] => {
  const remembered = new Set(mutations.flatMap(({ noticed }) => (noticed.caller === name ? [noticed.seed] : [])));
  const more = Array.from({ length: Math.max(0, each - remembered.size) }, (_, number) => 1000 * at + number);
  return [...remembered, ...more];
};

test('non-interference, whoever asks', async (t) => {
  const [whole, less] = [await testDatabase(t), await testDatabase(t)];
  const stage = await openStage([whole.url, less.url]);
  let all = noWorlds;
  for (const [at, caller] of callers.entries()) {
    await t.test(`E20–E67, E70–E75, P20–P25: ${caller.name}: two worlds answer alike`, async () => {
      let tally = noWorlds;
      for (const [number, seed] of seedsOf(caller, at).entries()) {
        // The first of each over a socket.
        tally = together(tally, await runWorld(stage, caller, { seed, requests, socket: number === 0 }));
      }
      assert.deepEqual(tally.differences, []);
      all = together(all, tally);
    });
  }
  const { statuses, worlds } = all;
  assert.ok(worlds >= least, `${worlds} worlds`);
  for (const status of ['200', '201', '204', '400', '401', '403', '404', '412'])
    assert.ok((statuses[status] ?? 0) > 0, JSON.stringify(statuses));
  await stage.close();
});
