/** What comes out of a decision: a value that carries its consequences. FHIR R4 security.html#access-control. */
import type { Filter } from '@affinity/core/fhir/filter.ts';
import type { Interaction } from '@affinity/core/fhir/interaction.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { ResourceScope } from '@affinity/core/smart/scope.ts';
import type { DecisionFacts } from './facts.ts';

/** The considerations by name, one file each under rules/. */
export const ruleNames = ['scope', 'grant', 'audit-log', 'consent', 'label', 'emergency'] as const;
export type RuleName = (typeof ruleNames)[number];

export interface Permit {
  readonly kind: 'permit';
  /** the rules that narrowed it, in their order */
  readonly because: readonly RuleName[];
  /**
   * Which resources of the interaction's type the answer may speak of. For a write, the stored version and the new one
   * must both meet it.
   */
  readonly filter: Filter;
}

export interface Deny {
  readonly kind: 'deny';
  readonly rule: RuleName;
  /** follows from the request and the grant alone, never from what is stored (docs/decisions/0005-403-and-404.md) */
  readonly status: 401 | 403 | 404;
  /** for the log; the caller is told only the status and the scope */
  readonly reason: string;
  /** the scope that would have been enough, where one would have been */
  readonly neededScope?: ResourceScope;
}

export type Decision = Permit | Deny;

type WithoutContent<Kind> = Kind extends { readonly content: unknown } ? Omit<Kind, 'content'> : Kind;

/** Of a change: no id stands there where a condition will name the resource (FHIR R4 http.html#cond-update). */
type WithAnyId<Kind> = Kind extends { readonly kind: 'update' | 'patch' | 'delete'; readonly id: string }
  ? Omit<Kind, 'id'> & { readonly id?: string }
  : Kind;

/** What is asked, before any content of it has been read: a decision is about the caller's rights, not about the content. */
export type Intent = WithAnyId<WithoutContent<Interaction>>;

/** What is to be decided. */
export interface Question {
  readonly principal: Principal;
  readonly interaction: Intent;
  readonly facts: DecisionFacts;
}

/** What one consideration comes to. */
export type Judgement = Pick<Permit, 'kind' | 'filter'> | Omit<Deny, 'rule'>;

/** One consideration. Rules are conjoined: each may deny or narrow, none can widen what another has narrowed. */
export type Rule = (question: Question) => Judgement;
