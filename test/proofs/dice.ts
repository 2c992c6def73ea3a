/** Chance that a seed gives again. */

/** A small generator of 32-bit numbers (mulberry32), so that a seed gives the same requests again. */
export const createDice = (seed: number) => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const chance = (share: number): boolean => next() < share;
  const one = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  return { below, chance, one };
};
export type Dice = ReturnType<typeof createDice>;
