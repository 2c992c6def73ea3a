/**
 * The only way from a request to a Backend: decide → deny → audit → error; permit → narrow → backend → check → audit →
 * release. FHIR R4 security.html#access-control. A write is recorded before it is made, so that none is without a record.
 */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Backend, Version } from '@affinity/core/fhir/backend.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { type Answer, refusal, statusOf } from './answer.ts';
import type { Asked, DocumentFault, Looking, Objects, PatientsIdentified, Validate, Writing } from './asked.ts';
import type { AuditSubject, AuditTrail, Verdict } from './audit-trail.ts';
import type { Realm } from './challenge.ts';
import { type About, aboutAnswer, aboutVersions } from './guard/about.ts';
import { agentClaim, namedBy } from './guard/agent-claim.ts';
import { auditClaim } from './guard/audit-claim.ts';
import { look } from './guard/look.ts';
import { tellMeta, validate } from './guard/operations.ts';
import { operate } from './guard/own-operation.ts';
import { createOwnedFacts } from './guard/owned-facts.ts';
import { planOf } from './guard/plan.ts';
import { type Prepared, prepare } from './guard/preparation.ts';
import { changedMeanwhile, isDenied, notOffered } from './guard/refusals.ts';
import { type Denied, rightsOf } from './guard/rights.ts';
import type { Surroundings } from './guard/surroundings.ts';
import { everythingOf, historySystem, searchSystem } from './guard/system.ts';
import { EntryRefused, holdsOfAll, type PreparedEntry, readsDecide, run } from './guard/transaction.ts';
import { type Before, write } from './guard/write.ts';
import { checkedBackend } from './second-check.ts';

export interface Entry {
  readonly asked: Looking | Writing;
  readonly subject: AuditSubject;
  /** of what it creates, where the server has chosen one already */
  readonly id?: string;
}
export type Transacted =
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] }
  | { readonly kind: 'refused'; readonly entry: number; readonly error: FhirError };

declare const brand: unique symbol;

/** A backend behind the decision, for one caller. Routes take nothing else, and only this file makes one. */
export interface Guarded {
  readonly [brand]: true;
  perform(asked: Asked, subject: AuditSubject): Promise<Answer>;
  /** All of the entries or none. `provenance` is the JSON text of a Provenance without target, stored with them. */
  transact(entries: readonly Entry[], provenance?: string): Promise<Transacted>;
}

export interface GuardOptions {
  readonly backend: Backend;
  readonly audit: AuditTrail;
  /** what decisions need to know of a user beside the token */
  readonly facts: (principal: Principal) => DecisionFacts | Promise<DecisionFacts>;
  readonly realm: Realm;
  readonly ownBases: readonly string[];
  /** URLs under which parts of this domain speak in its audit log; the bases unless told */
  readonly ownNames?: readonly string[];
  /** types that are offered at this moment */
  readonly types: () => readonly string[];
  readonly updateCreate: boolean;
  readonly jsonDepth: number;
  readonly validate?: Validate;
  /** where a Binary is a document: what is wrong with giving it out */
  readonly documents?: DocumentFault;
  /** the server's own rule about writes */
  readonly objects?: Objects;
  /** by an identifier of the person, whoever gave it; absent: identifiers are those of this server alone */
  readonly patientsIdentified?: PatientsIdentified;
  /** asked before a transaction stands, which may have begun long before: why the caller is refused by now */
  readonly objection?: (principal: Principal) => FhirError | undefined;
}

/** The caller is still there, and the time is not up. */
export interface Patience {
  /** for one question of a request */
  readonly question: () => AbortSignal;
  /** for all that a Bundle asks; what is no Bundle is as one question */
  readonly whole?: AbortSignal;
}

/** Knows the caller once for all that one request asks. */
export type Guard = (principal: Principal, patience?: Patience) => Promise<Guarded>;

