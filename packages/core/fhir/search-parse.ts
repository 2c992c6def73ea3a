/**
 * The grammar of search: parameters as they stand in a URL or a form become a SearchQuery, or a fault that says which
 * one was not understood. Nothing that narrows a search is ever dropped in silence. FHIR R4 search.html.
 */
import type { IssueType } from './outcome.ts';
import { type Fault, fault, isFault } from './search-fault.ts';
import { addInclude, parseInclude } from './search-include.ts';
import { createJoinParser, isJoin } from './search-join.ts';
import type { Include, Join, SearchClause, SearchQuery, Subset } from './search-query.ts';
import type { SearchSettings } from './search-settings.ts';
import { addShape, parseShape, type Shape, shapeOfQuery } from './search-shape.ts';

export interface Understood<Query> {
  readonly kind: 'query';
  readonly query: Query;
  /** which part of each match is wanted; absent: all of it */
  readonly subset?: Subset;
  /** names that are not known */
  readonly ignored: readonly string[];
}
export interface NotUnderstood {
  readonly kind: 'fault';
  readonly status: 400;
  readonly code: IssueType;
  readonly diagnostics: string;
}
export type ParsedSearch = Understood<SearchQuery> | NotUnderstood;

export const refuse = ({ code, diagnostics }: Fault): NotUnderstood => ({
  kind: 'fault',
  status: 400,
  code,
  diagnostics,
});

/** Parses the parameters of a search of one type. Total: it never throws. */
export const parseSearch = (type: string, params: URLSearchParams, settings: SearchSettings): ParsedSearch => {
  const { capability, handling, maxClauses } = settings;
  const clauses: SearchClause[] = [];
  const joins: Join[] = [];
  const understood: [string, string][] = [];
  const ignored: string[] = [];
  const given = new Set<string>();
  const parseCondition = createJoinParser(settings, { joins: 0, targets: 0 });
  let shape: Shape = {};
  let includes: readonly Include[] = [];
  for (const [name, value] of params) {
    const part = parseShape(name, value, capability.sort, settings);
    const include = part === undefined ? parseInclude(type, name, value, settings) : undefined;
    if (part !== undefined) {
      const whole = isFault(part) ? part : addShape(shape, name, part, given);
      if (isFault(whole)) return refuse(whole);
      shape = whole;
      given.add(name);
    } else if (include !== undefined) {
      const all = isFault(include) ? include : addInclude(includes, include, settings);
      if (isFault(all)) return refuse(all);
      includes = all;
    } else {
      const condition = parseCondition(type, name, value, capability);
      if (condition === undefined) {
        if (handling === 'strict') return refuse(fault('not-supported', `parameter is not known: ${name}`));
        ignored.push(name);
        continue;
      }
      if (isFault(condition)) return refuse(condition);
      if (isJoin(condition)) joins.push(condition);
      else clauses.push(condition);
      if (clauses.length + joins.length > maxClauses)
        return refuse(fault('too-costly', `more than ${maxClauses} search parameters`));
    }
    understood.push([name, value]);
  }
  return {
    kind: 'query',
    query: {
      type,
      clauses,
      ...(joins.length === 0 ? {} : { joins }),
      ...(includes.length === 0 ? {} : { includes }),
      ...shapeOfQuery(shape, settings),
      understood,
    },
    ...(shape.subset === undefined ? {} : { subset: shape.subset }),
    ignored,
  };
};
