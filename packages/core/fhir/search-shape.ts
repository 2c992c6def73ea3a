/** Parameters that shape the answer instead of narrowing it: count, order, total, subset, page. FHIR R4 search.html#modifyingresults. */
import { type Fault, fault, isFault } from './search-fault.ts';
import type { SearchQuery, SortKey, Subset } from './search-query.ts';
import { defaultSearchLimits, type SearchReading } from './search-settings.ts';

/** Each of them is given once at most. */
export interface Shape {
  readonly count?: number;
  readonly countOnly?: boolean;
  readonly sort?: readonly SortKey[];
  readonly total?: SearchQuery['total'];
  readonly subset?: Subset;
  readonly cursor?: string;
}

const parseSort = (
  value: string,
  sortable: readonly string[],
  { maxSortKeys = defaultSearchLimits.maxSortKeys }: SearchReading,
): readonly SortKey[] | Fault => {
  const keys: SortKey[] = [];
  const parts = value.split(',');
  if (parts.length > maxSortKeys) return fault('too-costly', `_sort takes at most ${maxSortKeys} parameters`);
  for (const part of parts) {
    const descending = part.startsWith('-');
    const param = descending ? part.slice(1) : part;
    if (!sortable.includes(param))
      return fault('not-supported', `_sort takes ${sortable.join(', ') || 'nothing'} here`);
    if (keys.some((key) => key.param === param)) return fault('invalid', '_sort names a parameter twice');
    keys.push({ param, descending });
  }
  return keys;
};

const parseCount = (value: string, { maxCount }: SearchReading): Shape | Fault => {
  if (!/^\d{1,9}$/.test(value)) return fault('invalid', '_count is a whole number');
  const count = Number(value);
  return count > maxCount ? fault('too-costly', `_count is at most ${maxCount}`) : { count };
};

const parseSummary = (value: string): Shape | Fault => {
  if (value === 'false') return {};
  if (value === 'count') return { countOnly: true };
  return value === 'true' || value === 'text' || value === 'data'
    ? { subset: { kind: 'summary', which: value } }
    : fault('invalid', '_summary is true, text, data, count or false');
};

const parseElements = (value: string, { maxValues }: SearchReading): Shape | Fault => {
  const names = value.split(',');
  if (names.length > maxValues) return fault('too-costly', `_elements has more than ${maxValues} names`);
  return names.every((name) => /^[A-Za-z][A-Za-z0-9]{0,63}$/.test(name))
    ? { subset: { kind: 'elements', names: [...new Set(names)] } }
    : fault('invalid', '_elements names elements at the top of the resource, with commas between');
};

/** Whole searches of another kind, and texts that are not indexed: never ignored. */
const notPerformed: ReadonlySet<string> = new Set([
  '_containedType',
  '_content',
  '_filter',
  '_list',
  '_query',
  '_text',
  '_type',
]);

/** What a parameter of the answer means; undefined: it is none. */
export const parseShape = (
  name: string,
  value: string,
  sortable: readonly string[],
  settings: SearchReading,
): Shape | Fault | undefined => {
  const [word = ''] = name.split(/[:.]/);
  if (notPerformed.has(word)) return fault('not-supported', `${word} is not supported here`);
  switch (name) {
    case '_count':
      return parseCount(value, settings);
    case '_summary':
      return parseSummary(value);
    case '_elements':
      return parseElements(value, settings);
    case '_contained':
      return value === 'false' ? {} : fault('not-supported', 'contained resources are not searched');
    case '_sort': {
      const sort = parseSort(value, sortable, settings);
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

/** The two of them, each parameter once; `given` holds the names that have been. */
export const addShape = (shape: Shape, name: string, part: Shape, given: ReadonlySet<string>): Shape | Fault => {
  if (given.has(name)) return fault('invalid', `${name} may be given once`);
  const isElements = name === '_elements' && given.has('_summary');
  if (isElements || (name === '_summary' && given.has('_elements')))
    return fault('invalid', '_summary and _elements are not given together');
  return { ...shape, ...part };
};

/** What every search has of its answer's shape. */
export const shapeOfQuery = (
  { count, countOnly, sort = [], total = 'none', cursor }: Shape,
  { defaultCount, maxCount }: SearchReading,
): Pick<SearchQuery, 'count' | 'sort' | 'total' | 'cursor'> => ({
  count: countOnly === true ? 0 : (count ?? Math.min(defaultCount, maxCount)),
  sort,
  total,
  ...(cursor === undefined ? {} : { cursor }),
});
