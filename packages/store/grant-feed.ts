/**
 * The end of grants, felt by every resource server at once while tokens are verified offline: a table to catch up from,
 * and a notification to do it now. RFC 7009 §3; PostgreSQL 18 documentation, NOTIFY and 9.27.5 (snapshots).
 */
import type { GrantState } from '@affinity/core/smart/grant-state.ts';
import type pg from 'pg';
import { type Feed, type Following, type FollowOptions, followFeeds } from './follow-feed.ts';

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

export type GrantFollower = GrantState & Following;

interface Page {
  /** every transaction below this one had ended when the page was read */
  readonly horizon: string;
  readonly ended: readonly { readonly grant: string; readonly expires: number }[];
}

/** One statement, so that the horizon and the rows are of one snapshot. */
const readEnded = `
  select pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
    coalesce((select json_agg(json_build_object('grant', grant_id, 'expires', extract(epoch from expires_at) * 1000))
              from ended_grant
              where written_by >= $1::xid8 and expires_at > now() - $2 * interval '1 millisecond'), '[]') as ended`;

/** What is known of ended grants, as the feed is read. */
export const createGrantFeed = ({
  now,
}: Pick<FollowOptions, 'now'>): { readonly feed: Feed } & Pick<GrantState, 'isLive'> => {
  /** grant id → when its last token has expired, epoch milliseconds */
  const ended = new Map<string, number>();
  let horizon = '0';
  return {
    isLive: (grantId) => !ended.has(grantId),
    feed: {
      channel,
      begin: () => {
        horizon = '0';
      },
      read: async (ask) => {
        const asked = now();
        const [page] = await ask<Page>(readEnded, [horizon, margin]);
        if (page === undefined) throw new Error('the grant feed gave no answer');
        for (const { grant, expires } of page.ended) ended.set(grant, expires);
        for (const [grant, expires] of ended) if (expires + margin < asked) ended.delete(grant);
        horizon = page.horizon;
      },
    },
  };
};

/** Follows the ends of grants alone, on a connection of its own. */
export const followGrants = (options: FollowOptions): GrantFollower => {
  const { feed, isLive } = createGrantFeed(options);
  return { isLive, ...followFeeds(options, [feed]) };
};
