/** What a caller would be answered with, found by the guard's own decisions. FHIR R4 http.html#Status-Codes; RFC 6750 §3.1. */
import type { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { Intent, Permit } from '@affinity/policy/decision.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import type { Asked } from '../asked.ts';
import { prepare } from '../guard/preparation.ts';
import { type Denied, type Rights, rightsOf } from '../guard/rights.ts';
import { granted, needsOfEverything } from '../guard/system.ts';
import type { ExplainedEnd } from './explanation.ts';

export interface EndAround {
  readonly principal: Principal;
  readonly facts: DecisionFacts;
  readonly base: string;
  /** that are offered */
  readonly types: readonly string[];
}

type Verdict = Denied | { readonly kind: 'permitted'; readonly permit?: Permit };

const permitted = (permit?: Permit): Verdict => ({ kind: 'permitted', ...(permit === undefined ? {} : { permit }) });

const verdictOf = (asked: Asked, rights: Rights, types: readonly string[]): Verdict => {
  const around = { rights, types: () => types };
  switch (asked.kind) {
    case 'look': {
      const { intent } = asked;
      const permit = rights.ask(intent);
      if (permit.kind === 'denied' || intent.kind !== 'search-type' || asked.fault !== undefined)
        return permit.kind === 'denied' ? permit : permitted(permit);
      const joined = rights.ofJoins(intent.query);
      return joined.kind === 'denied' ? joined : permitted(permit);
    }
    case 'write': {
      const prepared = prepare(asked, rights);
      return prepared.kind === 'denied' ? prepared : permitted(prepared.permit);
    }
    case 'search-system':
    case 'history-system': {
      const [named, intentOf] =
        asked.kind === 'search-system'
          ? [
              asked.query.types,
              (type: string): Intent => ({ kind: 'search-type', type, query: { ...asked.query, type } }),
            ]
          : [[], (type: string): Intent => ({ kind: 'history-type', type, page: asked.page })];
      const open = granted(named, around, (type) => [intentOf(type)]);
      return open.kind === 'denied' ? open : permitted();
    }
    case 'everything': {
      const patient = rights.ask({ kind: 'read', type: 'Patient', id: asked.of.patient });
      if (patient.kind === 'denied') return patient;
      const open = granted(asked.of.types, around, needsOfEverything(asked.of.patient));
      return open.kind === 'denied' ? open : permitted(patient);
    }
    case 'meta': {
      const permit = rights.ask({ kind: 'read', type: asked.type, id: asked.id });
      return permit.kind === 'denied' ? permit : permitted(permit);
    }
    case 'operation': {
      const denied = asked.operation
        .needs(asked.at)
        .map(rights.ask)
        .find((each) => each.kind === 'denied');
      return denied?.kind === 'denied' ? denied : permitted();
    }
    case 'validate': {
      const create = rights.ask({ kind: 'create', type: asked.type });
      const update = create.kind === 'permit' ? create : rights.ask({ kind: 'update', type: asked.type });
      return update.kind === 'denied' ? update : permitted();
    }
  }
};

const neededScope = (error: FhirError): { readonly neededScope?: string } => {
  const scope = /scope="([^"]*)"/.exec(error.headers['WWW-Authenticate'] ?? '')?.[1];
  return scope === undefined ? {} : { neededScope: scope };
};

const refusedWords: Readonly<Record<number, string>> = {
  401: 'The token is not taken: the app has to ask the person again.',
  403: 'The request is refused, and the caller learns nothing about any record.',
  404: 'The answer is the one for what does not exist.',
};

const hidden = 'What the rules do not let through is as if it did not exist.';
const nothingThrough = 'No record can pass, so that the answer holds none.';

/** What the answer hangs on once the request is permitted. */
const permittedEnd = (asked: Asked, permit: Permit | undefined): Pick<ExplainedEnd, 'status' | 'words'> => {
  const none = permit?.filter.kind === 'nothing';
  const ofOne = (words: string): Pick<ExplainedEnd, 'status' | 'words'> =>
    none
      ? {
          status: 404,
          words: `${nothingThrough.replace('the answer holds none', 'the answer is 404, as for what does not exist')}`,
        }
      : { status: 200, words };
  switch (asked.kind) {
    case 'look':
      switch (asked.intent.kind) {
        case 'search-type':
          return {
            status: 200,
            words: none
              ? `The search is answered, and finds nothing. ${nothingThrough}`
              : `The search is answered with the records that all rules let through, and its total counts these alone. ${hidden}`,
          };
        case 'history-type':
          return { status: 200, words: `Answered with the versions that all rules let through. ${hidden}` };
        default:
          return ofOne(
            '200 if all rules let this record through; if not, 404, exactly as for one that does not exist.',
          );
      }
    case 'write':
      switch (asked.intent.kind) {
        case 'create':
          return none
            ? {
                status: 403,
                words: 'Whatever is sent would be outside the rights: it is refused, and nothing is stored.',
              }
            : {
                status: 201,
                words: '201 if what is sent is itself within the rules; if not, 403, and nothing is stored.',
              };
        case 'delete':
          return none
            ? { status: 204, words: 'Answered as if there were nothing to delete; nothing is deleted.' }
            : { status: 204, words: '204. What the rules do not let through is not deleted, as if it did not exist.' };
        default:
          return ofOne(
            '200 if the stored version and the new one are both within the rules; 404 if the stored one is not; 403 if the new one is not.',
          );
      }
    case 'search-system':
      return {
        status: 200,
        words: `Answered with records of the types that are permitted, as far as all rules let them through. ${hidden}`,
      };
    case 'history-system':
      return { status: 200, words: `Answered with versions of the types that are permitted. ${hidden}` };
    case 'everything':
      return ofOne(
        '200 with what all rules let through of the types that are permitted; 404 if the Patient itself may not be seen.',
      );
    case 'meta':
      return ofOne('200 if all rules let this record through; if not, 404, exactly as for one that does not exist.');
    case 'operation':
      return { status: 200, words: `The operation is performed on what all rules let through. ${hidden}` };
    case 'validate':
      return { status: 200, words: 'What is sent is checked, and nothing is stored.' };
  }
};

export const endOf = (asked: Asked, { principal, facts, base, types }: EndAround): ExplainedEnd => {
  const rights = rightsOf(principal, facts, { base, metadata: base, proofs: 'none' });
  const verdict = verdictOf(asked, rights, types);
  if (verdict.kind === 'denied') {
    const { error, rule, reason } = verdict;
    const { status } = error;
    const [issue] = error.issues;
    const told = issue?.diagnostics === undefined ? '' : ` It is told: “${issue.diagnostics}”.`;
    return {
      status,
      words: `${refusedWords[status] ?? 'The request is refused.'}${told}`,
      rule,
      reason,
      ...neededScope(error),
    };
  }
  if (asked.fault !== undefined) {
    const { status, issues } = asked.fault;
    return {
      status,
      words: `The rules permit it, and the request itself is wrong: ${issues[0]?.diagnostics ?? 'it cannot be read'}.`,
    };
  }
  return permittedEnd(asked, verdict.permit);
};
