/** Worlds of a foreign system that behaves badly, behind the gateway; `npm run proof -- --gateway` is the long run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { openStage } from './stage.ts';
import { callerOf, noWorlds, runWorld, together } from './world-run.ts';

const worlds = 8;
const requests = 30;

test('E20–E67: two worlds behind the gateway answer alike, however their foreign system behaves', async (t) => {
  const [whole, less] = [await testDatabase(t), await testDatabase(t)];
  const stage = await openStage([whole.url, less.url]);
  let all = noWorlds;
  for (let seed = 1; seed <= worlds; seed += 1) {
    const course = { seed, requests, gateway: true, socket: seed === 1 };
    all = together(all, await runWorld(stage, callerOf(seed), course));
  }
  await stage.close();
  assert.deepEqual(all.differences, []);
  for (const status of ['200', '403', '404']) assert.ok((all.statuses[status] ?? 0) > 0, JSON.stringify(all.statuses));
});
