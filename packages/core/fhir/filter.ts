/**
 * Which resources a decision lets through: a boolean expression over the facts of one resource. A store compiles it to
 * its query language, so that counts, sorting and paging happen after it; policy evaluates the same expression in memory.
 * Every leaf is false for a resource that lacks the fact, and `not` is only ever written around a fact that is always
 * known, so a missing fact never widens an answer.
 */

/** v3-Confidentiality in ascending order; a resource without such a label counts as N (FHIR R4 security-labels). */
export const confidentialityLevels = ['U', 'L', 'M', 'N', 'R', 'V'] as const;
export type Confidentiality = (typeof confidentialityLevels)[number];

export type Filter =
  | { readonly kind: 'everything' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'and'; readonly filters: readonly Filter[] }
  | { readonly kind: 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'type'; readonly type: string }
  | { readonly kind: 'instance'; readonly type: string; readonly id: string }
  /** the resource belongs to this patient's record, and to no other patient's (see compartment.ts `recordOwners`) */
  | { readonly kind: 'compartment'; readonly patient: string }
  /** the same for any of these patients */
  | { readonly kind: 'compartments'; readonly patients: readonly string[] }
  /** the resource has to do with one of these patients: as owner, in its compartment, or by any indexed reference */
  | { readonly kind: 'names'; readonly patients: readonly string[] }
  /**
   * The resource has dates in this date search parameter, and every one of them lies within: `start` inclusive, `end`
   * exclusive, epoch milliseconds; absent: open. False where it has none. Where a store no longer knows a fact that `names`
   * or `dated` asks for (a version replaced before it kept them), the leaf is neither true nor false, and what hangs on it
   * is hidden, under `not` too.
   */
  | { readonly kind: 'dated'; readonly param: string; readonly start?: number; readonly end?: number }
  /**
   * A token search parameter of the resource has this value: `system` undefined = any system, '' = no system;
   * `code` undefined = any code of the system. At least one of them is given.
   */
  | { readonly kind: 'token'; readonly param: string; readonly system?: string; readonly code?: string }
  /** a reference search parameter of the resource points to `type/id` on this server */
  | { readonly kind: 'reference'; readonly param: string; readonly type: string; readonly id: string }
  /** `meta.security` carries this label */
  | { readonly kind: 'label'; readonly system: string; readonly code: string }
  /** the highest v3-Confidentiality label of the resource is at most this */
  | { readonly kind: 'confidentiality'; readonly atMost: Confidentiality };

export const everything: Filter = { kind: 'everything' };
export const nothing: Filter = { kind: 'nothing' };

/** All of them; simplifies, so that a reader of the result sees only what matters. */
export const allOf = (filters: readonly Filter[]): Filter => {
  const parts = filters.flatMap((filter) => (filter.kind === 'and' ? filter.filters : [filter]));
  if (parts.some((part) => part.kind === 'nothing')) return nothing;
  const rest = parts.filter((part) => part.kind !== 'everything');
  const [only] = rest;
  if (only === undefined) return everything;
  return rest.length === 1 ? only : { kind: 'and', filters: rest };
};

/** Any of them; none of them is nothing. */
export const anyOf = (filters: readonly Filter[]): Filter => {
  const parts = filters.flatMap((filter) => (filter.kind === 'or' ? filter.filters : [filter]));
  if (parts.some((part) => part.kind === 'everything')) return everything;
  const rest = parts.filter((part) => part.kind !== 'nothing');
  const [only] = rest;
  if (only === undefined) return nothing;
  return rest.length === 1 ? only : { kind: 'or', filters: rest };
};
