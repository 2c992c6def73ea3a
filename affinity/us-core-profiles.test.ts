import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { usCoreProfiles } from './us-core-profiles.ts';

test('A21: the profiles that are said to be supported are those of US Core 6.1.0', () => {
  const path = join(import.meta.dirname, '../test/us-core/us-core-6.1.0.json');
  const table = JSON.parse(readFileSync(path, 'utf8')) as { type: string; profile: string }[];
  const stated = Object.entries(usCoreProfiles).flatMap(([type, urls]) => urls.map((url) => `${type} ${url}`));
  assert.deepEqual(stated.sort(), table.map(({ type, profile }) => `${type} ${profile}`).sort());
});
