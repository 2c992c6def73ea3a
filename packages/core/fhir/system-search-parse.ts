/**
 * The grammar of a search of several types: by the parameters that each of them has, and by nothing of another resource.
 * FHIR R4 http.html#search, search.html#all.
 */
import { parseClause } from './search-clause.ts';
import { type Fault, fault, isFault } from './search-fault.ts';
import { type NotUnderstood, refuse, type Understood } from './search-parse.ts';
import type { SearchClause, SystemQuery } from './search-query.ts';
import type { SearchCapability, SearchReading } from './search-settings.ts';
import { addShape, parseShape, type Shape, shapeOfQuery } from './search-shape.ts';

export type ParsedSystemSearch = Understood<SystemQuery> | NotUnderstood;

/** The types that `_type` names, in the order of the offered ones; all of them where it is not given. */
const typesOf = (offered: readonly string[], given: readonly string[]): readonly string[] | Fault => {
  const [list, ...more] = given;
  if (list === undefined) return offered;
  if (more.length > 0) return fault('invalid', '_type may be given once');
  const named = list.split(',');
  const unknown = named.find((type) => !offered.includes(type));
  if (unknown !== undefined) return fault('not-supported', '_type names a type that is not offered');
  return offered.filter((type) => named.includes(type));
};

/** What all of these can do. */
const shared = (
  types: readonly string[],
  capabilityOf: (type: string) => SearchCapability | undefined,
): SearchCapability => {
  const [first, ...others] = types.map((type) => capabilityOf(type) ?? { searchParams: [], sort: [] });
  if (first === undefined) return { searchParams: [], sort: [] };
  return {
    searchParams: first.searchParams.filter(
      ({ name }) =>
        name.startsWith('_') && others.every((one) => one.searchParams.some((known) => known.name === name)),
    ),
    sort: first.sort.filter((name) => name.startsWith('_') && others.every((one) => one.sort.includes(name))),
  };
};

/** Parses the parameters of a search of the types that are offered, or of those that `_type` names. Total: it never throws. */
export const parseSystemSearch = (
  offered: readonly string[],
  params: URLSearchParams,
  settings: SearchReading,
): ParsedSystemSearch => {
  const types = typesOf(offered, params.getAll('_type'));
  if (isFault(types)) return refuse(types);
  const capabilityOf = settings.capabilityOf ?? (() => undefined);
  const capability = shared(types, capabilityOf);
  const clauses: SearchClause[] = [];
  const understood: [string, string][] = [];
  const ignored: string[] = [];
  const given = new Set<string>();
  let shape: Shape = {};
  /** A parameter that some type knows is not dropped because another does not. */
  const isKnownSomewhere = (name: string): boolean => {
    const [param = ''] = name.split(/[:.]/);
    return (
      ['_has', '_include', '_revinclude'].includes(param) ||
      types.some((type) => capabilityOf(type)?.searchParams.some((known) => known.name === param))
    );
  };
  for (const [name, value] of params) {
    const part = name === '_type' ? {} : parseShape(name, value, capability.sort, settings);
    if (part !== undefined) {
      const whole = isFault(part) ? part : addShape(shape, name, part, given);
      if (isFault(whole)) return refuse(whole);
      shape = whole;
      given.add(name);
    } else {
      const [first = ''] = types;
      const clause = name.includes('.') ? undefined : parseClause(first, name, value, capability, settings);
      if (clause === undefined) {
        if (settings.handling === 'strict' || isKnownSomewhere(name))
          return refuse(fault('not-supported', `a search of several types does not know the parameter ${name}`));
        ignored.push(name);
        continue;
      }
      if (isFault(clause)) return refuse(clause);
      clauses.push(clause);
      if (clauses.length > settings.maxClauses)
        return refuse(fault('too-costly', `more than ${settings.maxClauses} search parameters`));
    }
    understood.push([name, value]);
  }
  return {
    kind: 'query',
    query: { types, clauses, ...shapeOfQuery(shape, settings), understood },
    ...(shape.subset === undefined ? {} : { subset: shape.subset }),
    ignored,
  };
};
