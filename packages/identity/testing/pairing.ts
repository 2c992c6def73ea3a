/** Pairs of records that share a blocking key, as the index would find them, without a database. */
import { blockingKeys } from '../matching/blocking-keys.ts';
import type { Demographics } from '../matching/demographics.ts';
import { createRandom } from './random.ts';

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

/** Pairs drawn by chance, by position: nearly all of two strangers. The same for the same number of people. */
export const chancePairs = (people: number, wanted: number): readonly (readonly [number, number])[] => {
  const random = createRandom(people);
  return Array.from({ length: wanted }, () => {
    const one = random.integer(0, people - 1);
    return [one, (one + random.integer(1, people - 1)) % people] as const;
  });
};
