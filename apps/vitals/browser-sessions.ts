/** Who is signed in, kept in memory behind a random id: bounded, and over after a while. Nothing of it is in the cookie. */
import { randomBytes } from 'node:crypto';

export interface Shelf<T> {
  /** Keeps a value under a new id of 256 random bits; beyond the capacity the oldest goes. */
  put(value: T): string;
  get(id: string | undefined): T | undefined;
  /** Replaces what is kept; does nothing where nothing is. The time it has left stays. */
  replace(id: string, value: T): void;
  /** Gives a value out for the last time. */
  take(id: string | undefined): T | undefined;
}

export interface ShelfSettings {
  readonly capacity: number;
  readonly seconds: number;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

export function createShelf<T>({ capacity, seconds, now }: ShelfSettings): Shelf<T> {
  // A Map keeps the order of insertion, and everything lives equally long: the first is always the next to go.
  const kept = new Map<string, { readonly until: number; readonly value: T }>();
  const dropOld = () => {
    for (const [id, { until }] of kept) {
      if (until > now() && kept.size < capacity) return;
      kept.delete(id);
    }
  };
  const find = (id: string | undefined) => {
    const entry = id === undefined ? undefined : kept.get(id);
    return entry !== undefined && entry.until > now() ? entry : undefined;
  };
  return {
    put(value) {
      dropOld();
      const id = randomBytes(32).toString('base64url');
      kept.set(id, { until: now() + seconds * 1000, value });
      return id;
    },
    get: (id) => find(id)?.value,
    replace(id, value) {
      const entry = find(id);
      if (entry !== undefined) kept.set(id, { ...entry, value });
    },
    take(id) {
      const value = find(id)?.value;
      if (id !== undefined) kept.delete(id);
      return value;
    },
  };
}
