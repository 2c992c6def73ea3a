import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { acknowledgeAlert, acknowledgedAlerts, type NewAlert, openAlerts, raiseAlert } from './alerts.ts';
import { transaction } from './postgres/pool.ts';
import { testDatabase } from './testing/database.ts';

const at = (minutes: number): Date => new Date(Date.UTC(2026, 4, 3, 9, minutes));
const alert = (more: Partial<NewAlert> = {}): NewAlert => ({
  kind: 'emergency-access',
  key: 'g1',
  at: at(0),
  person: 's1',
  client: 'app',
  patient: 'p1',
  ...more,
});

test('E74: an alert is listed until somebody says that they looked; the same again is counted, not repeated', async (t) => {
  const { pool } = await testDatabase(t);
  const first = await raiseAlert(pool, alert());
  assert.equal(await raiseAlert(pool, alert({ at: at(5), detail: 'later' })), first);
  const other = await raiseAlert(pool, alert({ key: 'g2', at: at(2) }));
  await raiseAlert(pool, alert({ kind: 'consent-fault', at: at(1) }));
  const { open, alerts } = await openAlerts(pool, 2);
  assert.equal(open, 3);
  assert.deepEqual(
    alerts.map(({ id }) => id),
    [first, other],
  );
  assert.deepEqual(alerts[0], { ...alert(), id: first, lastAt: at(5), count: 2 });

  const by = { at: at(9), by: 'Privacy officer', note: 'Resuscitation, in order.' };
  assert.deepEqual(await acknowledgeAlert(pool, first, by), {
    kind: 'acknowledged',
    alert: { ...alert(), id: first, lastAt: at(5), count: 2, acknowledged: by },
  });
  const second = await acknowledgeAlert(pool, first, { ...by, by: 'Somebody else', at: at(10) });
  assert.equal(second.kind, 'already');
  assert.equal(second.kind === 'already' && second.alert.acknowledged?.by, 'Privacy officer');
  assert.equal((await openAlerts(pool, 10)).open, 2);
  assert.deepEqual(
    (await acknowledgedAlerts(pool, 10)).map(({ id }) => id),
    [first],
  );
  // What happens after somebody looked is something new to look at.
  assert.notEqual(await raiseAlert(pool, alert({ at: at(11) })), first);
  assert.equal((await openAlerts(pool, 10)).open, 3);
});

test('an id that is none, and one that nobody has, are unknown', async (t) => {
  const { pool } = await testDatabase(t);
  const by = { at: at(9), by: 'A', note: 'b' };
  assert.deepEqual(await acknowledgeAlert(pool, "x' or true --", by), { kind: 'unknown' });
  assert.deepEqual(await acknowledgeAlert(pool, randomUUID(), by), { kind: 'unknown' });
  assert.deepEqual(await openAlerts(pool, 10), { open: 0, alerts: [] });
});

test('E74: an alert is raised with what it tells of, or not at all', async (t) => {
  const { pool } = await testDatabase(t);
  await assert.rejects(
    transaction(pool, async (db) => {
      await raiseAlert(db, alert());
      throw new Error('undone');
    }),
  );
  assert.equal((await openAlerts(pool, 10)).open, 0);
  const together = await Promise.all(Array.from({ length: 8 }, () => raiseAlert(pool, alert())));
  assert.equal(new Set(together).size, 1);
  assert.equal((await openAlerts(pool, 10)).alerts[0]?.count, 8);
});
