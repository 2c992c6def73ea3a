/**
 * What the token's scopes let through: the union of all that carry the needed letter for the type. SMART App Launch 2.2,
 * scopes; RFC 6750 §3.1 `insufficient_scope`.
 */
import { allOf, anyOf, everything } from '@affinity/core/fhir/filter.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { Compartment, ResourceScope } from '@affinity/core/smart/scope.ts';
import { neededScope } from '@affinity/core/smart/scope-interaction.ts';
import type { Deny, Question, Rule } from '../decision.ts';
import { uncoveredValue } from './constraint.ts';
import { isOpenRead } from './open.ts';
import { reachOf } from './role.ts';
import { speakingOf } from './speaking.ts';

/** The kind of scope that this caller could have been granted. */
const compartmentOf = ({ service, patient, foreign }: Principal): Compartment =>
  service === true ? 'system' : patient === undefined && foreign === undefined ? 'user' : 'patient';

const insufficient = (
  { principal, interaction }: Question,
  reason: string,
  constraints: ResourceScope['constraints'] = [],
): Omit<Deny, 'rule'> => ({
  kind: 'deny',
  status: 403,
  reason,
  neededScope: { ...neededScope(interaction, compartmentOf(principal)), constraints },
});

export const byScope: Rule = (question) => {
  if (isOpenRead(question)) return { kind: 'permit', filter: everything };
  const { principal, interaction } = question;
  const speaking = speakingOf(principal, interaction);
  if (speaking.length === 0) return insufficient(question, 'no scope for this interaction and type');
  const reaching = speaking.flatMap((each) => {
    const reach = reachOf(each.compartment, question);
    return reach.kind === 'nothing' ? [] : [{ ...each, reach }];
  });
  if (reaching.length === 0) return { kind: 'deny', status: 403, reason: 'the scopes reach no record for this caller' };
  if (interaction.kind === 'search-type') {
    const scopes = reaching.flatMap((each) => each.scopes);
    const uncovered = uncoveredValue(interaction.query, scopes);
    if (uncovered !== undefined) {
      const constraints = uncovered.value === '' ? [] : [uncovered];
      return insufficient(question, `the search names a value of ${uncovered.param} outside the scopes`, constraints);
    }
  }
  return {
    kind: 'permit',
    filter: anyOf(reaching.map(({ reach, constraints }) => allOf([reach, constraints]))),
  };
};
