/**
 * The grammar of search: parameters as they stand in a URL or a form become a SearchQuery, or a fault that says which
 * one was not understood. Nothing that narrows a search is ever dropped in silence. FHIR R4 search.html.
 */
import type { TypeCapability } from './backend.ts';
import type { IssueType } from './outcome.ts';
import { searchParameter } from './search-parameter.ts';
import type { SearchClause, SearchQuery, SortKey } from './search-query.ts';
import { type Fault, fault, isFault, parseValues, splitEscaped } from './search-value.ts';

export interface SearchSettings {
  /** `Prefer: handling=…`: what becomes of parameters that are not known. FHIR R4 search.html#errors. */
  readonly handling: 'lenient' | 'strict';
  /** page size where none is asked for */
  readonly defaultCount: number;
  /** a larger page that is asked for becomes this */
  readonly maxCount: number;
  /** alternatives in one parameter */
  readonly maxValues: number;
  /** parameters that narrow the search */
  readonly maxClauses: number;
  readonly ownBases: readonly string[];
  /** what the backend can search and sort this type by */
  readonly capability: Pick<TypeCapability, 'searchParams' | 'sort'>;
  /** epoch milliseconds, for the prefix `ap`, which widens a date by a tenth of its distance from now */
  readonly now: number;
}

export type ParsedSearch =
  | {
      readonly kind: 'query';
      readonly query: SearchQuery /** names that are not known */;
      readonly ignored: readonly string[];
    }
  | { readonly kind: 'fault'; readonly status: 400; readonly code: IssueType; readonly diagnostics: string };

/** Parameters of the standard that narrow or widen a result and that we do not perform: never ignored. */
const notPerformed = new Set([
  '_has',
  '_include',
  '_revinclude',
  '_filter',
  '_text',
  '_content',
  '_list',
  '_query',
  '_source',
  '_type',
  '_contained',
  '_containedType',
]);

/** Parameters that shape the answer, each given once at most. */
interface Shape {
  count?: number;
  countOnly?: boolean;
  sort?: readonly SortKey[];
  total?: SearchQuery['total'];
  cursor?: string;
}

const parseSort = (value: string, sortable: readonly string[]): readonly SortKey[] | Fault => {
  const keys: SortKey[] = [];
  for (const part of value.split(',')) {
    const descending = part.startsWith('-');
    const param = descending ? part.slice(1) : part;
    if (!sortable.includes(param))
      return fault('not-supported', `_sort takes ${sortable.join(', ') || 'nothing'} here`);
    if (keys.some((key) => key.param === param)) return fault('invalid', '_sort names a parameter twice');
    keys.push({ param, descending });
  }
  return keys;
};

/** What a parameter of the answer means; undefined: it is none. */
const parseShape = (name: string, value: string, settings: SearchSettings): Shape | Fault | undefined => {
  switch (name) {
    case '_count':
      if (!/^\d{1,9}$/.test(value)) return fault('invalid', '_count is a whole number');
      return { count: Math.min(Number(value), settings.maxCount) };
    case '_summary':
      // The other summaries leave out elements; whoever asks for one is told like of any parameter that is not known.
      return value === 'count' ? { countOnly: true } : value === 'false' ? {} : undefined;
    case '_sort': {
      const sort = parseSort(value, settings.capability.sort);
      return isFault(sort) ? sort : { sort };
    }
    case '_total':
      return value === 'none' || value === 'estimate' || value === 'accurate'
        ? { total: value }
        : fault('invalid', '_total is none, estimate or accurate');
    case '_cursor':
      return value === '' ? fault('invalid', '_cursor is empty') : { cursor: value };
    case '_format':
    case '_pretty':
      return {};
    default:
      return undefined;
  }
};

/** What a parameter narrows the search by; undefined: the parameter is not known. */
const parseClause = (
  type: string,
  name: string,
  value: string,
  settings: SearchSettings,
): SearchClause | Fault | undefined => {
  const [param = '', modifier, ...rest] = name.split(':');
  if (notPerformed.has(param)) return fault('not-supported', `${param} is not supported`);
  if (name.includes('.')) return fault('not-supported', `chained parameters are not supported: ${name}`);
  const lookup = searchParameter(type, param);
  if (lookup.kind === 'unknown') return undefined;
  if (lookup.kind === 'not-indexed')
    return fault('not-supported', `search by parameters of type ${lookup.type} is not supported: ${param}`);
  if (!settings.capability.searchParams.some((known) => known.name === param)) return undefined;
  if (rest.length > 0) return fault('not-supported', `only one modifier may be given: ${name}`);
  const alternatives = splitEscaped(value, ',');
  if (alternatives.length > settings.maxValues)
    return fault('too-costly', `${param} has more than ${settings.maxValues} values`);
  const values = parseValues(lookup.parameter, modifier, alternatives, settings);
  if (isFault(values)) return values;
  return { param, ...(modifier === undefined ? {} : { modifier }), values };
};

/** Parses the parameters of a search of one type. Total: it never throws. */
export const parseSearch = (type: string, params: URLSearchParams, settings: SearchSettings): ParsedSearch => {
  const clauses: SearchClause[] = [];
  const understood: [string, string][] = [];
  const ignored: string[] = [];
  const seen = new Set<string>();
  let shape: Shape = {};
  const refuse = ({ code, diagnostics }: Fault): ParsedSearch => ({ kind: 'fault', status: 400, code, diagnostics });
  for (const [name, value] of params) {
    const part = parseShape(name, value, settings);
    if (part !== undefined) {
      if (isFault(part)) return refuse(part);
      if (seen.has(name)) return refuse(fault('invalid', `${name} may be given once`));
      seen.add(name);
      shape = { ...shape, ...part };
      understood.push([name, part.count === undefined ? value : String(part.count)]);
      continue;
    }
    const clause = parseClause(type, name, value, settings);
    if (clause === undefined) {
      if (settings.handling === 'strict') return refuse(fault('not-supported', `parameter is not known: ${name}`));
      ignored.push(name);
      continue;
    }
    if (isFault(clause)) return refuse(clause);
    clauses.push(clause);
    understood.push([name, value]);
    if (clauses.length > settings.maxClauses)
      return refuse(fault('too-costly', `more than ${settings.maxClauses} search parameters`));
  }
  const { sort = [], total = 'none', cursor } = shape;
  const count = shape.countOnly === true ? 0 : (shape.count ?? Math.min(settings.defaultCount, settings.maxCount));
  return {
    kind: 'query',
    query: { type, clauses, count, sort, total, understood, ...(cursor === undefined ? {} : { cursor }) },
    ignored,
  };
};
