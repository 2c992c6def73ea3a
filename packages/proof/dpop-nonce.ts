/** Nonces that a server gives for proofs: made of the time and a secret, so that every process takes those of the others. RFC 9449 §8, §11.3. */
import { timingSafeEqual } from 'node:crypto';

export interface Nonces {
  current(): string;
  /** those of now, of the time before, and of the time to come: clocks differ, and a request takes its time */
  accepts(nonce: string): boolean;
}

/**
 * @param seal keyed with a secret of the domain; at least 128 bits, printable
 * @param now epoch milliseconds
 */
export function createNonces(seal: (text: string) => string, seconds: number, now: () => number): Nonces {
  const slot = (): number => Math.floor(now() / 1000 / seconds);
  const nonceOf = (number: number): string => seal(`dpop nonce ${number}`);
  const same = (one: string, other: string): boolean =>
    one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
  return {
    current: () => nonceOf(slot()),
    accepts: (nonce) => [0, -1, 1].some((away) => same(nonceOf(slot() + away), nonce)),
  };
}
