/** Forgets what has expired, a little at a time, so that nobody waits for it. */
import type pg from 'pg';
import type { Record } from './audit-recorder.ts';
import { endGrantsOfStopped, forgetPending } from './client-lifecycle.ts';
import { endExpiredGrants, type GrantConsents, settleEndedGrants } from './grant-consents.ts';
import type { EndGrant } from './grants.ts';
import { faultName, type Log } from './log.ts';
import { endOverdueSessions } from './sessions.ts';
import { longestToken, type Settings } from './settings.ts';
import { endUnclaimedGrants } from './unclaimed-devices.ts';

const batch = 1000;

/** Used codes are kept for a day beyond their minute: by them a replay is known. */
const statements = (settings: Settings): readonly string[] => [
  `delete from authorization_state where ctid = any(array(select ctid from authorization_state
     where expires_at < now() - case when model = 'AuthorizationCode' then interval '1 day' else interval '0' end
     limit ${batch} for update skip locked))`,
  `delete from ehr_launch where ctid = any(array(select ctid from ehr_launch
     where expires_at < now() - interval '1 day' limit ${batch} for update skip locked))`,
  `delete from launch_style where ctid = any(array(select ctid from launch_style
     where used_at < now() - interval '${settings.launchStyleDays} days' limit ${batch} for update skip locked))`,
  `delete from used_assertion where ctid = any(array(select ctid from used_assertion
     where expires_at < now() limit ${batch} for update skip locked))`,
  `delete from used_proof where ctid = any(array(select ctid from used_proof
     where expires_at < now() limit ${batch} for update skip locked))`,
  `delete from pushed_request where ctid = any(array(select ctid from pushed_request
     where expires_at < now() limit ${batch} for update skip locked))`,
  // As long as a used code is: by it, a replay is known.
  `delete from device_authorization where ctid = any(array(select ctid from device_authorization
     where expires_at < now() - interval '1 day' limit ${batch} for update skip locked))`,
  // As long as its state might be written once more by a request that was under way.
  `delete from sign_in_session where ctid = any(array(select ctid from sign_in_session
     where ended_at is not null and expires_at < now() - interval '1 day' limit ${batch} for update skip locked))`,
  `delete from sign_in_failure where ctid = any(array(select ctid from sign_in_failure
     where window_ends < now() limit ${batch} for update skip locked))`,
  `delete from used_challenge where ctid = any(array(select ctid from used_challenge
     where expires_at < now() limit ${batch} for update skip locked))`,
  `delete from federation_request where ctid = any(array(select ctid from federation_request
     where expires_at < now() limit ${batch} for update skip locked))`,
  `delete from proofing_invitation where ctid = any(array(select ctid from proofing_invitation
     where expires_at < now() and consumed_at is null limit ${batch} for update skip locked))`,
  `delete from known_browser where ctid = any(array(select ctid from known_browser
     where expires_at < now() limit ${batch} for update skip locked))`,
  `delete from initial_access_token where ctid = any(array(select ctid from initial_access_token
     where expires_at < now() limit ${batch} for update skip locked))`,
  `delete from refresh_token where ctid = any(array(select ctid from refresh_token
     where expires_at < now() limit ${batch} for update skip locked))`,
  // What signs nothing any more is not kept, so that it cannot be stolen; id_tokens that come back as hints need the other half.
  `update signing_key set private_jwk = null where ctid = any(array(select ctid from signing_key
     where private_jwk is not null and signs_until < now() limit ${batch} for update skip locked))`,
  `delete from signing_key where ctid = any(array(select ctid from signing_key
     where use = 'access-token' and published_until < now() limit ${batch} for update skip locked))`,
  `delete from access_token where ctid = any(array(select ctid from access_token
     where expires_at < now() limit ${batch} for update skip locked))`,
  `update refresh_token set answer = null where ctid = any(array(select ctid from refresh_token
     where answer is not null and consumed_at < now() - interval '${settings.refreshGraceSeconds * 2} seconds'
     limit ${batch} for update skip locked))`,
];

export async function purgeExpired(pool: pg.Pool, settings: Settings): Promise<void> {
  for (const statement of statements(settings)) {
    for (let touched = batch; touched === batch; ) touched = (await pool.query(statement)).rowCount ?? 0;
  }
}

export interface PurgeNeighbours {
  readonly pool: pg.Pool;
  readonly consents: GrantConsents;
  readonly endGrant: EndGrant;
  readonly settings: Settings;
  readonly record: Record;
  readonly log: Log;
  now(): Date;
}

/** Runs until stopped; `stop` waits for the run under way. */
export function startPurge(neighbours: PurgeNeighbours): { stop(): Promise<void> } {
  const { pool, consents, settings, record, log, now } = neighbours;
  const lifecycle = { ...neighbours, tokenSeconds: longestToken(settings) };
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    const at = now();
    await endOverdueSessions(neighbours);
    await endExpiredGrants({ pool, consents }, at);
    await endUnclaimedGrants({ pool, consents }, at);
    await settleEndedGrants({ pool, consents }, new Date(at.getTime() - 2_000 * settings.purgeSeconds), at);
    await endGrantsOfStopped(lifecycle);
    await forgetPending(lifecycle, new Date(at.getTime() - settings.registration.pendingSeconds * 1000), record);
    await purgeExpired(pool, settings);
  };
  const timer = setInterval(() => {
    running = run().catch((error: unknown) => {
      log('purge failed', { reason: faultName(error) });
    });
  }, settings.purgeSeconds * 1000);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
