/** Something that is done again and again until it is ended: at once when there was something to do, and with patience when not. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface FollowingOptions {
  readonly name: string;
  /** @returns whether there may be more to do at once */
  readonly round: () => Promise<boolean>;
  readonly pollMs: number;
  /** nothing is done before */
  readonly isReady?: () => boolean;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
}

export interface Following {
  /** Ends after the round that is under way. */
  close(): Promise<void>;
}

/** After work as long a rest, so that what serves people goes first. */
export const follow = ({ name, round, pollMs, isReady = () => true, log }: FollowingOptions): Following => {
  const closing = new AbortController();
  const rest = (milliseconds: number): Promise<void> =>
    sleep(milliseconds, undefined, { signal: closing.signal, ref: false }).catch(() => {});
  const run = async (): Promise<void> => {
    let failures = 0;
    while (!closing.signal.aborted && !isReady()) await rest(100);
    while (!closing.signal.aborted) {
      const began = performance.now();
      try {
        const more = await round();
        failures = 0;
        await rest(more ? performance.now() - began : pollMs);
      } catch (error) {
        failures += 1;
        log('feed-failed', { feed: name, error: error instanceof Error ? error.name : typeof error, failures });
        await rest(Math.min(pollMs * 2 ** Math.min(failures, 6), 60_000));
      }
    }
  };
  const running = run();
  return {
    close: async () => {
      closing.abort();
      await running;
    },
  };
};
