/** The clinic: the resource server of the domain that holds resources, at `/fhir`. */
import type { SmartCapability } from '@affinity/core/smart/configuration.ts';
import type { ResourceServer, ResourceServerOptions } from '@affinity/resource-server/resource-server.ts';
import type { Validator } from '@affinity/validation/validator.ts';
import { loadBrands } from './brands.ts';
import { createEnforcement, createRegistryResolver, supportedWith } from './enforced-profiles.ts';
import { createGuardedServer, type GuardedNeighbours } from './guarded-server.ts';
import type { HomeBackend } from './home-backend.ts';
import { enforcedProfilesOf, type OpenedRegistry } from './opened-registry.ts';
import { usCoreProfiles, usCoreServer } from './us-core-profiles.ts';
import { createValidate } from './validation.ts';

export interface ClinicNeighbours extends GuardedNeighbours {
  readonly base: string;
  /** of the server that keeps the state of apps */
  readonly stateBase: string;
  readonly backend: HomeBackend;
  readonly validator: Validator;
  /** the registry of the domain, where it has one */
  readonly definitions?: OpenedRegistry;
  readonly facts: ResourceServerOptions['facts'];
}

/** Where apps are opened by themselves, from any server of the domain. */
export const standaloneCapabilities: readonly SmartCapability[] = [
  'launch-standalone',
  'authorize-post',
  'client-public',
  'client-confidential-symmetric',
  'client-confidential-asymmetric',
  'sso-openid-connect',
  'context-standalone-patient',
  'permission-offline',
  'permission-online',
  'permission-patient',
  'permission-user',
  'permission-v1',
  'permission-v2',
];

const capabilities: readonly SmartCapability[] = [
  'launch-ehr',
  ...standaloneCapabilities,
  'context-banner',
  'context-style',
  'context-ehr-patient',
  'context-ehr-encounter',
  'context-standalone-encounter',
];

export const createClinic = async (neighbours: ClinicNeighbours): Promise<ResourceServer> => {
  const { config, base, pool, backend, facts, validator, definitions, now } = neighbours;
  const brands = await loadBrands(pool, config, now());
  // Of the records of another system we promise nothing.
  const isOwn = config.protect === undefined;
  const enforced = definitions === undefined ? [] : enforcedProfilesOf(config);
  const registered =
    definitions === undefined ? async () => undefined : createRegistryResolver(definitions.made.everybody);
  return createGuardedServer(neighbours, {
    name: config.protect?.title ?? 'clinic',
    base,
    backend,
    associated: [{ url: neighbours.stateBase, capabilities: ['smart-app-state'] }],
    smartCapabilities: capabilities,
    facts,
    knowsPersons: true,
    ...(brands === undefined ? {} : { brands }),
    isIntermediary: !isOwn,
    updateCreate: isOwn && config.file.fhir.update_create,
    ...(isOwn
      ? { instantiates: [usCoreServer], supportedProfiles: supportedWith(usCoreProfiles, enforced) }
      : { supportedProfiles: supportedWith({}, enforced) }),
    ...(enforced.length === 0 ? {} : { objects: createEnforcement(enforced, validator, registered) }),
    validate: createValidate(validator, backend, registered),
  });
};
