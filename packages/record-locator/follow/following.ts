/** The locator at work by itself: it follows every server of the domain, one process at a time. docs/decisions/0034-the-record-locator.md. */
import { transaction } from '@affinity/store/postgres/pool.ts';
import { followMovedPersons, type MovedNeighbours } from './moved-persons.ts';
import { type FeedNeighbours, takeFromHome, takeFromServer } from './server-feeds.ts';

export interface FollowingNeighbours extends Omit<MovedNeighbours, 'servers'> {
  readonly servers: readonly (FeedNeighbours & { readonly noted: boolean })[];
  readonly pauseMilliseconds: number;
  readonly changesMilliseconds: number;
  readonly sweep: () => Promise<void>;
  /** epoch milliseconds */
  readonly now: () => number;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
}

export interface Following {
  /** One round through everything; what cannot be asked now is asked the next time. */
  round(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

export const createFollowing = (neighbours: FollowingNeighbours): Following => {
  const { servers, pool, space, pauseMilliseconds, changesMilliseconds, sweep, now, log } = neighbours;
  let stopped = false;
  /** Nothing where another process is at it. */
  const alone = (name: string, work: () => Promise<void>): Promise<void> =>
    transaction(pool, async (db) => {
      const { rows } = await db.query<{ held: boolean }>(
        'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as held',
        [`locator ${name}`],
      );
      if (rows[0]?.held === true) await work();
    });
  const tried = (name: string, work: () => Promise<void>): Promise<void> =>
    alone(name, work).catch((error: unknown) =>
      log('the locator could not follow', { of: name, error: error instanceof Error ? error.name : typeof error }),
    );
  const round = async (): Promise<void> => {
    for (const server of servers) {
      if (stopped) return;
      await tried(server.base, () => (server.noted ? takeFromHome(server) : takeFromServer(server)));
    }
    await tried('moved persons', () => followMovedPersons(neighbours));
    await tried('old entries', async () => {
      await sweep();
      await space.query('delete from location_change where at < $1', [new Date(now() - changesMilliseconds)]);
    });
  };
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const again = (): void => {
    running = round().then(() => {
      if (!stopped) timer = setTimeout(again, pauseMilliseconds);
    });
  };
  return {
    round,
    start: () => {
      timer = setTimeout(again, 0);
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
};
