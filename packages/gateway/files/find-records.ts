/**
 * A question as a statement over the table of records: what can be asked of the database by is, the rest is left to the
 * gateway, which judges everything. Pages go on behind a row, not after a number of them. FHIR R4 search.html, http.html#paging.
 */
import { fold } from '@affinity/core/fhir/extract.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import { searchParameter } from '@affinity/core/fhir/search-parameter.ts';
import type { SearchClause, SearchValue, SortKey } from '@affinity/core/fhir/search-query.ts';
import type { Wanted } from '../source.ts';
import { cutKey, stringParams, tokenParams } from './record-keys.ts';

export interface FindStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}
/** Bound parameters: `bind` gives the place of a value. */
type Bind = (value: unknown) => string;

/** undefined: it cannot be asked by */
type Condition = string | undefined;

/** Every row whose range can meet the question's, by value-match.ts, and some more. */
const ofRange = (value: SearchValue & { kind: 'date' }, starts: string, ends: string, bind: Bind): string => {
  switch (value.prefix) {
    case 'ne':
      return 'true';
    case 'eq':
    case 'ap':
      return `(${starts} < ${bind(value.end)}::bigint and ${ends} > ${bind(value.start)}::bigint)`;
    case 'gt':
    case 'ge':
    case 'sa':
      return `${ends} > ${bind(value.start)}::bigint`;
    case 'lt':
    case 'le':
    case 'eb':
      return `${starts} < ${bind(value.end)}::bigint`;
  }
};

const keysOfValue = (type: string, param: string, value: SearchValue): readonly string[] | undefined => {
  if (value.kind === 'token') return value.code === undefined ? undefined : [value.code];
  if (value.kind !== 'reference') return undefined;
  if (value.type !== undefined) return [`${value.type}/${value.id}`];
  const lookup = searchParameter(type, param);
  const targets = lookup.kind === 'indexed' ? lookup.parameter.targets : [];
  return targets.length === 0 ? undefined : targets.map((target) => `${target}/${value.id}`);
};

const byKey = (param: string, test: string, bind: Bind): string =>
  `id in (select k.id from file_record_key k where k.server = $1 and k.type = $2 and k.param = ${bind(param)}::text and ${test})`;

const conditionOf = (type: string, { param, modifier, values }: SearchClause, bind: Bind): Condition => {
  if (modifier !== undefined || values.length === 0) return undefined;
  const kinds = new Set(values.map(({ kind }) => kind));
  if (kinds.size !== 1) return undefined;
  if (param === '_id') {
    const ids = values.map((value) => (value.kind === 'token' ? value.code : undefined));
    return ids.includes(undefined) ? undefined : `id = any(${bind(ids)}::text[])`;
  }
  if (kinds.has('date')) {
    const columns = param === '_lastUpdated' ? ['updated_at', '(updated_at + 1)'] : ['starts', 'ends'];
    if (param !== 'date' && param !== '_lastUpdated') return undefined;
    const [starts = '', ends = ''] = columns;
    const tests = values.flatMap((value) => (value.kind === 'date' ? [ofRange(value, starts, ends, bind)] : []));
    return `(${tests.join(' or ')})`;
  }
  if (kinds.has('reference') || (kinds.has('token') && tokenParams.includes(param))) {
    const keys = values.map((value) => keysOfValue(type, param, value));
    if (keys.includes(undefined)) return undefined;
    return byKey(param, `k.key = any(${bind(keys.flatMap((some) => (some ?? []).map(cutKey)))}::text[])`, bind);
  }
  if (kinds.has('string') && stringParams.includes(param)) {
    const starts = values.flatMap((value) => (value.kind === 'string' ? [cutKey(fold(value.text))] : []));
    const tests = starts.map((text) => `starts_with(k.key, ${bind(text)}::text)`);
    return byKey(param, `(${tests.join(' or ')})`, bind);
  }
  return undefined;
};

/** What has no date comes last, both ways. */
const last = '9000000000000000';
const orders: Readonly<Record<string, readonly [up: string, down: string]>> = {
  date: [`coalesce(starts, ${last})`, `coalesce(-ends, ${last})`],
  _lastUpdated: ['updated_at', '-updated_at'],
};
export const sortParams: readonly string[] = [...Object.keys(orders), '_id'];

interface Order {
  /** whole numbers that ascend */
  readonly keys: readonly string[];
  /** the id comes last, and orders those that are alike; what is asked for behind it orders nothing */
  readonly id: 'asc' | 'desc';
}
const orderOf = (sort: readonly SortKey[]): Order => {
  const byId = sort.findIndex(({ param }) => param === '_id');
  const keys = (byId < 0 ? sort : sort.slice(0, byId)).flatMap(({ param, descending }) => {
    const order = Object.hasOwn(orders, param) ? orders[param] : undefined;
    return order === undefined ? [] : [order[descending ? 1 : 0]];
  });
  return { keys, id: sort[byId]?.descending === true ? 'desc' : 'asc' };
};

export const printCursor = (keys: readonly string[]): string => JSON.stringify(keys);

const readCursor = (cursor: string, keys: number): readonly string[] => {
  try {
    const list: unknown = JSON.parse(cursor);
    if (Array.isArray(list) && list.length === keys + 1 && list.every((one) => typeof one === 'string')) {
      if (list.slice(0, -1).every((one) => /^-?\d{1,17}$/.test(one))) return list;
    }
  } catch {
    // Said below.
  }
  throw fhirError(400, 'invalid', 'there is no such page');
};

/** Rows behind the one that the page before ended with. */
const behind = ({ keys, id }: Order, cursor: string, bind: Bind): string => {
  const values = readCursor(cursor, keys.length);
  const places = values.map((value, i) => `${bind(value)}::${i === keys.length ? 'text' : 'bigint'}`);
  const idBehind = `id ${id === 'asc' ? '>' : '<'} ${places.at(-1) ?? ''}`;
  if (keys.length === 0) return idBehind;
  const [row, from] = [keys.join(', '), places.slice(0, -1).join(', ')];
  return `((${row}) > (${from}) or ((${row}) = (${from}) and ${idBehind}))`;
};

/** One row more than a page holds, so that it is known whether there is another. */
export const findStatement = (server: string, wanted: Wanted, count: number): FindStatement => {
  const { type, clauses, sort, cursor } = wanted;
  const values: unknown[] = [server, type];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const conditions = clauses.flatMap((clause) => conditionOf(type, clause, bind) ?? []);
  const order = orderOf(sort);
  if (cursor !== undefined) conditions.push(behind(order, cursor, bind));
  const keys = [...order.keys, 'id'].map((one) => `(${one})::text`).join(', ');
  const text = `select type, id, version, updated_at, body, array[${keys}] as keys
    from file_record where server = $1 and type = $2 and method <> 'DELETE'
    ${conditions.map((one) => `and ${one}`).join(' ')}
    order by ${[...order.keys, `id ${order.id}`].join(', ')} limit ${bind(count + 1)}`;
  return { text, values };
};
