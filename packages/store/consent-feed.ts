/**
 * Changes of Consents, felt by every resource server at once, so that what it remembers of them is asked for again: by a
 * table to catch up from, and a notification to do it now. 0081-consent-feed.sql fills it. FHIR R4 consent.html;
 * PostgreSQL 18 documentation, 9.27.5 (snapshots).
 */
import type { ConsentChange, ConsentFeed } from '@affinity/core/fhir/consent-feed.ts';
import type { GrantState } from '@affinity/core/smart/grant-state.ts';
import { type Feed, type Following, type FollowOptions, followFeeds } from './follow-feed.ts';
import { createGrantFeed } from './grant-feed.ts';

const channel = 'consent_change';

/** More changes at once than this, and everything is forgotten instead. */
const mostAtOnce = 1_000;

/** Rows are kept this long, in minutes: for longer than a transaction stays open. */
const kept = 24 * 60;
/** Whoever has not read for this long, in minutes, may have missed what is no longer kept. */
const longestGap = 12 * 60;
/** Milliseconds between two rounds of forgetting. */
const forgetEvery = 60_000;

interface Page {
  /** what this reading saw */
  readonly snapshot: string;
  /** by the clock of the database, epoch minutes */
  readonly minute: number;
  readonly changes: readonly { readonly id: string; readonly patient: string | null }[];
}

/** What the snapshot of the last reading did not see. One statement, so that the next snapshot and the rows are of one. */
const readChanges = `
  select pg_current_snapshot()::text as snapshot, extract(epoch from clock_timestamp())::float8 / 60 as minute,
    coalesce((select json_agg(json_build_object('id', id, 'patient', patient)) from (
      select distinct id, patient from consent_change
      where written_by >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(written_by, $1::pg_snapshot)
      limit $2) unseen), '[]') as changes`;

const forget = `
  delete from consent_change where change in (
    select change from consent_change where at < clock_timestamp() - $1 * interval '1 minute'
    order by at limit 1000 for update skip locked)`;

type Listener = (change: ConsentChange) => void;

export interface ConsentReading extends Pick<ConsentFeed, 'onChange'> {
  readonly feed: Feed;
}

/** The feed as it is read: each change once, and everything when a connection begins. */
export const createConsentReading = ({ now }: Pick<FollowOptions, 'now'>): ConsentReading => {
  const listeners = new Set<Listener>();
  let last: Pick<Page, 'snapshot' | 'minute'> | undefined;
  let forgotten = Number.NEGATIVE_INFINITY;

  const tell = (change: ConsentChange): void => {
    for (const listener of listeners) listener(change);
  };

  return {
    onChange: (listener) => {
      // A function that listens twice is told twice, and stops listening once at a time.
      const own: Listener = (change) => listener(change);
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
    feed: {
      channel,
      begin: () => {
        last = undefined;
      },
      read: async (ask) => {
        const [page] = await ask<Page>(readChanges, [last?.snapshot ?? null, mostAtOnce + 1]);
        if (page === undefined) throw new Error('the feed of Consents gave no answer');
        const { snapshot, minute, changes } = page;
        // The first reading of a connection knows of nothing before; nor does one after a long sleep.
        const knows = last !== undefined && minute - last.minute < longestGap && minute >= last.minute;
        if (!knows || changes.length > mostAtOnce) tell({ kind: 'everything' });
        else
          for (const { id, patient } of changes)
            tell({ kind: 'consent', id, ...(patient === null ? {} : { patient }) });
        last = { snapshot, minute };
        if (now() - forgotten < forgetEvery) return;
        forgotten = now();
        await ask(forget, [kept]);
      },
    },
  };
};

/** Follows the changes of Consents alone, on a connection of its own. */
export const followConsents = (options: FollowOptions): ConsentFeed & Following => {
  const { feed, onChange } = createConsentReading(options);
  return { onChange, ...followFeeds(options, [feed]) };
};

/** Follows the ends of grants and the changes of Consents on one connection: both are fresh, or neither is. */
export const followGrantsAndConsents = (
  options: FollowOptions,
): Following & { readonly grants: GrantState; readonly consents: ConsentFeed } => {
  const { isLive, feed: ofGrants } = createGrantFeed(options);
  const { onChange, feed: ofConsents } = createConsentReading(options);
  const following = followFeeds(options, [ofGrants, ofConsents]);
  return {
    ...following,
    grants: { isLive, isFresh: following.isFresh },
    consents: { onChange, isFresh: following.isFresh },
  };
};
