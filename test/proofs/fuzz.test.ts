/** A short run of the fuzzing; `npm run proof:fuzz` is the long one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { proveFuzz } from './fuzz.ts';

test('3,000 requests at random: no 5xx, no crash, nothing told of the inside', async (t) => {
  const { url } = await testDatabase(t);
  const { statuses } = await proveFuzz(url, 3_000, 20_26);
  // The generator reaches both what is answered and what is refused.
  for (const status of ['200', '400', '401', '403', '404']) assert.ok((statuses[status] ?? 0) > 0, `some ${status}`);
});
