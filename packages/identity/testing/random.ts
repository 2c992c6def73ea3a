/** Seeded pseudo-random numbers (mulberry32): the same seed, the same people. */

export interface Random {
  /** in [0, 1) */
  next(): number;
  /** in [lowest, highest] */
  integer(lowest: number, highest: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** one of a list whose first are more frequent than its last, as names and towns are (Zipf) */
  frequent<T>(list: readonly T[]): T;
}

export const createRandom = (seed: number): Random => {
  let state = Math.imul(seed, 0x9e3779b9) | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
  const at = <T>(list: readonly T[], index: number): T => {
    const picked = list[index];
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  };
  const integer = (lowest: number, highest: number): number => lowest + Math.floor(next() * (highest - lowest + 1));
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (list) => at(list, integer(0, list.length - 1)),
    // Between ranks r and r + 1 with a density of about 1 / (r + 12).
    frequent: (list) => at(list, Math.min(list.length - 1, Math.floor(12 * ((list.length + 12) / 12) ** next() - 12))),
  };
};
