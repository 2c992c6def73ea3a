/** A proof is used once, whoever asks at the same moment in whichever process. RFC 9449 §11.1. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPool } from './postgres/pool.ts';
import { testDatabase } from './testing/database.ts';
import { createUsedProofs } from './used-proofs.ts';

test('C56, race: of eight at once on two pools exactly one is told that a proof is new; without a database nobody is', async (t) => {
  const { url } = await testDatabase(t);
  const pools = [1, 2].map(() => createPool({ url, max: 4, onError: () => {} }));
  const processes = pools.map((pool) => createUsedProofs(pool));
  const until = new Date(Date.now() + 60_000);
  const ask = async (at: number, id: Buffer): Promise<boolean | undefined> => processes[at % 2]?.(id, until);
  for (let round = 0; round < 50; round++) {
    const id = Buffer.alloc(32, round);
    const told = await Promise.all(Array.from({ length: 8 }, (_, at) => ask(at, id)));
    assert.equal(told.filter((first) => first === true).length, 1, `round ${round}`);
  }
  await Promise.all(pools.map((pool) => pool.end()));
  await assert.rejects(ask(0, Buffer.alloc(32, 99)));
});
