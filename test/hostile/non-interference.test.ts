/** Worlds for each kind of caller; `npm run proof` is the long run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { callers } from './callers.ts';
import { openStage } from './stage.ts';
import { noWorlds, runWorld, together } from './world-run.ts';

const least = 50;
const requests = 50;
/** As many for each kind of caller, and one more for the first. */
const worldsOf = (at: number): number => Math.floor(least / callers.length) + (at < least % callers.length ? 1 : 0);

test('non-interference, whoever asks', async (t) => {
  const [whole, less] = [await testDatabase(t), await testDatabase(t)];
  const stage = await openStage([whole.url, less.url]);
  let all = noWorlds;
  for (const [at, caller] of callers.entries()) {
    await t.test(`E20–E67, E70–E75, P20–P25: ${caller.name}: two worlds answer alike`, async () => {
      let tally = noWorlds;
      for (let number = 0; number < worldsOf(at); number += 1) {
        // The first of each over a socket.
        const course = { seed: 1000 * at + number, requests, socket: number === 0 };
        tally = together(tally, await runWorld(stage, caller, course));
      }
      assert.deepEqual(tally.differences, []);
      all = together(all, tally);
    });
  }
  const { statuses } = all;
  for (const status of ['200', '201', '204', '400', '401', '403', '404', '412'])
    assert.ok((statuses[status] ?? 0) > 0, JSON.stringify(statuses));
  await stage.close();
});
