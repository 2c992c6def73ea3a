/**
 * Every rule and every path, broken on purpose, is noticed by the proof of non-interference: `npm run proof:mutations`. That
 * the same worlds are equal while nothing is broken is shown by `non-interference.test.ts`, which plays them, too.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { unnoticed } from './mutation-play.ts';
import { mutated, mutations } from './mutations.ts';

const root = join(import.meta.dirname, '../..');

test('each mutation is about a text that stands exactly once in its file, and has a name of its own', () => {
  const faults = mutations.flatMap((mutation) => {
    try {
      mutated(mutation, readFileSync(join(root, mutation.file), 'utf8'));
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  });
  assert.deepEqual(faults, []);
  assert.equal(new Set(mutations.map(({ name }) => name)).size, mutations.length);
  assert.ok(mutations.length >= 25);
});

test('D03–E74, P20–P25: a broken rule and a broken path are noticed, every one', async (t) => {
  assert.deepEqual(await unnoticed([(await testDatabase(t)).url, (await testDatabase(t)).url], mutations), []);
});
