/** What is sought of several types, one type after another, or merged where an order is asked for; pages are cut after all has been judged. FHIR R4 http.html#search. */
import type { SortKey } from '@affinity/core/fhir/search-query.ts';
import { inBatches, inTurns } from './in-turns.ts';
import { printPlace, readPlace } from './page-place.ts';
import type { Sought } from './seek.ts';
import type { Place } from './walk.ts';

/** Where each type has been read up to; `true`: to its end. One that is not named is at its beginning. */
type Places = Readonly<Record<string, Place | true>>;

export interface Across {
  readonly types: readonly string[];
  /** by what every type can be ordered by here */
  readonly sort: readonly SortKey[];
  readonly count: number;
  readonly cursor?: string;
  readonly concurrent: number;
  readonly sought: (type: string, count: number, from?: Place) => AsyncGenerator<readonly Sought[], void, void>;
}
export interface AcrossPage {
  readonly page: readonly Sought[];
  readonly next?: string;
}

/** Some of one type: at most `count`, behind the place. */
const some = async (
  { sought }: Across,
  type: string,
  count: number,
  place: Place | true | undefined,
): Promise<readonly Sought[]> => {
  if (place === true) return [];
  const found: Sought[] = [];
  for await (const shown of sought(type, count, place)) {
    found.push(...shown.slice(0, count - found.length));
    if (found.length >= count) break;
  }
  return found;
};

const keyOf = ({ held }: Sought, param: string): string | number =>
  param === '_id' ? held.id : Date.parse(held.lastUpdated);
const compare =
  (sort: readonly SortKey[]) =>
  (a: Sought, b: Sought): number => {
    for (const { param, descending } of sort) {
      const [one, other] = [keyOf(a, param), keyOf(b, param)];
      if (one !== other) return one < other === descending ? 1 : -1;
    }
    return 0;
  };

/** What order is kept over several types. */
export const isMerged = ({ param }: SortKey): boolean => param === '_lastUpdated' || param === '_id';

export const pageAcross = async (across: Across): Promise<AcrossPage> => {
  const { types, sort, count, concurrent } = across;
  const places = readPlace<Places>(across.cursor) ?? {};
  const wanted = count + 1;
  const found: Sought[] = [];
  for (const batch of sort.length > 0 ? [types] : inBatches(types, concurrent)) {
    const all = await inTurns(batch, concurrent, (type) => some(across, type, wanted, places[type]));
    found.push(...all.flat());
    if (found.length >= wanted) break;
  }
  // A stable sort: without an order asked for, one type comes after another.
  const page = found.toSorted(compare(sort)).slice(0, count);
  const last = page.at(-1);
  if (found.length <= count || last === undefined) return { page };
  const reached = new Map<string, Place | true>(Object.entries(places));
  for (const { held, place } of page) reached.set(held.type, place);
  // Without an order, the types before the last one have been shown whole.
  if (sort.length === 0) for (const type of types.slice(0, types.indexOf(last.held.type))) reached.set(type, true);
  return { page, next: printPlace(Object.fromEntries(reached)) };
};
