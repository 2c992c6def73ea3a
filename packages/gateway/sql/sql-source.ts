/**
 * The records of a relational database as a Source: read-only, by a mapping of its tables. What is asked becomes a WHERE of
 * bound parameters that finds at least all that is wanted; what comes of it is judged by others. FHIR R4 http.html, search.html.
 */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import { searchParametersOf } from '@affinity/core/fhir/search-parameter.ts';
import type { SortKey } from '@affinity/core/fhir/search-query.ts';
import type { Found, Source, Wanted } from '../source.ts';
import { bindMapping } from './bind-mapping.ts';
import type { SqlEngine } from './engine.ts';
import { createZone } from './local-time.ts';
import type { Mapping } from './mapping.ts';
import type { Fault } from './mapping-tree.ts';
import { type Positions, readPositions } from './page-position.ts';
import { createTable, type FoundRow, type Table, type Withheld } from './table.ts';

export interface SqlSourceOptions {
  /** for logs and metrics; never an address */
  readonly name: string;
  readonly mapping: Mapping;
  readonly engine: SqlEngine;
  /** rows of one page at most; 1000 unless told */
  readonly pageRows?: number;
  /** told at once, and then not more than once a minute of the same place */
  readonly onWithheld?: (withheld: Withheld) => void;
}

export type OpenedSource =
  | { readonly kind: 'source'; readonly source: Source }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] };

const tellAgainMilliseconds = 60_000;
const natives = ['_id', '_lastUpdated'];

const capabilityOf = (type: string, tables: readonly Table[]): TypeCapability => {
  const named = tables.map(({ bound }) => bound.part.search?.map(({ param }) => param));
  /** What the mapping names; where it names nothing, what the columns are asked by. */
  const offered = (param: string): boolean => {
    if (natives.includes(param)) return true;
    const ways = tables.map((table) => table.way(param));
    return (
      ways.every((way, index) => named[index]?.includes(param) ?? way !== 'looked-at') &&
      (ways.includes('narrowed') || named.some((names) => names?.includes(param)))
    );
  };
  return {
    type,
    interactions: ['read', 'search-type'],
    searchParams: searchParametersOf(type)
      .filter(({ code }) => offered(code))
      .map(({ code, type: kind, definition }) => ({ name: code, type: kind, definition })),
    sort: searchParametersOf(type)
      .map(({ code }) => code)
      .filter((code) => offered(code) && tables.every((table) => table.sorts(code))),
  };
};

/** Smaller comes first; what has no value comes last, both ways. */
const compareRanks = (a: FoundRow, b: FoundRow, sort: readonly SortKey[]): number => {
  for (const [i, { descending }] of sort.entries()) {
    const [one, other] = [a.ranks[i], b.ranks[i]];
    if (one === other) continue;
    if (one === undefined || other === undefined) return one === undefined ? 1 : -1;
    return one < other === descending ? 1 : -1;
  }
  return 0;
};

type Told = Omit<Withheld, 'rows'>;

/** Every search meets the same rows again: how many is told, not each. */
const createTeller = (onWithheld: (withheld: Withheld) => void): ((one: Told) => void) => {
  const places = new Map<string, { rows: number; next: number }>();
  return (one) => {
    const key = JSON.stringify(one);
    const place = places.get(key) ?? { rows: 0, next: 0 };
    places.set(key, place);
    place.rows += 1;
    if (performance.now() < place.next) return;
    onWithheld({ ...one, rows: place.rows });
    place.rows = 0;
    place.next = performance.now() + tellAgainMilliseconds;
  };
};

/** Rows that share an id cannot be told apart: none of them is shown. */
const withoutDoubles = (
  rows: readonly FoundRow[],
  fetched: readonly FoundRow[],
  onDouble: () => void,
): readonly FoundRow[] => {
  const counts = new Map<string, number>();
  for (const { id } of fetched) if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  const single = rows.filter(({ id }) => id === undefined || counts.get(id) === 1);
  if (single.length < rows.length) onDouble();
  return single;
};

