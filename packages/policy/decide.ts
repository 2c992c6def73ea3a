/** The decision: a pure function of who asks, what is asked and what is known. FHIR R4 security.html#access-control. */
import { allOf, type Filter } from '@affinity/core/fhir/filter.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { Decision, Permit, Question, Rule } from './decision.ts';
import { evaluate } from './filter.ts';
import { byAuditLog } from './rules/audit-log.ts';
import { byLabel } from './rules/label.ts';
import { byScope } from './rules/scope.ts';

/** In this order; the first that denies is the answer, and the filters of all are conjoined. */
const rules: readonly Rule[] = [
  byScope, // what the app was granted, for whose records
  byAuditLog, // that the audit log is only added to
  byLabel, // how confidential a record it may see
];

/** Permits with a Filter, or denies with a status that depends on the request and the grant alone. */
export const decide = (question: Question): Decision => {
  const filters: Filter[] = [];
  for (const rule of rules) {
    const decision = rule(question);
    if (decision.kind === 'deny') return decision;
    filters.push(decision.filter);
  }
  return { kind: 'permit', filter: allOf(filters) };
};

/** The post-image of a write: what the resource would become must be within the rights too. */
export const permitsContent = (decision: Permit, facts: ResourceFacts): boolean => evaluate(decision.filter, facts);
