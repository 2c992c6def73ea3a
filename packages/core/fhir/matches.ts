/** What a search finds, said in memory: the meaning that every backend is held against. FHIR R4 search.html. */
import type { DateRange } from './date-range.ts';
import { dateRange } from './date-range.ts';
import { fold } from './extract.ts';
import type { ResourceFacts } from './resource-facts.ts';
import type { Criteria, SearchClause, SearchValue } from './search-query.ts';
import {
  type Canonical,
  componentMatches,
  dateMatches,
  isNear,
  numberMatches,
  quantityMatches,
  textMatches,
  tokenMatches,
  uriMatches,
} from './value-match.ts';

/** Whether a resource has any value for a parameter. */
const hasValue = ({ index }: ResourceFacts, param: string): boolean =>
  Object.values(index).some((entries: readonly { readonly param: string }[]) =>
    entries.some((entry) => entry.param === param),
  );

const valueMatches = (
  { param, modifier }: SearchClause,
  value: SearchValue,
  facts: ResourceFacts,
  updated: () => DateRange | undefined,
  canonical?: Canonical,
): boolean => {
  const { index } = facts;
  /** Whether an entry of the parameter meets the condition. */
  const any = <Entry extends { readonly param: string }>(
    entries: readonly Entry[],
    meets: (entry: Entry) => boolean,
  ): boolean => entries.some((entry) => entry.param === param && meets(entry));
  switch (value.kind) {
    case 'missing':
      return hasValue(facts, param) !== value.missing;
    case 'token':
      if (param === '_id') return tokenMatches({ system: '', code: facts.id }, value);
      return any(modifier === 'identifier' ? index.identifierReferences : index.tokens, (entry) =>
        tokenMatches(entry, value),
      );
    case 'reference':
      return any(index.references, ({ type, id }) => id === value.id && (value.type ?? type) === type);
    case 'url':
      return any(index.foreignReferences, ({ url }) => url === value.url);
    case 'string':
      if (modifier === 'text') return any(index.texts, ({ folded }) => folded.startsWith(fold(value.text)));
      return any(index.strings, (entry) => textMatches(entry, value.text, modifier));
    case 'date':
      if (param === '_lastUpdated') {
        const range = updated();
        return range !== undefined && dateMatches(range, value);
      }
      return any(index.dates, (entry) => dateMatches(entry, value));
    case 'number':
      return any(index.numbers, (entry) => numberMatches(entry, value));
    case 'quantity':
      return any(index.quantities, (entry) => quantityMatches(entry, value, canonical));
    case 'uri':
      return any(index.uris, ({ uri }) => uriMatches(uri, value.uri, modifier));
    case 'of-type':
      return any(
        index.typedIdentifiers,
        (entry) => entry.system === value.system && entry.code === value.code && entry.value === value.value,
      );
    case 'near':
      return any(index.positions, (entry) => isNear(entry, value));
    case 'composite':
      return any(
        index.composites,
        ({ parts }) =>
          parts.length === value.parts.length &&
          value.parts.every((wanted, i) => parts[i]?.some((one) => componentMatches(one, wanted, canonical))),
      );
  }
};

/**
 * Whether the clauses of a search find a resource. `lastUpdated` is the instant of its current version. Joins are a
 * matter of other resources too (matches-joins.ts); count, sort, cursor and total are not one of a single resource.
 */
export const matches = (
  { type, clauses }: Pick<Criteria, 'type' | 'clauses'>,
  facts: ResourceFacts,
  lastUpdated: string,
  canonical?: Canonical,
): boolean => {
  if (type !== facts.type) return false;
  const updated = (): DateRange | undefined => dateRange(lastUpdated);
  return clauses.every((clause) => {
    const found = clause.values.some((value) => valueMatches(clause, value, facts, updated, canonical));
    return clause.modifier === 'not' ? !found : found;
  });
};
