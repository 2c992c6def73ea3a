/**
 * What a foreign system says it has written is what was sent to it: the same type, the same record. Else it is not handed
 * out, as nobody has judged it, and whether the write was made is not known. FHIR R4 http.html#create, #update.
 */
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { Admit } from './admit.ts';
import { createBudget } from './budget.ts';
import type { KnowOthers } from './known-others.ts';
import type { GatewayLimits } from './limits.ts';
import type { Report } from './report.ts';
import { signalOf } from './request-context.ts';
import type { Held, Source, StagedWrite } from './source.ts';

export type Sent = Extract<StagedWrite, { readonly content: unknown }>;
/** @throws BackendUnavailable */
export type Confirm = (sent: Sent, held: Held) => Promise<ResourceFacts>;

export const createConfirm =
  (options: {
    readonly source: Pick<Source, 'name'>;
    readonly admit: Admit;
    readonly knowOthers: KnowOthers;
    readonly report: Report;
    readonly limits: GatewayLimits;
  }): Confirm =>
  async (sent, held) => {
    const { source, admit, knowOthers, report, limits } = options;
    const { type, id, kind } = sent;
    const resource: Resource = { ...sent.content.resource, resourceType: type, id: held.id };
    const around = { budget: createBudget(limits.scannedMost), signal: signalOf() };
    const others = await knowOthers([resource, held.resource], around);
    const judge = admit({ type, filter: everything, clauses: [] });
    const { facts, isShown } = judge(held, others);
    const { owners } = judge({ ...held, resource }, others).facts;
    const isSame = owners.length === facts.owners.length && owners.every((owner) => facts.owners.includes(owner));
    // A system may choose the id of what it creates, and of nothing else.
    if (isShown && isSame && (kind === 'create' || held.id === id)) return facts;
    report({
      kind: isShown && !isSame ? 'upstream-wrong-patient' : 'upstream-wrong-resource',
      source: source.name,
      type,
    });
    throw new BackendUnavailable(new Error(`${source.name} has written something else than was sent`));
  };
