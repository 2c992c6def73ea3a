/** Editing, refreshing and ending one grant at the same time, on a pool of real connections: one consistent state. RFC 9700 §4.14. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settleEndedGrants } from '@affinity/authorization-server/grant-consents.ts';
import { claimsOf } from '@affinity/authorization-server/testing/domain.ts';
import { records } from './records.ts';
import { openStage } from './stage.ts';

test('fifty times: the person edits, the app refreshes and gives back, all at once', async (t) => {
  const began = new Date(Date.now() - 1_000);
  const stage = await openStage(t);
  for (const resource of records) await stage.put(resource);
  const own = (await stage.obtain({ scope: 'launch/patient patient/Consent.cruds' })).access_token;
  const denial = { type: 'deny', class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'Condition' }] };
  const scope = 'launch/patient offline_access patient/Condition.rs patient/Goal.rs';
  const narrowed = 'launch/patient offline_access patient/Goal.rs';
  const given = new Set<string>();
  for (let round = 0; round < 50; round += 1) {
    const tokens = await stage.obtain({ scope });
    const grant = String(claimsOf(tokens.access_token).grant_id);
    const path = `Consent/grant-${grant}`;
    // biome-ignore lint/suspicious/noExplicitAny: JSON that a person changes anywhere
    const consent = (await (await stage.send(path, own)).json()) as any;
    const edit = (change: object) =>
      stage.send(path, own, { method: 'PUT', body: JSON.stringify({ ...consent, ...change }) });
    const provision = { ...consent.provision, provision: [...consent.provision.provision, denial] };
    const revoke = round % 2 === 0;
    const [edited, refreshed, again, last] = await Promise.all([
      edit({ provision }),
      stage.refresh(tokens.refresh_token),
      stage.refresh(tokens.refresh_token),
      revoke ? stage.post('/revoke', { token: tokens.access_token }) : edit({ status: 'inactive' }),
    ]);
    assert.ok(edited.ok && last.ok, `${edited.status} ${last.status}`);
    const bodies = await Promise.all(
      [refreshed, again].map(async (one) => ({ status: one.status, body: await one.text() })),
    );
    for (const { status, body } of bodies) {
      assert.ok(status === 200 || (status === 400 && body.includes('invalid_grant')), `${status} ${body}`);
      if (status === 200) given.add((JSON.parse(body) as { scope: string }).scope);
    }
    const { rows } = await stage.pool.query<{ ended_at: Date | null; alive: number }>(
      `select ended_at, (select count(*)::int from refresh_token where grant_id = g.id) as alive
       from authorization_grant g where id = $1`,
      [grant],
    );
    if (revoke) {
      await settleEndedGrants(stage, began, new Date());
      assert.deepEqual([rows[0]?.ended_at === null, rows[0]?.alive], [false, 0]);
      assert.equal((await stage.consentOf(grant))?.status, 'inactive');
    } else {
      // Of two edits the later one stands; the next refresh finds the grant as the Consent then says.
      const status = (await stage.consentOf(grant))?.status;
      const newest = bodies.find((one) => one.status === 200);
      const successor = newest === undefined ? undefined : (JSON.parse(newest.body) as { refresh_token: string });
      const next = await stage.refresh(successor?.refresh_token ?? tokens.refresh_token);
      if (status === 'inactive' || rows[0]?.ended_at !== null) assert.equal(next.status, 400);
      else assert.equal(((await next.json()) as { scope: string }).scope, narrowed);
    }
  }
  assert.ok(
    [...given].every((one) => one === scope || one === narrowed),
    [...given].join('; '),
  );
});
