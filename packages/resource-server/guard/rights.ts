/** What one caller may, asked of the policy interaction by interaction. FHIR R4 security.html#access-control; RFC 6750 §3.1. */
import type { FilterOf } from '@affinity/core/fhir/backend.ts';
import { type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { Criteria, SearchQuery } from '@affinity/core/fhir/search-query.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { emergency } from '@affinity/core/smart/purpose-of-use.ts';
import { printScope } from '@affinity/core/smart/scope.ts';
import { permissionFor } from '@affinity/core/smart/scope-interaction.ts';
import { decide, permitsContent } from '@affinity/policy/decide.ts';
import type { Deny, Intent, Permit, Question, RuleName } from '@affinity/policy/decision.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { challenge, type Realm } from '../challenge.ts';

/** What the caller is told, and for the log why. */
export interface Denied {
  readonly kind: 'denied';
  readonly error: FhirError;
  readonly rule: RuleName;
  readonly reason: string;
}
export interface Joined {
  readonly kind: 'joined';
  /** of each type that the search leads through */
  readonly chained: FilterOf;
}

export interface Rights {
  ask(intent: Intent): Permit | Denied;
  /** The Filter of each type, `nothing` where the interaction is denied. */
  filterOf(make: (type: string) => Intent): FilterOf;
  /** The right to search on every hop of a search's joins. */
  ofJoins(criteria: Criteria): Joined | Denied;
  /** D04: to write is not to read; what is stored is shown to a writer only if a read of it would be permitted. */
  mayRead(facts: ResourceFacts): boolean;
  /** to take labels off, or to make a record less confidential */
  readonly mayRelabel: boolean;
}

const notGiven = 'the access token does not give this right';
const hasEnded = 'what the access token was given for has ended: the app has to ask for access again';
const couldDeclare =
  `${notGiven}; you may declare an emergency, which the app asks for at the authorization endpoint with ` +
  `purpose_of_use=${emergency}`;

/**
 * E74: who may declare an emergency is told that there is such a thing. It follows from who asks and what for, never from
 * what is stored.
 */
const mayDeclare = ({ principal, interaction, facts }: Question): boolean =>
  facts.emergency === true &&
  principal.purposes?.includes(emergency) !== true &&
  (permissionFor[interaction.kind] === 'r' || permissionFor[interaction.kind] === 's');

const denial = (realm: Realm, question: Question, { status, neededScope }: Deny): FhirError => {
  if (status === 404) return fhirError(404, 'not-found', 'there is no such resource');
  if (question.principal.anonymous === true) {
    const issue = { severity: 'error', code: 'login', diagnostics: 'an access token is needed' } as const;
    return new FhirError(401, [issue], { 'WWW-Authenticate': challenge(realm) });
  }
  const scope = neededScope === undefined ? {} : { scope: printScope(neededScope) };
  const code = status === 401 ? 'login' : 'forbidden';
  const diagnostics = status === 401 ? hasEnded : mayDeclare(question) ? couldDeclare : notGiven;
  const issue = { severity: 'error', code, diagnostics } as const;
  const error = status === 401 ? 'invalid_token' : 'insufficient_scope';
  const bound = question.principal.key !== undefined;
  return new FhirError(status, [issue], { 'WWW-Authenticate': challenge(realm, { error, ...scope }, bound) });
};

/** A search that only asks whether something meets the criteria. */
export const searchFor = (criteria: Criteria, count = 0): SearchQuery => ({
  ...criteria,
  count,
  sort: [],
  total: 'none',
  understood: [],
});

const permits = new WeakMap<Principal, WeakMap<DecisionFacts, Map<string, Permit>>>();

/** What was permitted to this caller by these very facts. Neither is ever changed in place. */
const permitsBy = (principal: Principal, facts: DecisionFacts): Map<string, Permit> => {
  const ofCaller = permits.get(principal) ?? new WeakMap<DecisionFacts, Map<string, Permit>>();
  permits.set(principal, ofCaller);
  const known = ofCaller.get(facts) ?? new Map<string, Permit>();
  ofCaller.set(facts, known);
  return known;
};

/** A decision is about an interaction with a type; but for a search under constraints, which is about its values too. */
const isOfType = ({ kind }: Intent, { scopes }: Principal): boolean =>
  kind !== 'search-type' || scopes.every(({ constraints }) => constraints.length === 0);

export const rightsOf = (principal: Principal, known: DecisionFacts, realm: Realm): Rights => {
  const permitted = permitsBy(principal, known);
  const ask = (interaction: Intent): Permit | Denied => {
    const key = isOfType(interaction, principal) ? `${interaction.kind} ${interaction.type}` : undefined;
    const before = key === undefined ? undefined : permitted.get(key);
    if (before !== undefined) return before;
    const question = { principal, interaction, facts: known };
    const decision = decide(question);
    if (decision.kind === 'permit') {
      if (key !== undefined) permitted.set(key, decision);
      return decision;
    }
    const { rule, reason } = decision;
    return { kind: 'denied', error: denial(realm, question, decision), rule, reason };
  };

  const filterOf = (make: (type: string) => Intent): FilterOf => {
    const filters = new Map<string, Filter>();
    return (type) => {
      const before = filters.get(type);
      if (before !== undefined) return before;
      const asked = ask(make(type));
      const filter = asked.kind === 'permit' ? asked.filter : nothing;
      filters.set(type, filter);
      return filter;
    };
  };

  const ofJoins = (criteria: Criteria): Joined | Denied => {
    const filters = new Map<string, Filter>();
    const closed = new Set<string>();
    const hop = (next: Criteria): Denied | undefined => {
      const asked = ask({ kind: 'search-type', type: next.type, query: searchFor(next) });
      if (asked.kind === 'denied') return asked;
      filters.set(next.type, asked.filter);
      return through(next);
    };
    const through = ({ joins = [] }: Criteria): Denied | undefined => {
      for (const join of joins) {
        const targets = join.kind === 'has' ? [join.source] : join.targets;
        const denials = targets.flatMap((target) => {
          const denied = hop(target);
          if (denied !== undefined) closed.add(target.type);
          return denied ?? [];
        });
        // Where a reference may point to several types, those that were not granted hold nothing for this caller.
        if (denials.length === targets.length && denials[0] !== undefined) return denials[0];
      }
      return undefined;
    };
    return (
      through(criteria) ?? {
        kind: 'joined',
        chained: (type) => (closed.has(type) ? nothing : (filters.get(type) ?? nothing)),
      }
    );
  };

  const mayRead = (facts: ResourceFacts): boolean => {
    const asked = ask({ kind: 'read', type: facts.type, id: facts.id });
    return asked.kind === 'permit' && permitsContent(asked, facts);
  };

  return { ask, filterOf, ofJoins, mayRead, mayRelabel: known.relabel === true };
};
