/** The limits of terminology, as settings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { snapshotLimits } from '@affinity/registry/snapshot/snapshot.ts';
import { terminologyLimits } from '@affinity/registry/terminology/limits.ts';
import { snapshotLimitsOf, terminologyLimitsOf, terminologySettings } from './terminology-settings.ts';

test('M04, M08: what is not set is as the registry has it, and each setting is its limit', () => {
  const unset = terminologySettings.parse({});
  assert.deepEqual(terminologyLimitsOf(unset), terminologyLimits);
  assert.deepEqual(snapshotLimitsOf(unset), snapshotLimits);
  const names = Object.keys(unset);
  const set = terminologySettings.parse(Object.fromEntries(names.map((name, i) => [name, i + 1])));
  const limits = [...Object.values(terminologyLimitsOf(set)), ...Object.values(snapshotLimitsOf(set))];
  assert.deepEqual(
    limits.toSorted((a, b) => a - b),
    names.map((_, i) => i + 1),
  );
  for (const name of names) assert.throws(() => terminologySettings.parse({ [name]: 0 }), name);
});
