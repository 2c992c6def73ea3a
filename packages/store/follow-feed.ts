/**
 * Following tables of changes on one connection: a notification says that there is something to read, and a look at times
 * that nothing was missed. PostgreSQL 18 documentation, LISTEN and 9.27.5 (snapshots).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

export interface FollowOptions {
  /** a client that is not connected yet; the follower connects and ends it, and asks for another when it is lost */
  readonly connect: () => pg.Client;
  /** without a proof for so long, nothing is fresh; also how long one question to the database may take */
  readonly staleAfterMs: number;
  /** how often the tables are read without a notification; well under `staleAfterMs` */
  readonly pollMs: number;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
  /** epoch milliseconds */
  readonly now: () => number;
}

/** One statement, answered within the time that one question may take. */
export type Ask = <Row>(text: string, values: readonly unknown[]) => Promise<readonly Row[]>;

export interface Feed {
  /** what is notified when there is something new */
  readonly channel: string;
  /** A connection begins: the database may be another one now, so that nothing read before counts. */
  begin(): void;
  /** Reads what is new. What it throws ends the connection, and another is made. */
  read(ask: Ask): Promise<void>;
}

export interface Following {
  /** all feeds have been read to their end, not long ago */
  isFresh(): boolean;
  /** Ends the connection. Nothing is fresh afterwards. */
  close(): Promise<void>;
}

/** Follows the feeds until it is closed. Until the first reading nothing is fresh. */
export const followFeeds = (options: FollowOptions, feeds: readonly Feed[]): Following => {
  const { connect, staleAfterMs, pollMs, log, now } = options;
  const closing = new AbortController();
  let proof = Number.NEGATIVE_INFINITY;

  const catchUp = async (client: pg.Client): Promise<void> => {
    const asked = now();
    const ask = async <Row>(text: string, values: readonly unknown[]) => {
      const query = { text, values: [...values], query_timeout: staleAfterMs };
      return (await client.query(query as pg.QueryConfig)).rows as Row[];
    };
    for (const feed of feeds) await feed.read(ask);
    proof = asked;
  };

  /** One connection, from its beginning until it is lost. */
  const follow = async (client: pg.Client): Promise<void> => {
    let wake = new AbortController();
    let lost: Error | undefined;
    const lose = (error: Error): void => {
      lost ??= error;
      wake.abort();
    };
    const stop = (): void => wake.abort();
    client.on('error', lose);
    client.on('end', () => lose(new Error('the connection of the feed ended')));
    client.on('notification', () => wake.abort());
    closing.signal.addEventListener('abort', stop);
    try {
      await client.connect();
      for (const { channel } of feeds) await client.query(`listen ${channel}`);
      for (const feed of feeds) feed.begin();
      while (!closing.signal.aborted) {
        // Renewed before the reading: what is notified during it wakes the next one.
        wake = new AbortController();
        await catchUp(client);
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
        log('feed-lost', {
          feeds: feeds.map(({ channel }) => channel),
          error: error instanceof Error ? error.message : String(error),
          attempt,
        });
      }
      attempt = now() - begun > 10_000 ? 0 : attempt + 1;
      const pause = Math.min(50 * 2 ** Math.min(attempt, 6), 2_000);
      await sleep(pause, undefined, { signal: closing.signal }).catch(() => {});
    }
  };
  const running = run();

  return {
    isFresh: () => now() - proof <= staleAfterMs,
    close: async () => {
      closing.abort();
      await running;
    },
  };
};
