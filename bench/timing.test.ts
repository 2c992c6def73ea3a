/** The comparison by rank, on samples of which it is known how they differ. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareRanks } from './timing.ts';

test('samples that are alike are told apart as often as not; one that is longer, more often', () => {
  const alike = Array.from({ length: 500 }, (_, at) => at % 97);
  assert.deepEqual(compareRanks(alike, alike), { share: 0.5, z: 0 });
  const longer = alike.map((value) => value + 200);
  assert.equal(compareRanks(longer, alike).share, 1);
  assert.equal(compareRanks(alike, longer).share, 0);
  assert.ok(compareRanks(longer, alike).z > 20);
  assert.deepEqual(compareRanks([1, 3], [2, 4]).share, 0.25);
});
