/** What is made of the registry's artefacts: terminology and profiles, for each caller as far as they may see. */

import type { Artefacts } from '@affinity/registry/artefacts.ts';
import { createSnapshotOperation } from '@affinity/registry/operations/snapshot-operation.ts';
import { createTerminologyOperations } from '@affinity/registry/operations/terminology-operations.ts';
import { createValidateOperation } from '@affinity/registry/operations/validate-operation.ts';
import { createRelatedArtefacts } from '@affinity/registry/related-artefacts.ts';
import { terminologyCapabilities } from '@affinity/registry/terminology-capabilities.ts';
import { createDefinitionsOfCaller } from '@affinity/registry/terminology-of-caller.ts';
import type { OwnOperation } from '@affinity/resource-server/own-operation.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import type { Validator } from '@affinity/validation/validator.ts';
import type { Config } from './config.ts';
import { snapshotLimitsOf, terminologyLimitsOf } from './terminology-settings.ts';

export interface RegistryDefinitionsNeighbours {
  readonly config: Config;
  readonly artefacts: Artefacts;
  readonly store: StoreBackend;
  /** of the registry, without trailing slash */
  readonly base: string;
  readonly now: () => Date;
}

/** The same for the same registry: what is kept is kept once. */
export const createRegistryDefinitions = (neighbours: RegistryDefinitionsNeighbours) => {
  const { config, artefacts, store, base, now } = neighbours;
  const { remembered_seconds: seconds, terminology } = config.file.registry;
  const clock = { seconds, now: () => now().getTime() };
  const related = createRelatedArtefacts({ backend: store, artefacts, ...clock });
  const limits = terminologyLimitsOf(terminology);
  const definitionsOf = createDefinitionsOfCaller({
    artefacts,
    related,
    limits,
    snapshotLimits: snapshotLimitsOf(terminology),
    ...clock,
  });
  const everybody = () => definitionsOf(() => ({ kind: 'confidentiality', atMost: 'N' }));
  return {
    /** as far as everybody may see */
    everybody,
    capabilities: async () =>
      terminologyCapabilities({ name: 'registry', base, codeSystems: await everybody().codeSystems() }),
    operations: (validator: Validator): readonly OwnOperation[] => [
      ...createTerminologyOperations({ definitions: definitionsOf, now: clock.now }),
      createSnapshotOperation(definitionsOf),
      createValidateOperation({ definitions: definitionsOf, validator }),
    ],
  };
};

export type RegistryDefinitions = ReturnType<typeof createRegistryDefinitions>;
