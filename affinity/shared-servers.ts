/** The services that a domain shares: which of them run, and which of them answers. */

import type { Validator } from '@affinity/validation/validator.ts';
import type { Config } from './config.ts';
import type { Fetch } from './http-server.ts';
import { createIdentity, identityService } from './identity.ts';
import { createLocator, type LocatorNeighbours, locatorService } from './locator.ts';
import type { OpenedRegistry } from './opened-registry.ts';
import { createRegistry } from './registry.ts';
import { registryService } from './registry-service.ts';
import { type SharedDescription, type SharedServer, sharedBase } from './shared-server.ts';
import { under } from './upstream-parts.ts';

export interface SharedServersNeighbours extends LocatorNeighbours {
  /** the records of the registry, where it runs */
  readonly definitions?: OpenedRegistry;
  readonly validator: Validator;
}

const createRegistryOf = ({ definitions, ...neighbours }: SharedServersNeighbours): Promise<SharedServer> => {
  if (definitions === undefined) throw new Error('The registry runs without its records.');
  return createRegistry({ ...neighbours, definitions });
};

const all = [
  { ...identityService, create: createIdentity },
  { ...locatorService, create: createLocator },
  { ...registryService, create: createRegistryOf },
] as const;

/** Those that the settings let run. */
const running = ({ file }: Config) => all.filter(({ name }) => file.services[name]);

/** Under which addresses tokens are given for them. */
export const sharedServersOf = (
  config: Config,
): readonly (SharedDescription & { readonly base: string; readonly pages?: string })[] =>
  running(config).map(({ create: _, ...one }) => ({
    ...one,
    base: sharedBase(config.origin, one),
    ...(one.name === 'registry' && config.file.registry.anonymous ? { pages: `${config.origin}/registry` } : {}),
  }));

export interface SharedServers {
  readonly all: readonly SharedServer[];
  /** Undefined: the path is of none of them. */
  fetch(path: string): readonly [part: string, answer: Fetch] | undefined;
  close(): Promise<void>;
}

export const createSharedServers = async (neighbours: SharedServersNeighbours): Promise<SharedServers> => {
  const services = await Promise.all(running(neighbours.config).map(({ create }) => create(neighbours)));
  return {
    all: services,
    fetch: (path) => {
      for (const { name, server } of services) {
        const [mount, metadataPath] = server.paths;
        if (under(path, mount) || path === metadataPath) return [name, server.fetch];
      }
      return undefined;
    },
    close: async () => {
      await Promise.all(services.map((one) => one.close()));
    },
  };
};
