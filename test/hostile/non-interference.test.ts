/** A short run for each shape of token; `npm run proof:non-interference` is the long one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { proveNonInterference } from './interference.ts';
import { shapes } from './token-shapes.ts';

for (const [at, shape] of shapes.entries()) {
  test(`E40–E56: ${shape.name}: two worlds answer alike`, async (t) => {
    const [whole, less] = [await testDatabase(t), await testDatabase(t)];
    const figures = await proveNonInterference([whole.url, less.url], shape, { seed: 2026 + at, requests: 60 });
    assert.ok((figures.statuses['200'] ?? 0) > 10, JSON.stringify(figures));
  });
}
