/** Whose record each of several resources is, for who wants to write what speaks of them. FHIR R4 compartmentdefinition-patient.html. */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { recordOwners } from '@affinity/core/fhir/compartment.ts';
import { createBudget } from './budget.ts';
import type { Fetch } from './fetch.ts';
import type { GatewayLimits } from './limits.ts';
import type { KnowOwners } from './owners.ts';
import { signalOf } from './request-context.ts';

export const createOwnersOf =
  (options: {
    readonly fetch: Fetch;
    readonly knowOwners: KnowOwners;
    readonly ownBases: readonly string[];
    readonly limits: GatewayLimits;
  }): NonNullable<Backend['ownersOf']> =>
  async (references) => {
    const { fetch, knowOwners, ownBases, limits } = options;
    const around = { budget: createBudget(limits.scannedMost), signal: signalOf() };
    const held = await fetch.many(references, around);
    const ownersOf = await knowOwners(
      [...held.values()].map(({ resource }) => resource),
      around,
    );
    return new Map([...held].map(([key, { resource }]) => [key, recordOwners(resource, ownBases, ownersOf)]));
  };
