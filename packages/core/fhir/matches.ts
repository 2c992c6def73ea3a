/**
 * What a search finds, said in memory: the meaning that every backend is held against. FHIR R4 search.html.
 *
 * A date in a resource and a date in a query are ranges. With r the resource's and q the query's: eq: q holds all of r;
 * ne: it does not; gt: r reaches beyond the end of q; lt: r begins before q; ge, le: gt or eq, lt or eq; sa: r begins
 * after q has ended; eb: r has ended before q begins; ap: they overlap, q being widened already.
 */
import type { DateRange } from './date-range.ts';
import { dateRange } from './date-range.ts';
import { fold } from './extract.ts';
import type { ResourceFacts } from './resource-facts.ts';
import type { SearchClause, SearchQuery, SearchValue } from './search-query.ts';

type Of<Kind extends SearchValue['kind']> = Extract<SearchValue, { kind: Kind }>;

const dateMatches = (r: DateRange, q: Of<'date'>): boolean => {
  const eq = q.start <= r.start && r.end <= q.end;
  switch (q.prefix) {
    case 'eq':
      return eq;
    case 'ne':
      return !eq;
    case 'gt':
      return r.end > q.end;
    case 'lt':
      return r.start < q.start;
    case 'ge':
      return eq || r.end > q.end;
    case 'le':
      return eq || r.start < q.start;
    case 'sa':
      return r.start >= q.end;
    case 'eb':
      return r.end <= q.start;
    case 'ap':
      return r.start < q.end && r.end > q.start;
  }
};

const tokenMatches = (entry: { readonly system: string; readonly code: string }, value: Of<'token'>): boolean =>
  (value.system === undefined || value.system === entry.system) &&
  (value.code === undefined || value.code === entry.code);

const textMatches = (
  entry: { readonly text: string; readonly folded: string },
  text: string,
  modifier?: string,
): boolean => {
  if (modifier === 'exact') return entry.text === text;
  return modifier === 'contains' ? entry.folded.includes(fold(text)) : entry.folded.startsWith(fold(text));
};

/** Whether a resource has any value for a parameter. */
const hasValue = ({ index }: ResourceFacts, param: string): boolean =>
  Object.values(index).some((entries: readonly { readonly param: string }[]) =>
    entries.some((entry) => entry.param === param),
  );

const valueMatches = (clause: SearchClause, value: SearchValue, facts: ResourceFacts, updated: DateRange): boolean => {
  const { param, modifier } = clause;
  const { index } = facts;
  switch (value.kind) {
    case 'missing':
      return hasValue(facts, param) !== value.missing;
    case 'token': {
      if (param === '_id') return tokenMatches({ system: '', code: facts.id }, value);
      const entries = modifier === 'identifier' ? index.identifierReferences : index.tokens;
      return entries.some((entry) => entry.param === param && tokenMatches(entry, value));
    }
    case 'reference':
      return index.references.some(
        (entry) =>
          entry.param === param && entry.id === value.id && (value.type === undefined || value.type === entry.type),
      );
    case 'url':
      return index.foreignReferences.some((entry) => entry.param === param && entry.url === value.url);
    case 'string':
      return index.strings.some((entry) => entry.param === param && textMatches(entry, value.text, modifier));
    case 'date': {
      const ranges = param === '_lastUpdated' ? [updated] : index.dates.filter((entry) => entry.param === param);
      return ranges.some((range) => dateMatches(range, value));
    }
    default:
      return false;
  }
};

/**
 * Whether a search finds a resource. `lastUpdated` is the instant of its current version. Count, sort, cursor and total
 * are not a matter of one resource.
 */
export const matches = (query: SearchQuery, facts: ResourceFacts, lastUpdated: string): boolean => {
  const updated = dateRange(lastUpdated);
  if (updated === undefined || query.type !== facts.type) return false;
  return query.clauses.every((clause) => {
    const found = clause.values.some((value) => valueMatches(clause, value, facts, updated));
    return clause.modifier === 'not' ? !found : found;
  });
};
