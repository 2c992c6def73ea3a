/** Which scopes give more than others: covers, intersect, normal form, equality by meaning. SMART App Launch 2.2, scopes. */
import { formOf, type Permission, permissionOrder, type ResourceScope } from './scope.ts';
import { constraintImplies, withoutImplied } from './scope-constraint.ts';

/** `wide` gives every right over every resource that `narrow` gives. The three compartments are never compared. */
export const covers = (wide: ResourceScope, narrow: ResourceScope): boolean =>
  wide.compartment === narrow.compartment &&
  (wide.type === '*' || wide.type === narrow.type) &&
  narrow.permissions.every((letter) => wide.permissions.includes(letter)) &&
  wide.constraints.every((constraint) => narrow.constraints.some((other) => constraintImplies(other, constraint)));

/** What both give: the greatest lower bound under `covers`. Undefined where they share nothing. */
export const intersect = (one: ResourceScope, other: ResourceScope): ResourceScope | undefined => {
  if (one.compartment !== other.compartment) return undefined;
  if (one.type !== other.type && one.type !== '*' && other.type !== '*') return undefined;
  const permissions = one.permissions.filter((letter) => other.permissions.includes(letter));
  if (permissions.length === 0) return undefined;
  const constraints = withoutImplied([...one.constraints, ...other.constraints]);
  const type = one.type === '*' ? other.type : one.type;
  return {
    compartment: one.compartment,
    type,
    permissions,
    constraints,
    form: formOf([one, other], permissions, constraints),
  };
};

const coversLetter = (wide: ResourceScope, narrow: ResourceScope, letter: Permission): boolean =>
  covers(wide, { ...narrow, permissions: [letter] });

/** Scopes are a union: every letter of every scope of `narrow` is given by some scope of `wide`. */
export const setCovers = (wide: readonly ResourceScope[], narrow: readonly ResourceScope[]): boolean =>
  narrow.every((scope) =>
    scope.permissions.every((letter) => wide.some((other) => coversLetter(other, scope, letter))),
  );

/** Equality by meaning, not by string: `.r` with `.s` is `.rs`. */
export const sameMeaning = (one: readonly ResourceScope[], other: readonly ResourceScope[]): boolean =>
  setCovers(one, other) && setCovers(other, one);

/** The same rights with nothing said twice, in a fixed order: two sets of one meaning print alike. */
export const normalForm = (scopes: readonly ResourceScope[]): readonly ResourceScope[] => {
  const groups = new Map<string, ResourceScope>();
  for (const scope of scopes) {
    const constraints = [...withoutImplied(scope.constraints)].sort(byText);
    const key = JSON.stringify([scope.compartment, scope.type, constraints.map(({ param, value }) => [param, value])]);
    const before = groups.get(key);
    const given = before === undefined ? scope.permissions : [...before.permissions, ...scope.permissions];
    const permissions = permissionOrder.filter((letter) => given.includes(letter));
    const form = formOf(before === undefined ? [scope] : [before, scope], permissions, constraints);
    groups.set(key, { ...scope, permissions, constraints, form });
  }
  const merged = [...groups].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, scope]) => scope);
  return merged.flatMap((scope, at) => {
    const permissions = scope.permissions.filter(
      (letter) =>
        !merged.some(
          (other, otherAt) =>
            otherAt !== at &&
            coversLetter(other, scope, letter) &&
            (otherAt < at || !coversLetter(scope, other, letter)),
        ),
    );
    return permissions.length === 0
      ? []
      : [{ ...scope, permissions, form: formOf([scope], permissions, scope.constraints) }];
  });
};

/** What two sets both give, in normal form. */
export const intersectSets = (
  one: readonly ResourceScope[],
  other: readonly ResourceScope[],
): readonly ResourceScope[] =>
  normalForm(one.flatMap((scope) => other.flatMap((against) => intersect(scope, against) ?? [])));

const byText = (one: { param: string; value: string }, other: { param: string; value: string }): number =>
  one.param < other.param || (one.param === other.param && one.value < other.value) ? -1 : 1;
