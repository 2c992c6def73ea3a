/**
 * What was asked lately need not be asked again: answers by key, for a short time that counts from when they were asked
 * for, so that a change is felt within that time. Who asks while an answer is awaited waits for the same one.
 */

export interface RememberedOptions {
  readonly seconds: number;
  /** answers that are kept; beyond them the oldest is asked for again */
  readonly most: number;
  /** epoch milliseconds */
  readonly now: () => number;
}

interface Held<Value> {
  readonly answer: Promise<Value>;
  readonly asked: number;
}

/** A failure is told to those who waited for it, and to nobody after them. */
export const createRemembered = <Value>({ seconds, most, now }: RememberedOptions) => {
  const held = new Map<string, Held<Value>>();
  return (key: string, ask: () => Promise<Value>): Promise<Value> => {
    const asked = now();
    const known = held.get(key);
    if (known !== undefined && asked >= known.asked && asked - known.asked < seconds * 1000) return known.answer;
    const answer = ask();
    const mine = { answer, asked };
    held.delete(key);
    held.set(key, mine);
    const [oldest] = held.keys();
    if (held.size > most && oldest !== undefined) held.delete(oldest);
    answer.catch(() => {
      if (held.get(key) === mine) held.delete(key);
    });
    return answer;
  };
};
