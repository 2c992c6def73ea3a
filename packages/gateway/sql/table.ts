/** One table of a mapping, asked: the row with an id, and the rows of a page, each made into a resource. FHIR R4 http.html. */
import { dateRange } from '@affinity/core/fhir/date-range.ts';
import type { SearchClause, SortKey } from '@affinity/core/fhir/search-query.ts';
import type { Held } from '../source.ts';
import type { BoundPart } from './bind-mapping.ts';
import { allOf, type Condition } from './condition.ts';
import type { Raw, SqlEngine } from './engine.ts';
import { idOf, keyOf } from './local-id.ts';
import { bodyOf } from './make-body.ts';
import { heldOf, type Row, Unmappable } from './make-resource.ts';
import { createNarrowing, type Narrowing } from './narrow.ts';
import { after, type Order, orderSql, type Position } from './page-position.ts';
import { joinSql, sql, toStatement } from './statement.ts';

/** What of a row is told to whoever runs the gateway: never a value. */
export interface Withheld {
  readonly type: string;
  /** where in the mapping */
  readonly element: string;
  readonly reason: string;
  /** how many since it was last told */
  readonly rows: number;
}

export interface TableAround {
  readonly engine: SqlEngine;
  readonly updatedOfAll: string;
  readonly zone: (wall: number) => string;
  readonly onWithheld: (withheld: Omit<Withheld, 'rows'>) => void;
}

export interface FoundRow {
  readonly position: Position;
  /** undefined: it cannot be shown */
  readonly held: Held | undefined;
  readonly id: string | undefined;
  /** for each sort key, where it stands in time; undefined: it has none */
  readonly ranks: readonly (number | undefined)[];
}

export interface Table {
  readonly bound: BoundPart;
  readonly way: Narrowing['way'];
  readonly sorts: (param: string) => boolean;
  read(id: string, signal?: AbortSignal): Promise<Held | undefined>;
  /** undefined: nothing can be wanted of this table */
  condition(clauses: readonly SearchClause[]): Condition;
  page(
    condition: Condition,
    sort: readonly SortKey[],
    from: Position | null,
    most: number,
    signal?: AbortSignal,
  ): Promise<readonly FoundRow[]>;
}

