/** The registry's records, opened: its artefacts, its packages, and how definitions are published. */
import { type Artefacts, createArtefacts } from '@affinity/registry/artefacts.ts';
import { createCoreDefinitions } from '@affinity/registry/core-definitions.ts';
import { noticedWrites } from '@affinity/registry/noticed-writes.ts';
import { createLoadedPackages, type LoadedPackages } from '@affinity/registry/packages/loaded-packages.ts';
import { createPublication, type Publication } from '@affinity/registry/publication.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import type { Config } from './config.ts';
import type { Database } from './database.ts';
import { demonstrationProfiles, glucoseSensorDefinitions, glucoseSensorPackage } from './demo/glucose-sensor.ts';
import type { EnforcedProfile } from './enforced-profiles.ts';
import type { Log } from './log.ts';
import { openRecordSpace, type RecordSpace } from './record-space.ts';
import { createRegistryDefinitions, type RegistryDefinitions } from './registry-definitions.ts';
import { followParameters } from './registry-parameters.ts';
import { registryService } from './registry-service.ts';
import type { RegistrySettings } from './registry-settings.ts';

export interface OpenedRegistry {
  readonly space: RecordSpace;
  readonly base: string;
  /** tells of what is written through it */
  readonly store: StoreBackend;
  readonly artefacts: Artefacts;
  readonly packages: LoadedPackages;
  readonly publication: Publication;
  /** terminology and profiles that are made of its artefacts */
  readonly made: RegistryDefinitions;
  close(): Promise<void>;
}

export interface RegistryNeighbours {
  readonly config: Config;
  readonly database: Pick<Database, 'url' | 'pool'>;
  readonly now: () => Date;
  readonly log: Log;
}

export const packageLimitsOf = (settings: RegistrySettings) => ({
  bytes: settings.package_bytes,
  files: settings.package_files,
  unpacked: settings.package_unpacked_bytes,
  ratio: settings.package_ratio,
  document: settings.artefact_bytes,
});

/** What the demonstration needs; there since an earlier start, it stays as it is. */
const loadOwn = async (packages: LoadedPackages): Promise<void> => {
  const loaded = await packages.loadOwn(glucoseSensorPackage, glucoseSensorDefinitions, 'the demonstration');
  if (loaded.kind === 'refused') throw new Error(`The demonstration's own definitions were refused: ${loaded.reason}`);
};

/** Beside those of the settings, what the demonstration shows. */
export const enforcedProfilesOf = ({ demonstration, file }: Config): readonly EnforcedProfile[] => [
  ...file.registry.enforced_profiles,
  ...(demonstration === undefined ? [] : demonstrationProfiles),
];

export const openRegistry = async ({ config, database, now, log }: RegistryNeighbours): Promise<OpenedRegistry> => {
  const { name, path } = registryService;
  const base = `${config.origin}${path}`;
  const { registry } = config.file;
  const space = await openRecordSpace({ config, database, name, ownBases: [base], log });
  const artefacts = createArtefacts({
    backend: space.store,
    carried: createCoreDefinitions(),
    seconds: registry.remembered_seconds,
    most: registry.remembered_artefacts,
    now: () => now().getTime(),
  });
  const { changed } = artefacts;
  const packages = createLoadedPackages({
    pool: space.pool,
    ownBases: [base],
    limits: packageLimitsOf(registry),
    changed,
    now: () => now().getTime(),
  });
  if (config.demonstration !== undefined) await loadOwn(packages);
  const store = noticedWrites(space.store, changed);
  const publication = createPublication({
    pool: space.pool,
    backend: store,
    twoPersons: registry.two_persons,
    changed,
    now,
  });
  // Of the records of another system nothing is indexed here.
  const parameters =
    registry.search_parameters && config.protect === undefined
      ? followParameters({ from: space.pool, to: database.pool, log })
      : undefined;
  // Before anything is imported into a new demonstration: then nothing has to be gone through again.
  await parameters?.looked;
  return {
    space,
    base,
    store,
    artefacts,
    packages,
    publication,
    made: createRegistryDefinitions({ config, artefacts, store, base, now }),
    close: async () => {
      await parameters?.stop();
    },
  };
};

/** Nothing where the domain has no registry. */
export const openDefinitions = async (
  neighbours: RegistryNeighbours,
): Promise<{ readonly definitions?: OpenedRegistry }> =>
  neighbours.config.file.services.registry ? { definitions: await openRegistry(neighbours) } : {};
