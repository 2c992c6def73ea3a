/** Whose record each of several resources is, for who wants to write what speaks of them. FHIR R4 compartmentdefinition-patient.html. */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { recordOwners } from '@affinity/core/fhir/compartment.ts';
import { createBudget } from './budget.ts';
import type { Fetch } from './fetch.ts';
import type { KnowOthers } from './known-others.ts';
import type { GatewayLimits } from './limits.ts';
import { signalOf } from './request-context.ts';

export const createOwnersOf =
  (options: {
    readonly fetch: Fetch;
    readonly knowOthers: KnowOthers;
    readonly ownBases: readonly string[];
    readonly limits: GatewayLimits;
  }): NonNullable<Backend['ownersOf']> =>
  async (references) => {
    const { fetch, knowOthers, ownBases, limits } = options;
    const around = { budget: createBudget(limits.scannedMost), signal: signalOf() };
    const held = await fetch.many(references, around);
    const { ownersOf } = await knowOthers(
      [...held.values()].map(({ resource }) => resource),
      around,
    );
    return new Map([...held].map(([key, { resource }]) => [key, recordOwners(resource, ownBases, ownersOf)]));
  };
