/** Pairs of records that share a blocking key, as the index would find them, without a database. */
import { blockingKeys } from './blocking-keys.ts';
import type { Demographics } from './demographics.ts';

/** Each pair once, by position, the smaller first. */
export const pairsOf = (
  people: readonly Demographics[],
  neighbours: number,
): readonly (readonly [number, number])[] => {
  const blocks = new Map<string, { readonly near: number; readonly at: number }[]>();
  for (const [at, person] of people.entries())
    for (const { key, near } of blockingKeys(person)) {
      const block = blocks.get(key);
      if (block === undefined) blocks.set(key, [{ near, at }]);
      else block.push({ near, at });
    }
  const pairs = new Set<number>();
  for (const block of blocks.values()) {
    block.sort((one, other) => one.near - other.near || one.at - other.at);
    for (const [place, { at }] of block.entries())
      for (const other of block.slice(place + 1, place + 1 + neighbours))
        pairs.add(Math.min(at, other.at) * people.length + Math.max(at, other.at));
  }
  return [...pairs].map((pair) => [Math.floor(pair / people.length), pair % people.length] as const);
};

/** Pairs that no key has chosen, by position: nearly all of two strangers. */
export const chancePairs = (people: number, wanted: number): readonly (readonly [number, number])[] => {
  // Two primes: every record comes up, each time with another.
  return Array.from({ length: people < 2 ? 0 : wanted }, (_, at) => {
    const one = (at * 7919) % people;
    return [one, (one + 1 + ((at * 104_729) % (people - 1))) % people] as const;
  });
};
