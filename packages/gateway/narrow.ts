/**
 * What a Filter implies for a type, as clauses that a foreign system can be asked by: every resource that the Filter lets
 * through meets them. They only spare work: each answer is judged by the Filter itself. FHIR R4 search.html.
 */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import { ownerElements, throughElements } from '@affinity/core/fhir/compartment.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import type { SearchParameter, SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { SearchClause, SearchValue } from '@affinity/core/fhir/search-query.ts';

/** undefined: the Filter lets nothing of the type through, so that nothing need be asked */
export type Narrowing =
  | { readonly clauses: readonly SearchClause[]; readonly patients?: readonly string[] }
  | undefined;

/** More alternatives than this are not asked by: they would make the question longer than the answer. */
const mostValues = 100;

/** The path of property names at which the owner stands. */
const ownerPath = (type: string): string | undefined =>
  type === 'AuditEvent' ? 'entity.what' : Object.hasOwn(ownerElements, type) ? ownerElements[type] : undefined;

/** Whether a resource of the type can be anybody's record at all. */
const isOwned = (type: string): boolean =>
  type === 'Patient' || Object.hasOwn(throughElements, type) || ownerPath(type) !== undefined;

/** A parameter that finds every resource whose owner stands at the path: it reads the path as it is. */
const reads = ({ type, paths }: SearchParameter, path: string): boolean =>
  type === 'reference' &&
  paths.some(
    ({ steps, target, fromResource }) =>
      fromResource === undefined &&
      (target === undefined || target === 'Patient') &&
      steps.every(({ where }) => where === undefined) &&
      steps.map(({ name }) => name).join('.') === path,
  );

/** `patient` rather than others: more systems know it. */
const ownerParameter = (type: string, has: (param: string) => boolean, known: SearchParameters): string | undefined => {
  const path = ownerPath(type);
  if (path === undefined) return undefined;
  const found = known.of(type).filter((parameter) => has(parameter.code) && reads(parameter, path));
  return (found.find(({ code }) => code === 'patient') ?? found[0])?.code;
};

const clause = (param: string, values: readonly SearchValue[]): SearchClause => ({ param, values });

/** What every branch is narrowed by, with the alternatives of all. */
const common = (branches: readonly (readonly SearchClause[])[]): readonly SearchClause[] => {
  const [first = [], ...others] = branches;
  return first.flatMap(({ param, values }) => {
    const all = [...values];
    for (const branch of others) {
      const same = branch.find((one) => one.param === param);
      if (same === undefined) return [];
      all.push(...same.values);
    }
    const once = new Map(all.map((value) => [JSON.stringify(value), value]));
    return once.size > mostValues ? [] : [clause(param, [...once.values()])];
  });
};

/** Each parameter once: two clauses of the same are both implied, and the narrower is enough. */
const oncePerParameter = (clauses: readonly SearchClause[]): readonly SearchClause[] => {
  const widestFirst = clauses.toSorted((a, b) => b.values.length - a.values.length);
  return [...new Map(widestFirst.map((one) => [one.param, one])).values()];
};

export const createNarrow = (
  capability: Pick<TypeCapability, 'type' | 'searchParams'>,
  known: SearchParameters,
): ((filter: Filter) => Narrowing) => {
  const { type } = capability;
  const names = new Set(capability.searchParams.map(({ name }) => name));
  const has = (param: string): boolean => names.has(param) && known.find(type, param).kind === 'indexed';
  const owner = ownerParameter(type, has, known);

  const ofPatients = (patients: readonly string[]): readonly SearchClause[] | undefined => {
    if (patients.length === 0 || !isOwned(type)) return undefined;
    if (patients.length > mostValues) return [];
    if (type === 'Patient')
      return has('_id')
        ? [
            clause(
              '_id',
              patients.map((code) => ({ kind: 'token', code })),
            ),
          ]
        : [];
    if (owner === undefined) return [];
    return [
      clause(
        owner,
        patients.map((id) => ({ kind: 'reference', type: 'Patient', id })),
      ),
    ];
  };

  /** undefined: nothing is let through */
  const implied = (filter: Filter): readonly SearchClause[] | undefined => {
    switch (filter.kind) {
      case 'nothing':
        return undefined;
      case 'type':
        return filter.type === type ? [] : undefined;
      case 'instance':
        if (filter.type !== type) return undefined;
        return has('_id') ? [clause('_id', [{ kind: 'token', code: filter.id }])] : [];
      case 'compartment':
        return ofPatients([filter.patient]);
      case 'compartments':
        return ofPatients(filter.patients);
      case 'token': {
        const { param, system, code } = filter;
        if (!has(param) || known.of(type).find((one) => one.code === param)?.type !== 'token') return [];
        if (system === undefined && code === undefined) return undefined;
        return [
          clause(param, [
            { kind: 'token', ...(system === undefined ? {} : { system }), ...(code === undefined ? {} : { code }) },
          ]),
        ];
      }
      case 'reference':
        return has(filter.param)
          ? [clause(filter.param, [{ kind: 'reference', type: filter.type, id: filter.id }])]
          : [];
      case 'and': {
        const parts = filter.filters.map(implied);
        const some = parts.filter((part) => part !== undefined);
        return some.length < parts.length ? undefined : oncePerParameter(some.flat());
      }
      case 'or': {
        const branches = filter.filters.map(implied).filter((branch) => branch !== undefined);
        return branches.length === 0 ? undefined : common(branches);
      }
      default:
        return [];
    }
  };

  return (filter) => {
    const clauses = implied(filter);
    if (clauses === undefined) return undefined;
    const ofOwner = clauses.find(({ param }) => param === (type === 'Patient' ? '_id' : owner));
    const patients = ofOwner?.values.flatMap((value) =>
      value.kind === 'reference' && value.type === 'Patient'
        ? [value.id]
        : value.kind === 'token' && value.code !== undefined
          ? [value.code]
          : [],
    );
    return { clauses, ...(patients === undefined ? {} : { patients }) };
  };
};
