/**
 * Explanations for administrators, on the command line and on a page: a request is replayed for a person, an app and a
 * purpose, and the question itself is recorded. FHIR R4 security.html#access-control.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { AuditLog, AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import { grantConsentId } from '@affinity/core/fhir/consent.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import { isAtMost } from '@affinity/core/fhir/security-label.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { recordableQuery } from '@affinity/resource-server/audit-trail.ts';
import { createExplainRequest, type ExplainNeighbours } from '@affinity/resource-server/explain/explain-request.ts';
import type { Explanation } from '@affinity/resource-server/explain/explanation.ts';
import { FactsUnavailable } from '@affinity/resource-server/facts/unavailable.ts';
import {
  type CallerNeighbours,
  createSupposedCaller,
  type ExplanationCall,
  Refusal,
  refuse,
  supposedGrant,
  wholeGrant,
} from './supposed-caller.ts';

/** Who asks, for the audit log. */
export interface ExplainedBy {
  readonly source: 'command-line' | 'portal';
  readonly user?: string;
  readonly client?: string;
  readonly address?: string;
}

export type ExplanationResult =
  | { readonly kind: 'explained'; readonly explanation: Explanation; readonly notes: readonly string[] }
  /** in words */
  | { readonly kind: 'refused'; readonly why: string };

/** Resolves when the question is durable in the audit log. */
export type Explain = (call: ExplanationCall, by: ExplainedBy) => Promise<ExplanationResult>;

export interface ExplanationNeighbours extends CallerNeighbours, Omit<ExplainNeighbours, 'facts' | 'now'> {
  readonly audit: AuditLog;
  readonly issuer: string;
  readonly facts: (principal: Principal) => DecisionFacts | Promise<DecisionFacts>;
}

const notLearned =
  'What decisions are made by cannot be learned at this moment: a request would be answered with 503. Try again.';

/** What was only supposed is not told as if it were there. */
const withoutSupposed = (explanation: Explanation): Explanation => ({
  ...explanation,
  facts: {
    ...explanation.facts,
    known: explanation.facts.known.filter(({ words }) => words !== supposedGrant),
    consents: explanation.facts.consents.filter(({ id }) => id !== grantConsentId(supposedGrant)),
  },
});

export const createExplanations = (neighbours: ExplanationNeighbours): Explain => {
  const { audit, issuer, base, now } = neighbours;
  const callerOf = createSupposedCaller(neighbours);
  const explain = createExplainRequest({
    ...neighbours,
    facts: async (principal) => {
      const facts = await neighbours.facts(principal);
      return principal.grant === supposedGrant ? { ...facts, grant: wholeGrant(principal.clientId) } : facts;
    },
    now: () => now().getTime(),
  });

  const recordOf = (record: string | undefined) => {
    if (record === undefined) return undefined;
    const [type = '', id = '', ...rest] = record.split('/');
    return /^[A-Z][A-Za-z]{1,63}$/.test(type) && isResourceId(id) && rest.length === 0
      ? { type, id }
      : refuse('A record is named as Type/id, such as Observation/123.');
  };

  const note = (
    call: ExplanationCall,
    by: ExplainedBy,
    principal: Principal,
    told: { readonly target?: string; readonly recordFacts?: ResourceFacts },
  ): Promise<void> => {
    const [, query = ''] = call.url.split(/\?(.*)/s);
    const { recordFacts } = told;
    const whose = principal.user === undefined ? 'for the service itself' : `for the person ${principal.user}`;
    const record: AuditRecord = {
      id: randomUUIDv7(),
      recorded: now().toISOString(),
      event: 'decision-explained',
      outcome: 'permitted',
      ...by,
      ...(by.user === undefined ? {} : { issuer }),
      base,
      method: call.method.toUpperCase(),
      ...(told.target === undefined ? {} : { target: told.target }),
      ...(query === '' ? {} : { query: recordableQuery(query) }),
      ...(recordFacts === undefined || recordFacts.owners.length === 0 ? {} : { patients: recordFacts.owners }),
      ...(recordFacts === undefined || isAtMost(recordFacts.confidentiality, 'N')
        ? {}
        : { confidentiality: recordFacts.confidentiality }),
      reason: `${whose}, with the app ${principal.clientId}${recordFacts === undefined ? '' : `, of ${recordFacts.type}/${recordFacts.id}`}`,
    };
    return audit.append(record);
  };

  return async (call, by) => {
    try {
      const record = recordOf(call.record);
      const principal = await callerOf(call);
      const named = record === undefined ? {} : { record };
      const result = await explain({ principal, method: call.method, url: call.url, ...named });
      if (result.kind === 'refused') return result;
      await note(call, by, principal, result.explained);
      const { explanation } = result.explained;
      return principal.grant === supposedGrant
        ? {
            kind: 'explained',
            explanation: withoutSupposed(explanation),
            notes: ['As if the person had just allowed the app all of this.'],
          }
        : { kind: 'explained', explanation, notes: [] };
    } catch (error) {
      if (error instanceof Refusal) return { kind: 'refused', why: error.message };
      if (error instanceof FactsUnavailable) return { kind: 'refused', why: notLearned };
      throw error;
    }
  };
};
