/** The constraints of a granular scope, as a Filter and against the values that a search names. SMART App Launch 2.2, scopes. */
import { allOf, anyOf, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { isResourceType } from '@affinity/core/fhir/resource-type.ts';
import type { SearchQuery, SearchValue } from '@affinity/core/fhir/search-query.ts';
import type { ResourceScope } from '@affinity/core/smart/scope.ts';
import { type Constraint, type ConstraintValue, constraintValues } from '@affinity/core/smart/scope-constraint.ts';

const asReference = ({ system, code }: ConstraintValue): { type: string; id: string } | undefined => {
  const [type = '', id = '', ...rest] = (code ?? '').split('/');
  return system === undefined && rest.length === 0 && isResourceType(type) && isResourceId(id)
    ? { type, id }
    : undefined;
};

const valueFilter = (param: string, value: ConstraintValue): Filter => {
  const reference = asReference(value);
  return reference === undefined ? { kind: 'token', param, ...value } : { kind: 'reference', param, ...reference };
};

/** A value that cannot be read lets nothing through; parameters that are neither token nor reference match nothing. */
const constraintFilter = ({ param, value }: Constraint): Filter => {
  const values = constraintValues(value);
  return values === undefined ? nothing : anyOf(values.map((each) => valueFilter(param, each)));
};

/** All constraints of one scope (SMART: a resource must match every one). */
export const constraintsFilter = (scope: ResourceScope): Filter => allOf(scope.constraints.map(constraintFilter));

/** Something could meet both: the named value is not, by its text alone, outside the granted one. */
const mayMeet = (named: SearchValue, granted: ConstraintValue): boolean => {
  if (named.kind === 'token') {
    const { system, code } = named;
    return (
      (system === undefined || granted.system === undefined || system === granted.system) &&
      (code === undefined || granted.code === undefined || code === granted.code)
    );
  }
  if (named.kind === 'reference') {
    const reference = asReference(granted);
    return (
      reference !== undefined &&
      named.id === reference.id &&
      (named.type === undefined || named.type === reference.type)
    );
  }
  return named.kind !== 'url';
};

const covered = (param: string, named: SearchValue, scope: ResourceScope): boolean =>
  scope.constraints.every(
    (constraint) =>
      constraint.param !== param || (constraintValues(constraint.value) ?? []).some((value) => mayMeet(named, value)),
  );

const withEscapes = (text: string): string => text.replace(/[\\,|$]/g, '\\$&');

const asText = (value: SearchValue): string | undefined => {
  if (value.kind === 'token') {
    return `${value.system === undefined ? '' : `${withEscapes(value.system)}|`}${withEscapes(value.code ?? '')}`;
  }
  return value.kind === 'reference' && value.type !== undefined ? `${value.type}/${value.id}` : undefined;
};

/**
 * The first value that the search names and no scope covers, as the constraint that would have been needed. It follows
 * from the query and the scopes alone. A clause with a modifier names no value: it is answered with what the scopes let
 * through.
 */
export const uncoveredValue = (query: SearchQuery, scopes: readonly ResourceScope[]): Constraint | undefined => {
  for (const { param, modifier, values } of query.clauses) {
    if (modifier !== undefined && !isResourceType(modifier)) continue;
    const named = values.find((value) => !scopes.some((scope) => covered(param, value, scope)));
    if (named !== undefined) return { param, value: asText(named) ?? '' };
  }
  return undefined;
};
