/**
 * The only way from a request to a Backend: decide → deny → audit → error; permit → narrow → backend → check → audit →
 * release. FHIR R4 security.html#access-control. A write is recorded before it is made, so that none is without a record.
 */
import { randomUUID } from 'node:crypto';
import type { Backend, WriteResult } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Content } from '@affinity/core/fhir/resource.ts';
import { factsOf, type ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { printScope } from '@affinity/core/smart/scope.ts';
import { decide, permitsContent } from '@affinity/policy/decide.ts';
import type { Deny, Intent, Permit } from '@affinity/policy/decision.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { type Answer, notFound, refusal, statusOf } from './answer.ts';
import type { AuditSubject, AuditTrail, Verdict } from './audit-trail.ts';
import type { Loaded } from './body.ts';
import { challenge, type Realm } from './challenge.ts';
import { checkedBackend } from './second-check.ts';

/** A request after the door: what is asked, and what is already known to be wrong with it. */
export interface Asked {
  readonly intent: Intent;
  /** a fault of the request; told once the decision permits */
  readonly fault?: FhirError;
  /** of a create or update: reads the content, once the decision permits */
  readonly content?: () => Promise<Loaded | FhirError>;
}

declare const brand: unique symbol;

/** A backend behind the decision, for one caller. Routes take nothing else, and only this file makes one. */
export interface Guarded {
  readonly [brand]: true;
  perform(asked: Asked): Promise<Answer>;
}

export interface GuardOptions {
  readonly backend: Backend;
  readonly audit: AuditTrail;
  /** what decisions need to know of a user beside the token */
  readonly facts: (principal: Principal) => DecisionFacts | Promise<DecisionFacts>;
  readonly realm: Realm;
  readonly ownBases: readonly string[];
}

export type Guard = (principal: Principal, subject: AuditSubject) => Guarded;

type At = { readonly type: string; readonly id: string };
type Write = Extract<Intent, { kind: 'create' | 'update' }>;

const absentUpdate = (): Answer =>
  refusal(
    new FhirError(
      405,
      [
        {
          severity: 'error',
          code: 'not-supported',
          diagnostics: 'ids are chosen by the server: there is no such resource',
        },
      ],
      { Allow: 'GET, HEAD, DELETE' },
    ),
  );
const conflict = (): Answer =>
  refusal(fhirError(412, 'conflict', 'If-Match names another version than the current one'));
const forbidden = (): Answer => refusal(fhirError(403, 'forbidden', 'the resource would be outside what was granted'));

export const createGuard = (options: GuardOptions): Guard => {
  const { audit, realm, ownBases } = options;
  const backend = checkedBackend(options.backend, ownBases);

  const denial = ({ status, neededScope }: Deny): FhirError => {
    if (status === 404) return fhirError(404, 'not-found', 'there is no such resource');
    const scope = neededScope === undefined ? {} : { scope: printScope(neededScope) };
    const code = status === 401 ? 'login' : 'forbidden';
    const issue = { severity: 'error', code, diagnostics: 'the access token does not give this right' } as const;
    const error = status === 401 ? 'invalid_token' : 'insufficient_scope';
    return new FhirError(status, [issue], { 'WWW-Authenticate': challenge(realm, { error, ...scope }) });
  };

  /** What is read, under the decision's Filter. */
  const look = async (
    intent: Exclude<Intent, Write | { kind: 'delete' | 'patch' | 'history-type' }>,
    filter: Filter,
  ): Promise<Answer> => {
    switch (intent.kind) {
      case 'read':
      case 'vread': {
        const result =
          intent.kind === 'read' ? await backend.read(intent, filter) : await backend.vread(intent, filter);
        if (result.kind === 'found') return { kind: 'resource', version: result.version };
        return result.kind === 'absent' ? notFound() : refusal(fhirError(410, 'deleted', 'the resource was deleted'));
      }
      case 'history-instance': {
        const result = await backend.historyInstance(intent, filter);
        const { type, id } = intent;
        return result.kind === 'absent' ? notFound() : { ...result, type, id };
      }
      case 'search-type':
        return { kind: 'search', query: intent.query, result: await backend.searchType(intent.query, filter) };
    }
  };

  const written = (result: WriteResult, mayRead: boolean): Answer => {
    switch (result.kind) {
      case 'created':
        return { kind: 'written', status: 201, version: result.version, mayRead };
      case 'updated':
        return { kind: 'written', status: 200, version: result.version, mayRead };
      case 'deleted':
        return { kind: 'done' };
      case 'absent':
        return absentUpdate();
      case 'version-conflict':
        return conflict();
      case 'id-taken':
        return refusal(fhirError(409, 'duplicate', 'the id is taken'));
      case 'canonical-taken':
        return refusal(fhirError(409, 'duplicate', 'another resource has this url and version'));
    }
  };

  /** Content with faults: whoever may not write there, or writes on another version, is told that first. */
  const faulty = async (intent: Write, fault: FhirError, filter: Filter): Promise<Answer> => {
    if (intent.kind === 'update') {
      const result = await backend.read(intent, filter);
      if (result.kind === 'absent') return absentUpdate();
      const current = result.kind === 'found' ? result.version.versionId : result.deletion.versionId;
      if (intent.ifMatch !== undefined && intent.ifMatch !== current) return conflict();
    }
    return refusal(fault);
  };

  return (principal, subject) => {
    /** Recorded, then released. */
    const release = async (answer: Answer, verdict: Partial<Verdict> = {}): Promise<Answer> => {
      const status = statusOf(answer);
      const outcome = status < 400 || status === 404 || status === 410 ? 'permitted' : 'failed';
      const version = 'version' in answer ? answer.version : undefined;
      const target =
        version === undefined ? {} : { target: `${version.type}/${version.id}/_history/${version.versionId}` };
      await audit(subject, { outcome, status, ...target, ...verdict });
      return answer;
    };

    /** The permit is durable, then the write is made; how it failed, if it did, is a second record. */
    const make = async (at: At, write: () => Promise<Answer>): Promise<Answer> => {
      const target = `${at.type}/${at.id}`;
      await audit(subject, { outcome: 'permitted', target });
      const answer = await write();
      return statusOf(answer) < 400 ? answer : release(answer, { target });
    };

    /** D04: to write is not to read; what is stored is shown to a writer only if a read of it would be permitted. */
    const mayRead = (at: At, facts: ResourceFacts, known: DecisionFacts): boolean => {
      const decision = decide({ principal, interaction: { kind: 'read', ...at }, facts: known });
      return decision.kind === 'permit' && permitsContent(decision, facts);
    };

    const store = async (
      intent: Write,
      load: Asked['content'],
      permit: Permit,
      known: DecisionFacts,
    ): Promise<Answer> => {
      const loaded = (await load?.()) ?? fhirError(400, 'required', 'a resource is expected');
      if (loaded instanceof FhirError) return release(refusal(loaded));
      const at = { type: intent.type, id: intent.kind === 'create' ? randomUUID() : intent.id };
      const content: Content = { ...loaded.content, resource: { ...loaded.content.resource, id: at.id } };
      const facts = factsOf(content.resource, ownBases);
      if (!permitsContent(permit, facts)) {
        return release(forbidden(), { outcome: 'denied', reason: 'the content is outside the rights' });
      }
      if (loaded.fault !== undefined) return release(await faulty(intent, loaded.fault, permit.filter));
      return make(at, async () =>
        intent.kind === 'create'
          ? written(await backend.create({ ...at, content }), true)
          : written(await backend.update({ ...intent, content }, permit.filter), mayRead(at, facts, known)),
      );
    };

    const perform = async ({ intent, fault, content }: Asked): Promise<Answer> => {
      const facts = await options.facts(principal);
      const decision = decide({ principal, interaction: intent, facts });
      if (decision.kind === 'deny') {
        return release(refusal(denial(decision)), { outcome: 'denied', reason: decision.reason });
      }
      if (fault !== undefined) return release(refusal(fault));
      switch (intent.kind) {
        case 'create':
        case 'update':
          return store(intent, content, decision, facts);
        case 'delete':
          return make(intent, async () => {
            const result = await backend.delete(intent, decision.filter);
            // What is not there is as deleted as it can be; hidden or not, the answer is one (FHIR R4 http.html#delete).
            return result.kind === 'absent' ? { kind: 'done' } : written(result, false);
          });
        case 'patch':
        case 'history-type':
          return release(refusal(fhirError(405, 'not-supported', 'this is not possible here')));
        default:
          return release(await look(intent, decision.filter));
      }
    };
    return { perform } as Guarded;
  };
};
