/** Seeded pseudo-random numbers: mulberry32, one independent stream per patient, with only exact arithmetic. */

/** A stream of draws. The same seed and stream number always give the same draws. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** An integer in [lowest, highest]. */
  integer(lowest: number, highest: number): number;
  /** True with the given probability in [0, 1]. */
  chance(probability: number): boolean;
  /** One element of a list. Throws a RangeError when there is none. */
  pick<T>(list: readonly T[]): T;
  /** A bell-shaped draw: the sum of four uniform draws, so that no platform's logarithm can change a digit. */
  normal(mean: number, deviation: number): number;
}

/** Spreads a number over all 32 bits, so that neighbouring seeds and streams share nothing. */
function scatter(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** Opens stream number `stream` of the given seed. */
export function createRandom(seed: number, stream: number): Random {
  let state = scatter(scatter(seed) + Math.imul(stream, 0x9e3779b9));

  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  }

  const integer = (lowest: number, highest: number): number => lowest + Math.floor(next() * (highest - lowest + 1));

  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (list) => {
      const picked = list[integer(0, list.length - 1)];
      if (picked === undefined) throw new RangeError('nothing to pick from');
      return picked;
    },
    normal: (mean, deviation) => mean + (next() + next() + next() + next() - 2) * Math.sqrt(3) * deviation,
  };
}
