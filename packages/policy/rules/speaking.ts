/** The scopes of a token that speak of what is asked, by whose records they reach. SMART App Launch 2.2, scopes. */
import { anyOf, type Filter } from '@affinity/core/fhir/filter.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { Compartment, ResourceScope } from '@affinity/core/smart/scope.ts';
import { permissionFor, speaksOf } from '@affinity/core/smart/scope-interaction.ts';
import type { Intent } from '../decision.ts';
import { constraintsFilter } from './constraint.ts';

export interface Speaking {
  readonly compartment: Compartment;
  /** at least one */
  readonly scopes: readonly ResourceScope[];
  /** a resource meets the constraints of one of them */
  readonly constraints: Filter;
}

const compartments: readonly Compartment[] = ['patient', 'user', 'system'];

const workOut = (scopes: Principal['scopes'], interaction: Intent): readonly Speaking[] =>
  compartments.flatMap((compartment) => {
    const own = scopes.filter((scope) => scope.compartment === compartment && speaksOf(scope, interaction));
    return own.length === 0 ? [] : [{ compartment, scopes: own, constraints: anyOf(own.map(constraintsFilter)) }];
  });

/** By the scopes of a token, which is asked with more than once; then by letter and type. */
const worked = new WeakMap<Principal['scopes'], Map<string, readonly Speaking[]>>();

export const speakingOf = ({ scopes }: Principal, interaction: Intent): readonly Speaking[] => {
  let known = worked.get(scopes);
  if (known === undefined) {
    known = new Map();
    worked.set(scopes, known);
  }
  const key = permissionFor[interaction.kind] + interaction.type;
  const before = known.get(key);
  if (before !== undefined) return before;
  const speaking = workOut(scopes, interaction);
  known.set(key, speaking);
  return speaking;
};
