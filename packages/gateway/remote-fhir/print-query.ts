/**
 * A question as the parameters of a search of a foreign server: what it finds is all that is wanted, and perhaps more. What
 * cannot be asked so that this holds is left out, and looked at by the gateway. FHIR R4 search.html.
 */
import type { SearchParameter, SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { SearchClause } from '@affinity/core/fhir/search-query.ts';
import type { Wanted } from '../source.ts';
import { printRange } from './print-range.ts';
import { type Pair, printValue } from './print-value.ts';

export interface Printing {
  readonly parameters: SearchParameters;
  /** parameters of the type that the foreign server offers */
  readonly offered: ReadonlySet<string>;
  /** modifiers that it understands */
  readonly modifiers: ReadonlySet<string>;
  /** a URL under our base, as it is stored there */
  readonly foreignValue: (value: string) => string;
}

const ranged = new Set(['date', 'number', 'quantity']);

const printClause = (clause: SearchClause, parameter: SearchParameter, printing: Printing): readonly Pair[] => {
  const { param, modifier, values } = clause;
  if (modifier === 'missing') {
    const [value] = values;
    return printing.modifiers.has('missing') && value?.kind === 'missing'
      ? [[`${param}:missing`, String(value.missing)]]
      : [];
  }
  if (values.every(({ kind }) => ranged.has(kind))) return modifier === undefined ? printRange(param, values) : [];
  // What begins with a text is among it what is that text: nothing is lost by leaving `exact` away.
  const isSaid = modifier !== undefined && printing.modifiers.has(modifier);
  if (modifier !== undefined && modifier !== 'exact' && !isSaid && !/^[A-Z]/.test(modifier)) return [];
  const printed = values.map((value) => printValue(value, parameter, { ...printing, isExact: modifier === 'not' }));
  const known = printed.filter((text) => text !== undefined);
  if (known.length < printed.length || known.length === 0) return [];
  return [[isSaid && !/^[A-Z]/.test(modifier) ? `${param}:${modifier}` : param, [...new Set(known)].join(',')]];
};

/** The pairs that narrow the search, without those that shape its answer. */
export const printClauses = (type: string, clauses: readonly SearchClause[], printing: Printing): readonly Pair[] =>
  clauses.flatMap((clause) => {
    const lookup = printing.parameters.find(type, clause.param);
    if (lookup.kind !== 'indexed' || !printing.offered.has(clause.param)) return [];
    return printClause(clause, lookup.parameter, printing);
  });

export const printQuery = (
  { type, clauses, sort, count }: Wanted,
  most: number,
  printing: Printing,
): readonly Pair[] => [
  ...printClauses(type, clauses, printing),
  ...(sort.length === 0
    ? []
    : [['_sort', sort.map(({ param, descending }) => (descending ? `-${param}` : param)).join(',')] as const]),
  ['_count', String(Math.max(1, Math.min(count, most)))],
];
