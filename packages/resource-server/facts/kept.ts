/**
 * What is kept until somebody says that it has changed: values by key, up to a number of keys. What was being loaded when
 * a change arrived is given to those who waited for it, and not kept.
 */

export interface Kept<Value> {
  /** One load for all keys that are not known; who asks for one that is being loaded waits for it. */
  of(keys: readonly string[]): Promise<ReadonlyMap<string, Value>>;
  forget(key: string): void;
  forgetAll(): void;
}

export interface KeptOptions<Value> {
  /** keys that are kept; beyond them the one that was asked for longest ago goes */
  readonly most: number;
  /** keys that are loaded at once */
  readonly atOnce: number;
  /** a key that has no value has one that says so */
  readonly load: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;
}

export const createKept = <Value>({ most, atOnce, load }: KeptOptions<Value>): Kept<Value> => {
  /** the least lately asked for first */
  const held = new Map<string, { readonly value: Value }>();
  const loading = new Map<string, Promise<ReadonlyMap<string, Value>>>();

  const keep = (key: string, value: Value): void => {
    held.delete(key);
    held.set(key, { value });
    const [oldest] = held.keys();
    if (held.size > most && oldest !== undefined) held.delete(oldest);
  };

  /** Each part after the one before, so that many keys do not take all that the backend can do at once. */
  const begin = (keys: readonly string[]): void => {
    let before: Promise<unknown> = Promise.resolve();
    for (let from = 0; from < keys.length; from += atOnce) {
      const part = keys.slice(from, from + atOnce);
      const mine: Promise<ReadonlyMap<string, Value>> = before.then(() => load(part));
      const settle = (found?: ReadonlyMap<string, Value>): void => {
        for (const key of part) {
          // Another load, or none: this one began before a change.
          if (loading.get(key) !== mine) continue;
          loading.delete(key);
          const value = found?.get(key);
          if (value !== undefined) keep(key, value);
        }
      };
      for (const key of part) loading.set(key, mine);
      before = mine.then(settle, () => settle());
    }
  };

  const of = async (keys: readonly string[]): Promise<ReadonlyMap<string, Value>> => {
    const found = new Map<string, Value>();
    const missing: string[] = [];
    for (const key of keys) {
      const known = held.get(key);
      if (known === undefined) missing.push(key);
      else {
        keep(key, known.value);
        found.set(key, known.value);
      }
    }
    begin([...new Set(missing.filter((key) => !loading.has(key)))]);
    const awaited = missing.map((key) => [key, loading.get(key)] as const);
    for (const [key, load] of awaited) {
      const value = (await load)?.get(key);
      if (value !== undefined) found.set(key, value);
    }
    return found;
  };

  return {
    of,
    forget: (key) => {
      held.delete(key);
      loading.delete(key);
    },
    forgetAll: () => {
      held.clear();
      loading.clear();
    },
  };
};
