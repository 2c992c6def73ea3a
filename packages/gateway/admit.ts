/**
 * Whether one candidate of a foreign system is shown: it is what was asked for, the Filter lets it through, and it meets
 * the question's own clauses, whatever the foreign system made of these. FHIR R4 search.html#errors.
 */
import type { Filter } from '@affinity/core/fhir/filter.ts';
import { matches } from '@affinity/core/fhir/matches.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { SearchClause } from '@affinity/core/fhir/search-query.ts';
import type { Canonical } from '@affinity/core/fhir/value-match.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import type { KnownOthers } from './known-others.ts';
import { lazyFacts, parametersOf } from './lazy-facts.ts';
import { looksOf, looksOfClauses, together } from './looks.ts';
import type { Held } from './source.ts';

export interface Question {
  readonly type: string;
  readonly filter: Filter;
  readonly clauses: readonly SearchClause[];
  /** parameters that are looked at beside those of the Filter and the clauses */
  readonly params?: readonly string[];
  /** what is demanded beside the Filter and the clauses */
  readonly demands?: (facts: ResourceFacts, held: Held) => boolean;
}
export interface Judged {
  readonly held: Held;
  readonly facts: ResourceFacts;
  readonly isShown: boolean;
}
/** `others` knows the resources through which this one is in a record. */
export type Judge = (held: Held, others: KnownOthers) => Judged;
export type Admit = (question: Question) => Judge;

/** It is sound in itself, and what it says of itself is one. */
const isSound = ({ type, id, versionId, lastUpdated, resource }: Held): boolean =>
  resource.resourceType === type &&
  resource.id === id &&
  isResourceId(id) &&
  isResourceId(versionId) &&
  !Number.isNaN(Date.parse(lastUpdated));

export const createAdmit =
  (options: {
    readonly ownBases: readonly string[];
    readonly parameters: () => SearchParameters;
    readonly canonical?: Canonical;
  }): Admit =>
  (question) => {
    const { type, filter, clauses, params = [], demands } = question;
    const looks = together([looksOf(filter), looksOfClauses(clauses), new Set(params)]);
    const parameters = parametersOf(options.parameters(), type, looks);
    return (held, others) => {
      const facts = lazyFacts(held.resource, options.ownBases, parameters, others);
      const isShown =
        held.type === type &&
        isSound(held) &&
        evaluate(filter, facts) &&
        (clauses.length === 0 || matches(question, facts, held.lastUpdated, options.canonical)) &&
        (demands === undefined || demands(facts, held));
      return { held, facts, isShown };
    };
  };
