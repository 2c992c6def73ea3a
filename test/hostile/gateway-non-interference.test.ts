/** Worlds of foreign systems that behave badly, behind the gateway; `npm run proof -- --gateway=KIND` is the long run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import type { ForeignKind } from './foreign-systems.ts';
import { openStage } from './stage.ts';
import { callerOf, noWorlds, runWorld, together } from './world-run.ts';

const requests = 30;
const parts: readonly { kind: ForeignKind; of: string; worlds: number; statuses: readonly string[] }[] = [
  { kind: 'store', of: 'their foreign system', worlds: 8, statuses: ['200', '403', '404'] },
  { kind: 'remote', of: 'their FHIR server on a socket', worlds: 8, statuses: ['200', '403', '404', '502'] },
  { kind: 'sql', of: 'their database', worlds: 8, statuses: ['200', '403', '404'] },
];

for (const { kind, of, worlds, statuses } of parts)
  test(`E20–E67: two worlds behind the gateway answer alike, however ${of} behaves`, async (t) => {
    const [whole, less] = [await testDatabase(t), await testDatabase(t)];
    const stage = await openStage([whole.url, less.url]);
    let all = noWorlds;
    for (let seed = 1; seed <= worlds; seed += 1) {
      const course = { seed, requests, gateway: kind, socket: seed === 1 };
      all = together(all, await runWorld(stage, callerOf(seed), course));
    }
    await stage.close();
    assert.deepEqual(all.differences, []);
    for (const status of statuses) assert.ok((all.statuses[status] ?? 0) > 0, JSON.stringify(all.statuses));
  });
