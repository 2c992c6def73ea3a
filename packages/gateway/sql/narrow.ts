/**
 * The clauses of a search as a condition on the rows of one table. It is derived from what the mapping makes of the columns,
 * so that it is true for every row whose resource is wanted; a clause that cannot be asked by is left out. FHIR R4 search.html.
 */
import { dateRange } from '@affinity/core/fhir/date-range.ts';
import { type SearchParameter, standardParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { SearchClause, SearchValue } from '@affinity/core/fhir/search-query.ts';
import { dateMatches } from '@affinity/core/fhir/value-match.ts';
import type { BoundPart } from './bind-mapping.ts';
import { allOf, anyOf, type Condition, type Conditions, createConditions } from './condition.ts';
import type { Dialect } from './engine.ts';
import { keyOf } from './local-id.ts';
import { askDate, askRange, type DateColumn, dateColumn } from './narrow-date.ts';
import { askReference } from './narrow-reference.ts';
import { askString } from './narrow-string.ts';
import { type Ask, askToken, eachOf } from './narrow-token.ts';
import { leavesOf } from './template-path.ts';

interface Asked {
  readonly value: SearchValue;
  readonly modifier: string | undefined;
}

const ofKind = <Kind extends SearchValue['kind']>(
  ask: Ask<Extract<SearchValue, { kind: Kind }>>,
  ...kinds: readonly Kind[]
): Ask<Asked> =>
  ask &&
  (({ value }) =>
    // What is asked in another way, as by `:missing`, cannot be asked of a column.
    !kinds.includes(value.kind as Kind) || ask(value as Extract<SearchValue, { kind: Kind }>));

/** The modifiers under which a value means what it means without one. */
const plain = (modifier: string | undefined): boolean => modifier === undefined || /^[A-Z]/.test(modifier);

/** How a parameter is asked of a part; undefined: it cannot be, and every row is looked at. */
const askParameter = (around: Conditions, { part }: BoundPart, parameter: SearchParameter): Ask<Asked> => {
  if (part.content.kind === 'body') return undefined;
  const { template } = part.content;
  const asks = parameter.paths.flatMap((path) =>
    leavesOf(template, path).map((leaf): Ask<Asked> => {
      if (leaf === 'within') return undefined;
      switch (parameter.type) {
        case 'token':
          return ofKind(askToken(around, path, leaf), 'token');
        case 'reference':
          return ofKind(askReference(around, path, leaf), 'reference', 'url');
        case 'date':
          return ofKind(askDate(around, path, leaf), 'date');
        case 'string': {
          const ask = askString(around, path, leaf);
          return ask && (({ value, modifier }) => value.kind !== 'string' || ask({ text: value.text, modifier }));
        }
        default:
          return undefined;
      }
    }),
  );
  const isKnown = ['token', 'reference', 'date', 'string'].includes(parameter.type);
  const isExistence = parameter.paths.some(({ type }) => type === 'exists' || type === 'present');
  return isKnown && !isExistence ? eachOf(asks) : undefined;
};

export interface Narrowing {
  readonly narrow: (clauses: readonly SearchClause[]) => Condition;
  /** by columns; not at all, because nothing is mapped that it finds; or by looking at every row */
  readonly way: (param: string) => 'narrowed' | 'absent' | 'looked-at';
  /** the column that a parameter sorts by; undefined: it cannot be sorted by */
  readonly sortColumn: (param: string) => DateColumn | undefined;
  readonly conditions: Conditions;
}

export const createNarrowing = (bound: BoundPart, dialect: Dialect, updatedOfAll: string): Narrowing => {
  const { part } = bound;
  const around = createConditions(dialect, bound.column);
  const updated = part.updated && { column: around.column(part.updated.column), form: part.updated.date };
  const ofAll = dateRange(updatedOfAll);
  const askId: Ask<Asked> = ({ value }) => {
    if (value.kind !== 'token' || value.code === undefined) return true;
    const key = keyOf(value.code, part.id.columns.length, part.id.prefix);
    return (
      key !== undefined &&
      allOf(key.map((text, i) => around.compare(around.column(part.id.columns[i] ?? ''), '=', text)))
    );
  };
  const askUpdated: Ask<Asked> = ({ value }) => {
    if (value.kind !== 'date') return true;
    const rest = ofAll === undefined || dateMatches(ofAll, value);
    if (updated === undefined) return rest;
    // A row that tells of no change has the instant of all those.
    return anyOf([
      rest && around.isEmpty(updated.column, updated.form.empties),
      askRange(around, updated, updated)(value),
    ]);
  };
  const asks = new Map<string, Ask<Asked>>([
    ['_id', askId],
    ['_lastUpdated', askUpdated],
  ]);
  const mapped = new Set(['_id', '_lastUpdated']);
  for (const parameter of standardParameters.of(part.type)) {
    if (asks.has(parameter.code)) continue;
    asks.set(parameter.code, askParameter(around, bound, parameter));
    const { content } = part;
    if (content.kind === 'elements' && parameter.paths.some((path) => leavesOf(content.template, path).length > 0))
      mapped.add(parameter.code);
  }
  const clauseOf = ({ param, modifier, values }: SearchClause): Condition => {
    const ask = asks.get(param);
    const isString = standardParameters.find(part.type, param);
    const inWords = isString.kind === 'indexed' && isString.parameter.type === 'string';
    if (ask === undefined || !(plain(modifier) || (inWords && (modifier === 'exact' || modifier === 'contains'))))
      return true;
    return anyOf(values.map((value) => ask({ value, modifier })));
  };
  return {
    conditions: around,
    narrow: (clauses) => allOf(clauses.map(clauseOf)),
    way: (param) => (asks.get(param) === undefined ? 'looked-at' : mapped.has(param) ? 'narrowed' : 'absent'),
    sortColumn: (param) => {
      if (param === '_lastUpdated') return updated;
      const lookup = standardParameters.find(part.type, param);
      if (lookup.kind !== 'indexed' || lookup.parameter.type !== 'date' || part.content.kind === 'body')
        return undefined;
      const { template } = part.content;
      const leaves = lookup.parameter.paths.flatMap((path) => leavesOf(template, path));
      const column = leaves.length === 1 ? dateColumn(around, leaves[0]) : undefined;
      return column?.form.partial ? undefined : column;
    },
  };
};
