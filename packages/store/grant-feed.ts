/**
 * The end of grants, felt by every resource server at once while tokens are verified offline: a table to catch up from,
 * and a notification to do it now. RFC 7009 §3; PostgreSQL 18 documentation, NOTIFY and 9.27.5 (snapshots).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { GrantState } from '@affinity/core/smart/grant-state.ts';
import type pg from 'pg';

const channel = 'ended_grant';

/** Rows are kept this long after the last token of their grant: clocks differ. */
const margin = 5 * 60_000;

type Connection = Pick<pg.ClientBase | pg.Pool, 'query'>;

/**
 * Records that a grant has ended and tells the followers, in one statement: in the caller's transaction, if `connection`
 * is in one, and then felt when that commits. Ending a grant twice is ending it once; the later expiry counts. What has
 * long expired is forgotten on the way.
 * @param expiresAt when the last access token of the grant has expired.
 */
export const endGrant = async (
  connection: Connection,
  grantId: string,
  reason: string,
  expiresAt: Date,
): Promise<void> => {
  await connection.query(
    `with forgotten as (
       delete from ended_grant where grant_id in (
         select grant_id from ended_grant where expires_at < now() - interval '1 day' and grant_id <> $1
         limit 100 for update skip locked)
     ), ended as (
       insert into ended_grant as known (grant_id, reason, expires_at) values ($1, $2, $3)
       on conflict (grant_id) do update set expires_at = excluded.expires_at, written_by = pg_current_xact_id()
         where excluded.expires_at > known.expires_at
     )
     select pg_notify('${channel}', '')`,
    [grantId, reason, expiresAt],
  );
};

export interface FollowOptions {
  /** a client that is not connected yet; the follower connects and ends it, and asks for another when it is lost */
  readonly connect: () => pg.Client;
  /** without a proof for so long, nothing is fresh; also how long one question to the database may take */
  readonly staleAfterMs: number;
  /** how often the table is read without a notification; well under `staleAfterMs` */
  readonly pollMs: number;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
  /** epoch milliseconds */
  readonly now: () => number;
}

export interface GrantFollower extends GrantState {
  /** Ends the connection. Nothing is fresh afterwards. */
  close(): Promise<void>;
}

interface Page {
  /** every transaction below this one had ended when the page was read */
  readonly horizon: string;
  readonly ended: readonly { readonly grant: string; readonly expires: number }[];
}

/** One statement, so that the horizon and the rows are of one snapshot. */
const readEnded = async (client: pg.Client, from: string, timeout: number): Promise<Page | undefined> => {
  const { rows } = await client.query<Page>({
    text: `select pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
             coalesce((select json_agg(json_build_object('grant', grant_id, 'expires', extract(epoch from expires_at) * 1000))
                       from ended_grant
                       where written_by >= $1::xid8 and expires_at > now() - $2 * interval '1 millisecond'), '[]') as ended`,
    values: [from, margin],
    query_timeout: timeout,
  } as pg.QueryConfig);
  return rows[0];
};

/** Follows the feed until it is closed. Until the first reading nothing is fresh. */
export const followGrants = (options: FollowOptions): GrantFollower => {
  const { connect, staleAfterMs, pollMs, log, now } = options;
  const closing = new AbortController();
  /** grant id → when its last token has expired, epoch milliseconds */
  const ended = new Map<string, number>();
  let proof = Number.NEGATIVE_INFINITY;

  const catchUp = async (client: pg.Client, from: string): Promise<string> => {
    const asked = now();
    const page = await readEnded(client, from, staleAfterMs);
    if (page === undefined) throw new Error('the grant feed gave no answer');
    for (const { grant, expires } of page.ended) ended.set(grant, expires);
    for (const [grant, expires] of ended) if (expires + margin < asked) ended.delete(grant);
    proof = asked;
    return page.horizon;
  };

  /** One connection, from its beginning until it is lost. Reads everything first: the database may be another one now. */
  const follow = async (client: pg.Client): Promise<void> => {
    let wake = new AbortController();
    let lost: Error | undefined;
    const lose = (error: Error): void => {
      lost ??= error;
      wake.abort();
    };
    const stop = (): void => wake.abort();
    client.on('error', lose);
    client.on('end', () => lose(new Error('the connection of the grant feed ended')));
    client.on('notification', () => wake.abort());
    closing.signal.addEventListener('abort', stop);
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      let horizon = '0';
      while (!closing.signal.aborted) {
        // Renewed before the reading: what is notified during it wakes the next one.
        wake = new AbortController();
        horizon = await catchUp(client, horizon);
        if (lost !== undefined) throw lost;
        await sleep(pollMs, undefined, { signal: wake.signal }).catch(() => {});
        if (lost !== undefined) throw lost;
      }
    } finally {
      closing.signal.removeEventListener('abort', stop);
      proof = Number.NEGATIVE_INFINITY;
      // Not awaited: a connection that is dead without knowing it would hold up the next one.
      client.end().catch(() => {});
    }
  };

  const run = async (): Promise<void> => {
    for (let attempt = 0; !closing.signal.aborted; ) {
      const begun = now();
      try {
        await follow(connect());
      } catch (error) {
        log('grant-feed-lost', { error: error instanceof Error ? error.message : String(error), attempt });
      }
      attempt = now() - begun > 10_000 ? 0 : attempt + 1;
      const pause = Math.min(50 * 2 ** Math.min(attempt, 6), 2_000);
      await sleep(pause, undefined, { signal: closing.signal }).catch(() => {});
    }
  };
  const running = run();

  return {
    isLive: (grantId) => !ended.has(grantId),
    isFresh: () => now() - proof <= staleAfterMs,
    close: async () => {
      closing.abort();
      await running;
    },
  };
};
