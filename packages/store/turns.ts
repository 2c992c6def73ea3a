/**
 * Who may begin, in this process: so many at once, and of those that name the same thing one after another. Whoever waits
 * here has no connection yet, so those who wait take none from those who work.
 */
export interface Turns {
  /**
   * Resolves when it is this one's turn; what it resolves to ends the turn. Turns are given in the order of
   * asking. It rejects with the reason of the signal, where that is aborted before.
   */
  take(names: readonly string[], signal?: AbortSignal): Promise<() => void>;
}

interface Waiting {
  readonly names: readonly string[];
  readonly begin: (release: () => void) => void;
}

export const createTurns = (atOnce: number): Turns => {
  const held = new Set<string>();
  const waiting: Waiting[] = [];
  let running = 0;

  const beginNext = (): void => {
    // Names of those who wait before: nobody overtakes for the same thing.
    const asked = new Set<string>();
    for (let at = 0; at < waiting.length && running < atOnce; ) {
      const one = waiting[at];
      if (one === undefined) return;
      if (one.names.some((name) => held.has(name) || asked.has(name))) {
        for (const name of one.names) asked.add(name);
        at += 1;
        continue;
      }
      waiting.splice(at, 1);
      running += 1;
      for (const name of one.names) held.add(name);
      one.begin(() => {
        running -= 1;
        for (const name of one.names) held.delete(name);
        beginNext();
      });
    }
  };

  return {
    take: (names, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const leave = (): void => {
          waiting.splice(waiting.indexOf(one), 1);
          reject(signal?.reason);
          beginNext();
        };
        const one: Waiting = {
          names,
          begin: (release) => {
            signal?.removeEventListener('abort', leave);
            resolve(release);
          },
        };
        signal?.addEventListener('abort', leave, { once: true });
        waiting.push(one);
        beginNext();
      }),
  };
};
