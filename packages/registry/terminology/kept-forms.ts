/**
 * What was made of artefacts, kept as long as they are what they were. A form remembers what was found for it: after
 * something has been written, and from time to time, that is looked up again, and the form stands if all of it is the same.
 */
export interface Weighed {
  readonly weight: number;
}

export interface KeptFormsOptions {
  /** the sum of the weights that are kept; beyond it the one that was asked for longest ago is made again */
  readonly most: number;
  /** how long what was found is trusted: another process may write */
  readonly seconds: number;
  /** epoch milliseconds */
  readonly now: () => number;
  readonly edition: () => number;
}

/** Asks, and notes what was answered. */
export type Note = <Value>(ask: () => Promise<Value>) => Promise<Value>;

interface Found {
  readonly ask: () => Promise<unknown>;
  readonly answer: unknown;
}
interface Kept<Form> {
  readonly form: Form;
  readonly found: readonly Found[];
  readonly weight: number;
  edition: number;
  checked: number;
}

const charactersPerCode = 100;

/** Lists are the same if their members are. */
const isSame = (a: unknown, b: unknown): boolean =>
  a === b ||
  (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((each, index) => each === b[index]));

export const createKeptForms = <Form extends Weighed>({ most, seconds, now, edition }: KeptFormsOptions) => {
  const kept = new Map<string, Kept<Form>>();
  const making = new Map<string, Promise<Form | undefined>>();
  let weight = 0;

  const drop = (key: string): void => {
    const known = kept.get(key);
    if (known !== undefined && kept.delete(key)) weight -= known.weight;
  };
  const keep = (key: string, made: Kept<Form>): void => {
    drop(key);
    if (made.weight > most) return;
    kept.set(key, made);
    weight += made.weight;
    for (const oldest of kept.keys()) {
      if (weight <= most) break;
      drop(oldest);
    }
  };
  const stands = async (known: Kept<Form>): Promise<boolean> => {
    const current = edition();
    const asked = now();
    if (known.edition === current && asked >= known.checked && asked - known.checked < seconds * 1000) return true;
    for (const { ask, answer } of known.found) if (!isSame(await ask(), answer)) return false;
    known.edition = current;
    known.checked = asked;
    return true;
  };
  const make = async (key: string, work: (note: Note) => Promise<Form | undefined>): Promise<Form | undefined> => {
    const known = kept.get(key);
    if (known !== undefined && (await stands(known))) {
      // The order of the map is that of use.
      if (kept.delete(key)) kept.set(key, known);
      return known.form;
    }
    const found: Found[] = [];
    const made = { edition: edition(), checked: now() };
    const form = await work(async (ask) => {
      const answer = await ask();
      found.push({ ask, answer });
      return answer;
    });
    // A key may be long, and chosen by whoever asks; what is not there is not kept.
    if (form !== undefined) keep(key, { form, found, weight: form.weight + key.length / charactersPerCode, ...made });
    return form;
  };

  return {
    /** The form of a key; who asks while it is made waits for the same one. */
    get(key: string, work: (note: Note) => Promise<Form | undefined>): Promise<Form | undefined> {
      const under = making.get(key);
      if (under !== undefined) return under;
      const made = make(key, work).finally(() => making.delete(key));
      making.set(key, made);
      return made;
    },
    weight: () => weight,
  };
};