export const createGuard = (options: GuardOptions): Guard => {
  const { audit, ownBases, realm, types, updateCreate, jsonDepth, ownNames = ownBases } = options;
  const backend = checkedBackend(options.backend, ownBases);
  const ownedFacts = createOwnedFacts(backend, ownBases);

  const aboutOf = (version: Version): About => aboutVersions([version], ownBases);

  return async (principal, patience) => {
    const facts = await options.facts(principal);
    const rights = rightsOf(principal, facts, realm);
    const named = namedBy(principal, facts);
    const readable = rights.filterOf((type) => ({ kind: 'read', type, id: '' }));
    const around: Surroundings = {
      backend,
      rights,
      factsOf: (resource, written) => ownedFacts(resource, readable, written),
      aboutOf,
      falseClaim: (resource) => auditClaim(resource, ownNames) ?? agentClaim(resource, named, ownBases),
      types,
      updateCreate,
      jsonDepth,
      ownBases,
      ...(options.validate === undefined ? {} : { validate: options.validate }),
      ...(options.patientsIdentified === undefined ? {} : { patientsIdentified: options.patientsIdentified }),
      ...(options.documents === undefined ? {} : { documents: options.documents }),
      objects: async (change) => options.objects?.({ ...change, principal }),
      signal: () => patience?.question(),
    };

    /** Recorded, then released. */
    const release = async (subject: AuditSubject, answer: Answer, verdict: Partial<Verdict> = {}): Promise<Answer> => {
      const status = statusOf(answer);
      const outcome = status < 400 || status === 404 || status === 410 ? 'permitted' : 'failed';
      const version = answer.kind === 'resource' || answer.kind === 'written' ? answer.version : undefined;
      const target =
        version === undefined ? {} : { target: `${version.type}/${version.id}/_history/${version.versionId}` };
      const because = answer.because === undefined ? {} : { because: answer.because };
      const about = aboutAnswer(answer, ownBases);
      await audit(subject, { outcome, status, ...because, ...about, ...target, ...verdict });
      return answer;
    };
    const deny = (subject: AuditSubject, denied: Denied): Promise<Answer> =>
      release(subject, refusal(denied.error), why(denied));
    const tell = async (subject: AuditSubject, answer: Answer | Denied): Promise<Answer> =>
      isDenied(answer) ? deny(subject, answer) : release(subject, answer);

    /** One write outside any transaction: the permit is durable, then it is made; how it failed is a second record. */
    const writeAlone = async (prepared: Prepared, subject: AuditSubject): Promise<Answer> => {
      let recorded: string | undefined;
      const before: Before = async (at, about, event) => {
        recorded = `${at.type}/${at.id}`;
        const { because } = prepared.permit;
        const said = event === undefined ? subject : { ...subject, event };
        await audit(said, { outcome: 'permitted', target: recorded, because, ...about });
      };
      const plan = await planOf(backend, prepared, randomUUID(), around);
      const answer = await write(prepared, plan, { on: backend, around, before, facts: new Map() });
      if (recorded === undefined || statusOf(answer) >= 400) {
        const target = recorded === undefined ? {} : { target: recorded };
        return release(subject, answer, { ...target, ...(statusOf(answer) === 403 ? outsideRights : {}) });
      }
      return answer;
    };

    const refusedEntry = async (entries: readonly Entry[], entry: number, answer: Answer, verdict = {}) => {
      const at = entries[entry];
      if (at !== undefined) await release(at.subject, answer, verdict);
      const error =
        answer.kind === 'refusal' ? answer.error : fhirError(500, 'exception', 'the request could not be completed');
      return { kind: 'refused', entry, error } as const;
    };

    /** A transaction stands by what is known when it ends: it may have begun long before. */
    const changed = async (): Promise<FhirError | undefined> => {
      const since = await options.facts(principal);
      return isDeepStrictEqual({ ...since, now: 0 }, { ...facts, now: 0 }) ? undefined : changedMeanwhile();
    };

    const transact = async (entries: readonly Entry[], given?: string): Promise<Transacted> => {
      const prepared: PreparedEntry[] = [];
      for (const [index, { asked, id }] of entries.entries()) {
        const ready = asked.kind === 'write' ? prepare(asked, rights) : asked;
        const denied = asked.kind === 'look' ? rights.ask(asked.intent) : ready;
        if (isDenied(denied)) return refusedEntry(entries, index, refusal(denied.error), why(denied));
        if (asked.fault !== undefined) return refusedEntry(entries, index, refusal(asked.fault));
        if (!isDenied(ready)) prepared.push({ prepared: ready, freshId: id ?? randomUUID() });
      }
      const permit = given === undefined ? undefined : rights.ask({ kind: 'create', type: 'Provenance' });
      if (permit?.kind === 'denied') return refusedEntry(entries, 0, refusal(permit.error), why(permit));
      const provenance =
        given === undefined || permit === undefined ? undefined : { json: given, permit, id: randomUUID() };
      if (backend.transact === undefined) return refusedEntry(entries, 0, notOffered());
      const recorded = new Set<string>();
      const work = backend.transact;
      try {
        const answers = await work(
          async (on) => {
            const permits: (() => Promise<void>)[] = [];
            const done = await run(
              on,
              prepared,
              around,
              async (entry, at, about, event) => {
                const target = `${at.type}/${at.id}`;
                const subject = entries[entry]?.subject;
                const key = `${entry} ${target} ${event ?? ''}`;
                if (subject === undefined || recorded.has(key)) return;
                const said = event === undefined ? subject : { ...subject, event };
                const ready = prepared[entry]?.prepared;
                const because = ready?.kind === 'prepared' ? { because: ready.permit.because } : {};
                permits.push(async () => {
                  await audit(said, { outcome: 'permitted', target, ...because, ...about });
                  recorded.add(key);
                });
              },
              provenance,
            );
            const objection = options.objection?.(principal) ?? (await changed());
            if (objection !== undefined) throw new EntryRefused(0, refusal(objection));
            // Everything could be done: the permits are durable, and then it stands.
            await Promise.all(permits.map((permit) => permit()));
            return done;
          },
          holdsOfAll(prepared),
          readsDecide(prepared),
          patience?.whole ?? patience?.question(),
        );
        for (const [index, answer] of answers.entries()) {
          const entry = entries[index];
          const silent = ![...recorded].some((key) => key.startsWith(`${index} `));
          if (entry !== undefined && silent) await release(entry.subject, answer);
        }
        return { kind: 'answers', answers };
      } catch (error) {
        if (!(error instanceof EntryRefused)) throw error;
        return refusedEntry(entries, error.entry, error.answer, statusOf(error.answer) === 403 ? outsideRights : {});
      }
    };

    const perform = async (asked: Asked, subject: AuditSubject): Promise<Answer> => {
      switch (asked.kind) {
        case 'look':
          return tell(subject, await look(asked, backend, around));
        case 'write': {
          if (asked.condition !== undefined || asked.provenance !== undefined) {
            const done = await transact([{ asked, subject }], asked.provenance);
            if (done.kind === 'refused') return refusal(done.error);
            const [answer = notOffered()] = done.answers;
            return answer;
          }
          const prepared = prepare(asked, rights);
          if (isDenied(prepared)) return deny(subject, prepared);
          if (asked.fault !== undefined) return release(subject, refusal(asked.fault));
          return writeAlone(prepared, subject);
        }
        case 'search-system':
          return tell(subject, await searchSystem(asked, around));
        case 'history-system':
          return tell(subject, await historySystem(asked, around));
        case 'everything':
          return tell(subject, await everythingOf(asked, around));
        case 'meta':
          return tell(subject, await tellMeta(asked, around));
        case 'validate':
          return tell(subject, await validate(asked, around));
        case 'operation':
          return tell(
            subject,
            await operate(asked, around, async () => {
              await audit(subject, { outcome: 'permitted' });
            }),
          );
      }
    };
    return { perform, transact } as Guarded;
  };
};

const why = ({ rule, reason }: Denied): Verdict => ({ outcome: 'denied', rule, reason });
const outsideRights = { outcome: 'denied', reason: 'the content is outside the rights' } as const;
