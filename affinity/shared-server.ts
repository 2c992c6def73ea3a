/**
 * A service of the domain as a FHIR server: the same guard as every other, over records of its own. RFC 8707;
 * docs/decisions/0038-servers-with-records-of-their-own.md.
 */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import type { Alike } from '@affinity/resource-server/facts/elsewhere.ts';
import type { ResourceServer } from '@affinity/resource-server/resource-server.ts';
import { standaloneCapabilities } from './clinic.ts';
import type { FactsNeighbours } from './clinic-facts.ts';
import type { Database } from './database.ts';
import { createGuardedServer, type GuardedNeighbours, type OwnOptions } from './guarded-server.ts';
import { createLinkedFacts } from './linked-facts.ts';
import { createOpenFacts } from './open-facts.ts';
import { openRecordSpace, type RecordSpace, withTypes } from './record-space.ts';

export interface SharedNeighbours extends GuardedNeighbours, Pick<FactsNeighbours, 'consents' | 'people'> {
  readonly database: Database;
  /** the server that keeps the Consents */
  readonly home: { readonly base: string; readonly backend: Backend };
  /** the existing records systems of the domain */
  readonly further: readonly { readonly base: string; readonly backend: Backend }[];
  /** which services run, and where */
  readonly shared: readonly { readonly name: string; readonly base: string }[];
}

/** A server of the domain that others can be given tokens for. */
export interface SharedServer {
  readonly name: string;
  readonly title: string;
  readonly base: string;
  readonly server: ResourceServer;
  close(): Promise<void>;
}

export interface SharedDescription {
  readonly name: string;
  /** as people read it */
  readonly title: string;
  readonly path: string;
}

/** Its records, opened; `own` is made of them. */
export interface SharedParts extends SharedDescription {
  readonly types: readonly string[];
  /** its records, where they are opened already */
  readonly space?: RecordSpace;
  /** where it has several records of a person: what is refused for one of them binds all */
  readonly alike?: Alike;
  /** types that anybody may read, and publishers write */
  readonly open?: ReadonlySet<string>;
  /** under which its resources are known beside its own base */
  readonly otherBases?: readonly string[];
  readonly own?: (
    space: RecordSpace,
    base: string,
  ) => Promise<Partial<Omit<OwnOptions, 'name' | 'base' | 'facts'>> & { readonly close?: () => Promise<void> }>;
}

export const sharedBase = (origin: string, { path }: Pick<SharedDescription, 'path'>): string => `${origin}${path}`;

export const createSharedServer = async (parts: SharedParts, neighbours: SharedNeighbours): Promise<SharedServer> => {
  const { config, database, home, pool, people, consents, registry, now, log } = neighbours;
  const { name, title, types, otherBases = [] } = parts;
  const base = sharedBase(config.origin, parts);
  const space =
    parts.space ?? (await openRecordSpace({ config, database, name, ownBases: [base, ...otherBases], log }));
  const { close, ...own } = (await parts.own?.(space, base)) ?? {};
  const backend = own.backend ?? withTypes(space.store, types);
  const alike = parts.alike === undefined ? {} : { alike: parts.alike };
  const linked = createLinkedFacts({
    config,
    base,
    pool,
    backend,
    consents,
    people,
    registry,
    now,
    log,
    home,
    ...alike,
  });
  const seconds = config.file.policy.facts_seconds;
  const facts =
    parts.open === undefined ? linked : createOpenFacts({ facts: linked, open: parts.open, people, seconds, now });
  const server = await createGuardedServer(neighbours, {
    smartCapabilities: standaloneCapabilities,
    ...own,
    name,
    base,
    backend,
    facts,
  });
  return {
    name,
    title,
    base,
    server,
    close: async () => {
      await close?.();
      await space.close();
    },
  };
};
