/** What records are made of: the registry of profiles and ValueSets at `/registry/fhir`. IHE SVCM; FHIR R4 conformance-module.html. */
import { createLoadOperation } from '@affinity/registry/load-operation.ts';
import { createPublicationRule } from '@affinity/registry/publication-rule.ts';
import { createPublishOperations } from '@affinity/registry/publish-operations.ts';
import { registryTypes } from '@affinity/registry/registry-types.ts';
import type { Validator } from '@affinity/validation/validator.ts';
import type { OpenedRegistry } from './opened-registry.ts';
import { withTypes } from './record-space.ts';
import { registryService } from './registry-service.ts';
import { createSharedServer, type SharedNeighbours, type SharedServer } from './shared-server.ts';

export interface RegistryServerNeighbours extends SharedNeighbours {
  readonly definitions: OpenedRegistry;
  readonly validator: Validator;
}

const open: ReadonlySet<string> = new Set(registryTypes);

export const createRegistry = (neighbours: RegistryServerNeighbours): Promise<SharedServer> => {
  const { config, people, definitions, validator } = neighbours;
  const { space, store, publication, packages, made } = definitions;
  const nameOf = async (user: string): Promise<string | undefined> => (await people.find(user))?.name;
  const { anonymous, anonymous_per_minute, two_persons, package_bytes } = config.file.registry;
  return createSharedServer(
    {
      ...registryService,
      types: registryTypes,
      space,
      open,
      own: async (_, base) => ({
        backend: withTypes(store, registryTypes),
        ...(anonymous ? { openReads: { types: open, perMinute: anonymous_per_minute } } : {}),
        close: definitions.close,
        objects: createPublicationRule(two_persons),
        terminologyCapabilities: made.capabilities,
        operations: [
          ...createPublishOperations({ publication, nameOf, base }),
          createLoadOperation({ packages, twoPersons: two_persons, mostBytes: package_bytes, nameOf, base }),
          ...made.operations(validator),
        ],
      }),
    },
    neighbours,
  );
};
