/** The decision: a pure function of who asks, what is asked and what is known. FHIR R4 security.html#access-control. */
import { allOf, type Filter } from '@affinity/core/fhir/filter.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { Decision, Judgement, Permit, Question, Rule, RuleName } from './decision.ts';
import { evaluate } from './filter.ts';
import { byAuditLog } from './rules/audit-log.ts';
import { byConsent } from './rules/consent.ts';
import { byEmergency } from './rules/emergency.ts';
import { byGrant } from './rules/grant.ts';
import { byLabel } from './rules/label.ts';
import { byScope } from './rules/scope.ts';

/** In this order; the first that denies is the answer, and the filters of all are conjoined. */
const rules: readonly (readonly [RuleName, Rule])[] = [
  ['scope', byScope], // what the app was granted, for whose records
  ['grant', byGrant], // what the person lets it have at this moment
  ['audit-log', byAuditLog], // that the audit log is only added to
  ['consent', byConsent], // what the patients have consented to
  ['label', byLabel], // how confidential a record it may see
  ['emergency', byEmergency], // that breaking the glass opens one record, to be read
];

/** Permits with a Filter, or denies with a status that depends on the request and the grant alone. */
export const decide = (question: Question): Decision => {
  const filters: Filter[] = [];
  const because: RuleName[] = [];
  for (const [name, rule] of rules) {
    const judgement = rule(question);
    if (judgement.kind === 'deny') return { ...judgement, rule: name };
    if (judgement.filter.kind !== 'everything') because.push(name);
    filters.push(judgement.filter);
  }
  return { kind: 'permit', filter: allOf(filters), because };
};

/** What every rule comes to by itself, whatever the others say: for whoever has to explain a decision. */
export const explain = (question: Question): readonly { readonly rule: RuleName; readonly judgement: Judgement }[] =>
  rules.map(([rule, judge]) => ({ rule, judgement: judge(question) }));

/** The post-image of a write: what the resource would become must be within the rights too. */
export const permitsContent = (decision: Permit, facts: ResourceFacts): boolean => evaluate(decision.filter, facts);
