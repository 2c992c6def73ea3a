/** Worlds of the identity server for each kind of caller; `npm run proof:identity` is the long run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultMatching } from '@affinity/identity/matching/default-settings.ts';
import { createMatcher } from '@affinity/identity/matching/matcher.ts';
import { openIdentityServer } from '@affinity/identity/testing/identity-server.ts';
import { askers, proveIdentities } from './identity-interference.ts';

const [worlds, requests] = [3, 40];

for (const [at, asker] of askers.entries())
  test(`K20, K21, K30, hostile: ${asker.name}: two identity servers answer alike`, async (t) => {
    const open = () => openIdentityServer(t, { perMinute: 1_000_000, matcher: createMatcher(defaultMatching) });
    const sides = [await open(), await open()] as const;
    let telling = 0;
    const statuses: Record<string, number> = {};
    for (let world = 0; world < worlds; world += 1) {
      const figures = await proveIdentities(sides, asker, { seed: 100 * at + world, requests });
      telling += figures.telling;
      for (const [status, count] of Object.entries(figures.statuses))
        statuses[status] = (statuses[status] ?? 0) + count;
    }
    for (const status of ['200', '404']) assert.ok((statuses[status] ?? 0) > 0, JSON.stringify(statuses));
    assert.ok(telling > worlds * 5, `${telling} answers told of somebody`);
  });
