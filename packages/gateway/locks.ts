/** Work that holds names: no other work of this process that holds one of them runs at the same time. */

export type Locks = <Result>(names: readonly string[], work: () => Promise<Result>) => Promise<Result>;

export const createLocks = (): Locks => {
  /** the end of the last work that waits for a name */
  const tails = new Map<string, Promise<unknown>>();
  return async (names, work) => {
    const before = names.map((name) => tails.get(name));
    const mine = Promise.all(before).then(work);
    const ended = mine.then(
      () => undefined,
      () => undefined,
    );
    for (const name of names) tails.set(name, ended);
    try {
      return await mine;
    } finally {
      for (const name of names) if (tails.get(name) === ended) tails.delete(name);
    }
  };
};