export const createTable = (bound: BoundPart, { engine, updatedOfAll, zone, onWithheld }: TableAround): Table => {
  const { part, source, columns } = bound;
  const { dialect } = engine;
  const narrowing = createNarrowing(bound, dialect, updatedOfAll);
  const around = narrowing.conditions;
  const key = part.id.columns.map(bound.column);
  const places = new Map(columns.map((column, index) => [column.name, index]));
  const list = joinSql(
    columns.map((column) => dialect.operand(column)),
    ', ',
  );

  const textOf = (row: readonly Raw[], name: string): string | null => {
    const { name: actual, kind } = bound.column(name);
    const raw = row[places.get(actual) ?? -1] ?? null;
    if (raw === null) return null;
    if (kind === 'padded') return raw.replace(/ +$/, '');
    return kind === 'boolean' && (raw === 't' || raw === 'f') ? (raw === 't' ? 'true' : 'false') : raw;
  };

  const updatedOf = (row: readonly Raw[]): string => {
    const text = part.updated && textOf(row, part.updated.column);
    if (part.updated === undefined || text === null || text === undefined) return updatedOfAll;
    const read = part.updated.date.read(text, zone);
    if (read === 'empty') return updatedOfAll;
    const range = read === undefined || read.length < 11 ? undefined : dateRange(read);
    if (range === undefined)
      throw new Unmappable(`${part.path}.updated`, 'no instant can be made of what stands there');
    return new Date(range.start).toISOString();
  };

  const make = (row: readonly Raw[], id: string | undefined): Held | undefined => {
    const told = (element: string, reason: string): undefined => {
      onWithheld({ type: part.type, element, reason });
      return undefined;
    };
    if (id === undefined) return told(`${part.path}.id`, 'no id can be made of the key');
    const values: Row = { text: (name) => textOf(row, name), zone };
    try {
      const identity = { type: part.type, id, lastUpdated: updatedOf(row) };
      return part.content.kind === 'body'
        ? bodyOf(values.text(part.content.column), `${part.path}.body`, identity)
        : heldOf(part.content.template, values, identity);
    } catch (error) {
      if (error instanceof Unmappable) return told(error.path, error.message);
      throw error;
    }
  };

  const idOfRow = (row: readonly Raw[]): string | undefined =>
    idOf(
      part.id.columns.map((name) => textOf(row, name) ?? ''),
      part.id.prefix,
    );

  const rows = (where: Condition, order: Order | undefined, most: number, signal: AbortSignal | undefined) => {
    const conditions = [dialect.goesOn, where].filter((one) => typeof one === 'object');
    const filter = conditions.length === 0 ? sql`` : sql` where ${joinSql(conditions, ' and ')}`;
    const sorted = order === undefined ? sql`` : sql` order by ${orderSql(around, order)}`;
    const statement = sql`select ${list} from ${source} as source${filter}${sorted} limit ${most}`;
    return engine.select(toStatement(statement, dialect.place), signal === undefined ? {} : { signal });
  };

  const orderOf = (sort: readonly SortKey[]): Order => ({
    key,
    by: sort.map(({ param, descending }) => {
      const column = narrowing.sortColumn(param);
      // A row that tells of no change was changed at the instant of all those.
      const otherwise = param === '_lastUpdated' ? column?.form.print(Date.parse(updatedOfAll), false) : undefined;
      return { column, descending, ...(otherwise === undefined ? {} : { otherwise }) };
    }),
  });

  const rankOf = (row: readonly Raw[], param: string, descending: boolean): number | undefined => {
    const column = narrowing.sortColumn(param);
    const text = column && textOf(row, column.column.name);
    const read = text === null || text === undefined ? undefined : column?.form.read(text, zone);
    const said = read === undefined || read === 'empty' ? undefined : read;
    const range = dateRange(said ?? (param === '_lastUpdated' ? updatedOfAll : ''));
    return descending ? range?.end : range?.start;
  };

  const positionOf = (row: readonly Raw[], { by }: Order): Position => [
    by.map(({ column, otherwise }) => {
      const text = column && textOf(row, column.column.name);
      return text === null || text === undefined || column?.form.empties.includes(text) ? (otherwise ?? null) : text;
    }),
    part.id.columns.map((name) => textOf(row, name)),
  ];

  return {
    bound,
    way: narrowing.way,
    sorts: (param) => param === '_lastUpdated' || narrowing.sortColumn(param) !== undefined,
    condition: narrowing.narrow,
    async read(id, signal) {
      const texts = keyOf(id, key.length, part.id.prefix);
      const where =
        texts && allOf(texts.map((text, i) => around.compare(bound.column(part.id.columns[i] ?? ''), '=', text)));
      if (where === undefined || where === false) return undefined;
      const found = (await rows(where, undefined, 2, signal)).filter((row) => idOfRow(row) === id);
      const [row, another] = found;
      if (another !== undefined)
        onWithheld({ type: part.type, element: `${part.path}.id`, reason: 'several rows have the same key' });
      return row === undefined || another !== undefined ? undefined : make(row, id);
    },
    async page(condition, sort, from, most, signal) {
      const order = orderOf(sort);
      const where = from === null ? condition : allOf([condition, after(around, order, from)]);
      if (where === false) return [];
      const found = await rows(where, order, most, signal);
      return found.map((row) => {
        const id = idOfRow(row);
        return {
          id,
          position: positionOf(row, order),
          held: make(row, id),
          ranks: sort.map(({ param, descending }) => rankOf(row, param, descending)),
        };
      });
    },
  };
};
