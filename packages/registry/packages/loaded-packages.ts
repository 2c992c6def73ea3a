/** Packages that were loaded: stored as a whole, listed with what they depend on. HL7 FHIR package specification. */
import type { Readable } from 'node:stream';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createImporting } from '@affinity/store/import-batch.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { storeArtefacts } from '@affinity/store/store-artefacts.ts';
import { isConflict, isOutdated } from '@affinity/store/write-lock.ts';
import type pg from 'pg';
import { type Dependency, type Manifest, satisfies } from './manifest.ts';
import type { PackageLimits } from './package-limits.ts';
import { packageOf, type ReadPackage, readPackage } from './read-package.ts';

/** What this server carries of itself: a dependency on it is met. */
export const carriedPackages: readonly Dependency[] = [{ name: 'hl7.fhir.r4.core', version: '4.0.1' }];

export interface NeededPackage extends Dependency {
  readonly isThere: boolean;
}
export interface LoadedPackage extends Omit<Manifest, 'dependencies'> {
  readonly dependencies: readonly NeededPackage[];
  readonly artefacts: number;
  readonly loadedAt: Date;
  readonly loadedBy: string;
}

export type Loading =
  | {
      readonly kind: 'loaded';
      readonly package: Pick<Manifest, 'name' | 'version'>;
      readonly created: number;
      readonly unchanged: number;
      readonly passedOver: number;
      /** what it depends on */
      readonly dependencies: readonly NeededPackage[];
    }
  | { readonly kind: 'refused'; readonly reason: string };

export interface LoadedPackages {
  /** All of a package or nothing. The same package again changes nothing. */
  load(
    compressed: Readable,
    by: string,
    told?: { onRead?(artefacts: number): void; onStoring?(): void },
  ): Promise<Loading>;
  /** Definitions of our own, which are no file. */
  loadOwn(manifest: Manifest, definitions: readonly Resource[], by: string): Promise<Loading>;
  list(): Promise<readonly LoadedPackage[]>;
  /** ids of the artefacts that came with a package, by type */
  artefactsOf(name: string, version: string): Promise<readonly { readonly type: string; readonly id: string }[]>;
}

export interface LoadedPackagesNeighbours {
  /** of the registry's store */
  readonly pool: pg.Pool;
  readonly ownBases: readonly string[];
  readonly limits: PackageLimits;
  /** something was stored */
  readonly changed: () => void;
  /** epoch milliseconds */
  readonly now: () => number;
}

interface Row {
  readonly name: string;
  readonly version: string;
  readonly title: string | null;
  readonly license: string | null;
  readonly dependencies: readonly Dependency[];
  readonly artefacts: number;
  readonly loaded_at: Date;
  readonly loaded_by: string;
}

/** Undoes the transaction that found it. */
class NotStored extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super('the package was not stored');
    this.name = 'NotStored';
    this.reason = reason;
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
/** Somebody else was faster with one of the same, or has changed what is indexed by: it can be done again. */
const isPassing = (error: unknown): boolean => isConflict(error) || isOutdated(error) || codeOf(error) === '23505';
const attempts = 5;

const conflictReason = (origins: readonly string[]): string => {
  const files = origins.slice(0, 3).map((origin) => origin.replace(/[^\w./@ -]/g, '?').slice(0, 120));
  const more = origins.length > 3 ? ` and ${origins.length - 3} more` : '';
  return `the registry holds other content under the same url and version: ${files.join(', ')}${more}`;
};

export const createLoadedPackages = (neighbours: LoadedPackagesNeighbours): LoadedPackages => {
  const { pool, ownBases, limits, changed, now } = neighbours;
  const importing = createImporting(pool, ownBases);

  const there = async (): Promise<readonly Dependency[]> => {
    const { rows } = await pool.query<Dependency>('select name, version from registry_package');
    return [...carriedPackages, ...rows];
  };
  const marked = (needed: readonly Dependency[], loaded: readonly Dependency[]): readonly NeededPackage[] =>
    needed.map((one) => ({
      ...one,
      isThere: loaded.some(({ name, version }) => name === one.name && satisfies(version, one.version)),
    }));

  const store = (read: Extract<ReadPackage, { kind: 'package' }>, by: string) =>
    transaction(pool, async (client) => {
      const { manifest, artefacts, digest } = read;
      const { name, version, title = null, license = null, dependencies } = manifest;
      const { rows } = await client.query<{ digest: string }>(
        `insert into registry_package (name, version, title, license, dependencies, digest, loaded_at, loaded_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (name, version) do update set name = excluded.name returning digest`,
        [name, version, title, license, JSON.stringify(dependencies), digest, new Date(now()), by],
      );
      if (rows[0]?.digest !== digest) throw new NotStored(`${name} ${version} is loaded already, with other content`);
      const stored = await storeArtefacts(importing, client, artefacts, now());
      if (stored.kind === 'conflict') throw new NotStored(conflictReason(stored.origins));
      await client.query(
        `insert into registry_package_artefact (name, version, type, id)
         select $1, $2, entry.type, entry.id from unnest($3::text[], $4::text[]) entry (type, id) on conflict do nothing`,
        [name, version, stored.at.map(({ type }) => type), stored.at.map(({ id }) => id)],
      );
      return stored;
    });

  const keep = async (read: ReadPackage, by: string): Promise<Loading> => {
    if (read.kind === 'refused') return read;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { created, unchanged } = await store(read, by);
        changed();
        const { passedOver } = read;
        const { name, version, dependencies } = read.manifest;
        const needed = marked(dependencies, await there());
        return { kind: 'loaded', package: { name, version }, created, unchanged, passedOver, dependencies: needed };
      } catch (error) {
        if (error instanceof NotStored) return { kind: 'refused', reason: error.reason };
        if (!isPassing(error) || attempt === attempts) throw error;
      }
    }
  };

  return {
    load: async (compressed, by, told = {}) => {
      const read = await readPackage(compressed, limits, told.onRead);
      if (read.kind === 'refused') return read;
      told.onStoring?.();
      return keep(read, by);
    },
    loadOwn: (manifest, definitions, by) => keep(packageOf(manifest, definitions), by),
    list: async () => {
      const { rows } = await pool.query<Row>(
        `select p.*, (select count(*)::int from registry_package_artefact a
           where a.name = p.name and a.version = p.version) as artefacts
         from registry_package p order by p.name, p.loaded_at`,
      );
      const loaded = [...carriedPackages, ...rows];
      return rows.map(({ name, version, title, license, dependencies, artefacts, loaded_at, loaded_by }) => ({
        name,
        version,
        ...(title === null ? {} : { title }),
        ...(license === null ? {} : { license }),
        dependencies: marked(dependencies, loaded),
        artefacts,
        loadedAt: loaded_at,
        loadedBy: loaded_by,
      }));
    },
    artefactsOf: async (name, version) => {
      const { rows } = await pool.query<{ type: string; id: string }>(
        'select type, id from registry_package_artefact where name = $1 and version = $2 order by type, id',
        [name, version],
      );
      return rows;
    },
  };
};
