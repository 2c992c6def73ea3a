/** A transaction whose caller has gone, or whose time is up, is undone, ends at the server, and holds nothing. (N10, N14) */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendTooSlow, type Transaction } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import { createBackend } from './backend.ts';
import { createPool } from './postgres/pool.ts';
import { testDatabase } from './testing/database.ts';

const gone = new Error('gone');

const create = (within: Transaction, id: string) => {
  const resource = { resourceType: 'Patient', id };
  return within.create({ type: 'Patient', id, content: { resource, json: JSON.stringify(resource) } });
};
const search = (within: Transaction) =>
  within.searchType(
    {
      type: 'Patient',
      clauses: [{ param: 'identifier', modifier: 'text', values: [{ kind: 'string', text: 'number' }] }],
      count: 1,
      sort: [],
      total: 'none',
      understood: [],
    },
    everything,
  );

const store = async (t: Parameters<typeof testDatabase>[0] & {}, searchMilliseconds = 60_000) => {
  const database = await testDatabase(t);
  const pool = createPool({ url: database.url, max: 4, applicationName: 'stopping', onError: () => {} });
  t.after(() => pool.end());
  const count = async (condition: string): Promise<number> => {
    const { rowCount } = await database.pool.query(
      `select from pg_stat_activity where application_name = 'stopping' and datname = current_database() and ${condition}`,
    );
    return rowCount ?? 0;
  };
  /** In another process an id is being taken: whoever creates it waits. @returns how that ends */
  const occupy = async (id: string) => {
    const [taken, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const other = createBackend({ pool: database.pool, ownBases: [] });
    const done = other.transact(
      async (within) => {
        await create(within, id);
        taken.resolve();
        await end.promise;
      },
      [],
      false,
    );
    await taken.promise;
    return async () => {
      end.resolve();
      await done;
    };
  };
  const waitsForLock = async (): Promise<void> => {
    while ((await count("wait_event_type = 'Lock'")) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const backend = createBackend({ pool, ownBases: [], limits: { searchMilliseconds } });
  const isThere = async (id: string) => (await backend.read({ type: 'Patient', id }, everything)).kind === 'found';
  return { backend, pool, count, occupy, waitsForLock, isThere, other: database.pool };
};

test('a caller who hangs up ends the statement at the server, and nothing stands', async (t) => {
  const { backend, pool, count, occupy, waitsForLock, isThere } = await store(t);
  const end = await occupy('taken');
  const caller = new AbortController();
  const stopped = assert.rejects(
    backend.transact(
      async (within) => {
        await create(within, 'first');
        await create(within, 'taken');
      },
      ['a'],
      false,
      caller.signal,
    ),
    gone,
  );
  await waitsForLock();
  caller.abort(gone);
  await stopped;
  assert.equal(await count("state = 'active'"), 0);
  await end();
  assert.equal(await isThere('first'), false);
  await backend.transact((within) => create(within, 'next'), ['a']);
  assert.equal(await isThere('next'), true, 'what it held is free');
  assert.equal(pool.waitingCount, 0);
});

test('who waits for a turn, or for what another holds, and hangs up, waits no longer', async (t) => {
  const { backend, isThere, other } = await store(t);
  const end = Promise.withResolvers<void>();
  const first = backend.transact(() => end.promise, ['a']);
  const elsewhere = createBackend({ pool: other, ownBases: [] });
  const callers = [new AbortController(), new AbortController()] as const;
  const waiting = [backend, elsewhere].map((each, i) =>
    assert.rejects(
      each.transact((within) => create(within, `waiting-${i}`), ['a'], true, callers[i as 0 | 1].signal),
      gone,
    ),
  );
  const last = backend.transact((within) => create(within, 'last'), ['a']);
  for (const caller of callers) caller.abort(gone);
  await Promise.all(waiting);
  end.resolve();
  await first;
  await last;
  assert.deepEqual(await Promise.all(['waiting-0', 'waiting-1', 'last'].map(isThere)), [false, false, true]);
});

test('who hung up before is not begun; who does when all is done but not standing, is undone', async (t) => {
  const { backend, isThere } = await store(t);
  let begun = 0;
  const counting = async () => {
    begun += 1;
  };
  await assert.rejects(backend.transact(counting, ['a'], true, AbortSignal.abort(gone)), gone);
  assert.equal(begun, 0);
  const caller = new AbortController();
  const late = backend.transact(
    async (within) => {
      await create(within, 'late');
      caller.abort(gone);
    },
    [],
    false,
    caller.signal,
  );
  await assert.rejects(late, gone);
  assert.equal(await isThere('late'), false);
});

test('who hangs up afterwards undoes nothing, and cancels nobody else', async (t) => {
  const { backend, isThere } = await store(t);
  for (let round = 0; round < 20; round += 1) {
    const caller = new AbortController();
    await backend.transact((within) => create(within, `kept-${round}`), [], false, caller.signal);
    caller.abort(gone);
    assert.equal(await isThere(`kept-${round}`), true);
  }
});

test('a question within takes no longer than one outside, and its end is the end of all', async (t) => {
  const { backend, isThere, other } = await store(t, 200);
  const client = await other.connect();
  // What is written does not need this table, and the search does.
  await client.query('begin');
  await client.query('lock table text_value in access exclusive mode');
  const slow = backend.transact(
    async (within) => {
      await create(within, 'first');
      await search(within).catch(() => {});
      await create(within, 'second');
    },
    [],
    false,
  );
  await assert.rejects(slow, BackendTooSlow);
  await client.query('rollback');
  client.release();
  assert.deepEqual(await Promise.all(['first', 'second'].map(isThere)), [false, false]);
});
