import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { recordClientChanges } from './client-changes.ts';

test('J08: a new app, a changed one and one that was taken out are recorded, each once', async (t) => {
  const { pool } = await testDatabase(t);
  const told: (readonly [string, string | undefined, string | undefined])[] = [];
  const neighbours = {
    pool,
    record: async (event: string, _outcome: string, facts: { client?: string; reason?: string } = {}) => {
      told.push([event, facts.client, facts.reason]);
    },
    digest: (text: string) => createHmac('sha256', 'key').update(text).digest('base64url'),
  };
  const started = async (...clients: readonly { readonly client_id: string }[]) => {
    told.length = 0;
    await recordClientChanges(neighbours, clients);
    return [...told];
  };
  const one = { client_id: 'one', client_secret: 'canary-secret-0123456789', redirect_uris: ['https://a.example/'] };
  assert.deepEqual(await started(one), [['client-registered', 'one', undefined]]);
  const { redirect_uris, ...rest } = one;
  assert.deepEqual(await started({ redirect_uris, ...rest } as typeof one), [], 'in another order it is the same');
  const changed = { ...one, redirect_uris: ['https://b.example/'] };
  assert.deepEqual(await started(changed, { client_id: 'two' }), [
    ['client-changed', 'one', undefined],
    ['client-registered', 'two', undefined],
  ]);
  assert.deepEqual(await started({ client_id: 'two' }), [['client-removed', 'one', 'the app was taken out']]);
  assert.deepEqual(await started({ client_id: 'two' }), []);
  const { rows } = await pool.query('select * from known_client');
  assert.doesNotMatch(JSON.stringify(rows), /canary/);
});