const findIn = async (
  tables: readonly Table[],
  wanted: Wanted,
  most: number,
  onWithheld: (one: Told) => void,
  signal?: AbortSignal,
): Promise<Found> => {
  const { sort, clauses, cursor, type } = wanted;
  const before: Positions = cursor === undefined ? tables.map(() => null) : readPositions(cursor, tables.length);
  const positions = [...before];
  const conditions = tables.map((table) => table.condition(clauses));
  const pages: (readonly FoundRow[])[] = tables.map(() => []);
  let fetched = 0;
  for (const [index, table] of tables.entries()) {
    const [from, condition] = [positions[index], conditions[index]];
    if (from === undefined || condition === undefined || condition === false) continue;
    // Without an order one table comes after another, and those that the page does not reach are not asked.
    const rest = sort.length > 0 ? most : most - fetched;
    if (rest < 0) break;
    const page = await table.page(condition, sort, from, rest + 1, signal);
    pages[index] = page;
    fetched += page.length;
  }
  const taken: FoundRow[] = [];
  const ends = tables.map(() => 0);
  while (taken.length < most) {
    let best: number | undefined;
    for (const index of tables.keys()) {
      const [row, chosen] = [
        pages[index]?.[ends[index] ?? 0],
        best === undefined ? undefined : pages[best]?.[ends[best] ?? 0],
      ];
      if (row !== undefined && (chosen === undefined || compareRanks(row, chosen, sort) < 0)) best = index;
    }
    const row = best === undefined ? undefined : pages[best]?.[ends[best] ?? 0];
    if (best === undefined || row === undefined) break;
    taken.push(row);
    positions[best] = row.position;
    ends[best] = (ends[best] ?? 0) + 1;
  }
  const isMore = pages.some((page, index) => page.length > (ends[index] ?? 0));
  const onDouble = (): void => onWithheld({ type, element: 'id', reason: 'several rows have the same key' });
  const found = withoutDoubles(taken, pages.flat(), onDouble).flatMap(({ held }) => held ?? []);
  return { found, ...(isMore ? { next: JSON.stringify(positions) } : {}) };
};

/** Opens the database by its mapping; what it does not have is told as faults of the mapping. */
export const openSqlSource = async (options: SqlSourceOptions): Promise<OpenedSource> => {
  const { name, mapping, engine, pageRows = 1000 } = options;
  const onWithheld = createTeller(options.onWithheld ?? (() => {}));
  const bound = await bindMapping(mapping, engine);
  if (bound.kind === 'faults') return bound;
  const zone = createZone(mapping.timeZone);
  const tables = new Map<string, Table[]>();
  for (const part of bound.parts) {
    const table = createTable(part, { engine, updatedOfAll: mapping.updated, zone, onWithheld });
    tables.set(part.part.type, [...(tables.get(part.part.type) ?? []), table]);
  }
  const capabilities = [...tables].map(([type, of]) => capabilityOf(type, of));
  const sorts = new Map(capabilities.map(({ type, sort }) => [type, sort]));
  const source: Source = {
    name,
    capabilities,
    async read({ type, id }, signal) {
      for (const table of tables.get(type) ?? []) {
        const version = await table.read(id, signal);
        if (version !== undefined) return { kind: 'found', version };
      }
      return { kind: 'absent' };
    },
    async find(wanted, signal) {
      const of = tables.get(wanted.type) ?? [];
      if (!wanted.sort.every(({ param }) => sorts.get(wanted.type)?.includes(param)))
        throw fhirError(400, 'not-supported', 'These records cannot be sorted by that.');
      return findIn(of, wanted, Math.max(1, Math.min(wanted.count, pageRows)), onWithheld, signal);
    },
  };
  return { kind: 'source', source };
};
