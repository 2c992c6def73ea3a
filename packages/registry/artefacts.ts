/**
 * The artefacts of the registry, found by their canonical: with a version that one, whatever its status, without one the
 * latest active one. FHIR R4 references.html#canonical. Whatever stands in the registry is for everybody to read.
 */
import type { Version } from '@affinity/core/fhir/backend.ts';
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createRemembered } from '@affinity/resource-server/facts/remembered.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';

/** The same object as long as it is the same version: what is derived from it alone may be kept by its identity. */
export interface Artefact {
  readonly resource: Resource;
  /** where it stands in the registry; absent for what this server carries of HL7's own definitions */
  readonly stored?: Pick<Version, 'type' | 'id' | 'versionId' | 'lastUpdated'>;
}

export interface Artefacts {
  /** `canonical` is `url` or `url|version`; a fragment is passed over */
  find(canonical: string, type: string): Promise<Artefact | undefined>;
  /** by its place in the registry */
  at(type: string, id: string): Promise<Artefact | undefined>;
  /**
   * Another whenever something of this process has been written: what is derived from several artefacts may be kept by
   * it, for no longer than what is found is remembered.
   */
  edition(): number;
  /** something was written: what is asked from now on is looked up again */
  changed(): void;
}

export interface ArtefactsNeighbours {
  readonly backend: Pick<StoreBackend, 'read' | 'resolveCanonical'>;
  /** what this server carries of HL7's own definitions: found where the registry has nothing of that url */
  readonly carried?: (url: string, type: string, version?: string) => Resource | undefined;
  /** how long what was found is remembered: another process may write */
  readonly seconds: number;
  /** artefacts that are kept in memory */
  readonly most: number;
  /** epoch milliseconds */
  readonly now: () => number;
}

export const createArtefacts = ({ backend, carried, seconds, most, now }: ArtefactsNeighbours): Artefacts => {
  const memory = () => createRemembered<Artefact | undefined>({ seconds, most, now });
  let remembered = memory();
  let edition = 0;
  /** by place: a version is parsed once */
  const parsed = new Map<string, Artefact>();
  const builtIn = new Map<string, Artefact>();

  const keep = (into: Map<string, Artefact>, key: string, artefact: Artefact): Artefact => {
    into.delete(key);
    into.set(key, artefact);
    const [oldest] = into.keys();
    if (into.size > most && oldest !== undefined) into.delete(oldest);
    return artefact;
  };

  const read = async (type: string, id: string): Promise<Artefact | undefined> => {
    const result = await backend.read({ type, id }, everything);
    if (result.kind !== 'found') return undefined;
    const { versionId, lastUpdated, body } = result.version;
    const key = `${type}/${id}`;
    const known = parsed.get(key);
    if (known?.stored?.versionId === versionId) return keep(parsed, key, known);
    const resource = JSON.parse(body) as Resource;
    return keep(parsed, key, { resource, stored: { type, id, versionId, lastUpdated } });
  };

  const carriedBy = (canonical: string, type: string): Artefact | undefined => {
    const key = `${type} ${canonical}`;
    const known = builtIn.get(key);
    if (known !== undefined) return known;
    const { url, version } = parseCanonical(canonical);
    const resource = carried?.(url, type, version);
    return resource === undefined ? undefined : keep(builtIn, key, { resource });
  };

  return {
    find: (canonical, type) => {
      const { url, version } = parseCanonical(canonical);
      const plain = version === undefined ? url : `${url}|${version}`;
      return remembered(`${type} ${plain}`, async () => {
        const at = await backend.resolveCanonical(type, plain);
        return at === undefined ? carriedBy(plain, type) : read(at.type, at.id);
      });
    },
    at: (type, id) => remembered(`${type}/${id}`, () => read(type, id)),
    edition: () => edition,
    changed: () => {
      edition += 1;
      remembered = memory();
    },
  };
};
