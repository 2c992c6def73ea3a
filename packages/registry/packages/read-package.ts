/**
 * A FHIR package (.tgz) made into artefacts that could be stored, or the reason why not: nothing of a package is taken
 * where something in it is not as it should be. Nothing is ever written to a disk, and nothing that a package says of
 * itself (names, sizes, its index) is believed. HL7 FHIR package specification; POSIX.1-1988 tar; OWASP, zip bombs.
 */
import { hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { parseJson } from '@affinity/core/fhir/json.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { checkNarratives } from '@affinity/resource-server/narrative.ts';
import { type PreparedResource, prepareItem } from '@affinity/store/import-item.ts';
import { ImportLimitExceeded } from '@affinity/store/import-limits.ts';
import { packageEntries } from '@affinity/store/import-package.ts';
import { isRegistryType } from '../registry-types.ts';
import { type Manifest, readManifest } from './manifest.ts';
import type { PackageLimits } from './package-limits.ts';

export type ReadPackage =
  | {
      readonly kind: 'package';
      readonly manifest: Manifest;
      readonly artefacts: readonly PreparedResource[];
      /** of what is taken: the same for the same artefacts, however they were packed */
      readonly digest: string;
      /** files with resources of other types, such as examples, which are not taken */
      readonly passedOver: number;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** Refuses the package as a whole. */
class PackageRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'PackageRefused';
  }
}

/** A name in the words of an answer: whatever stands in it, it is short and plain. */
const shown = (name: string): string => name.replace(/[^\w./@ -]/g, '?').slice(0, 120);

const leadsOut = (name: string): boolean =>
  name.startsWith('/') || /[\\\0]/.test(name) || /^[A-Za-z]:/.test(name) || name.split('/').includes('..');

const checkEntry = (name: string, type: string, seen: Set<string>): void => {
  if (leadsOut(name)) throw new PackageRefused(`it holds a file whose name leads out of it: ${shown(name)}`);
  if (type !== 'file' && type !== 'directory')
    throw new PackageRefused(`it holds something that is no plain file: ${shown(name)}`);
  if (type === 'file' && seen.has(name)) throw new PackageRefused(`it holds the same file twice: ${shown(name)}`);
  seen.add(name);
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The same for the same artefact, whichever package brings it; legible, and no two of different artefacts. */
const idOf = ({ resourceType, id, url, version }: Resource, { name, version: ofPackage }: Manifest): string => {
  const own = text(url) === '' ? `${name}|${ofPackage}|${id}` : `${text(url)}|${text(version)}`;
  const legible = `${id ?? resourceType}-${text(version) || ofPackage}`.replace(/[^A-Za-z0-9.-]/g, '-').slice(0, 50);
  return `${legible}-${hash('sha256', `${resourceType} ${own}`).slice(0, 12)}`;
};

/**
 * Published guides have narratives with styles and scripts of their pages. Such a narrative is left out: it only says again
 * what the elements say. Undefined where one stands deeper, in what is contained.
 */
const withoutUnsafeNarrative = (json: string, resource: Resource): string | undefined => {
  if (checkNarratives(resource).length === 0) return json;
  const { text: _, ...rest } = resource;
  if (checkNarratives(rest).length > 0) return undefined;
  const parsed = parseJson(json);
  if (parsed.kind === 'fault') return undefined;
  const kept = parsed.members.filter(({ key }) => key !== 'text');
  return `{${kept.map(({ keyStart, valueEnd }) => json.slice(keyStart, valueEnd)).join(',')}}`;
};

const soundIn = (file: string, json: string, manifest: Manifest): PreparedResource | undefined => {
  const refuse = (reason: string) => new PackageRefused(`${shown(file)}: ${reason}`);
  const first = prepareItem({ kind: 'json', json, origin: file });
  // A type that is no resource of R4 at all (`ig-r4.json` and the like) is as an example: not taken.
  if (first.kind === 'refused') throw refuse(first.reason);
  const { resource } = first.prepared;
  if (!isRegistryType(resource.resourceType)) return undefined;
  if (resource.meta !== undefined && 'security' in resource.meta)
    throw refuse('it is labelled as confidential; what is in the registry is for everybody');
  const showable = withoutUnsafeNarrative(json, resource);
  if (showable === undefined) throw refuse('it holds a narrative that may not be shown');
  const prepared = prepareItem({ kind: 'json', json: showable, as: idOf(resource, manifest), origin: file });
  if (prepared.kind === 'refused') throw refuse(prepared.reason);
  return prepared.prepared;
};

/** As a name of a resource in the package's folder, but for its papers. */
const isArtefact = (name: string): boolean =>
  /^package\/[^/]+\.json$/.test(name) && !/\/(?:package|\.index|[^/]*\.openapi)\.json$/.test(name);

/** A file whose artefact is none of ours says so early: it need not be sound. */
const isOtherType = (json: string): boolean => {
  const type = /^\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]+)"/.exec(json)?.[1];
  return type !== undefined && !isRegistryType(type);
};

const digestOf = (artefacts: readonly PreparedResource[]): string => {
  const digests = artefacts.map(({ rid, bodyOf }) => `${rid} ${hash('sha256', bodyOf(0, 0))}`).sort();
  return hash('sha256', digests.join('\n'));
};

/** A package that was made here, of definitions that are ours. @throws Error where one of them is not sound */
export const packageOf = (manifest: Manifest, definitions: readonly Resource[]): ReadPackage => {
  const artefacts = definitions.flatMap((one) => soundIn(String(one.id), JSON.stringify(one), manifest) ?? []);
  return { kind: 'package', manifest, artefacts, digest: digestOf(artefacts), passedOver: 0 };
};

/** @param onRead told how many artefacts have been read */
export const readPackage = async (
  compressed: Readable,
  limits: PackageLimits,
  onRead: (artefacts: number) => void = () => {},
): Promise<ReadPackage> => {
  const seen = new Set<string>();
  const files: { readonly name: string; readonly json: string }[] = [];
  let paper: string | undefined;
  let passedOver = 0;
  try {
    for await (const { name, type, size, text: read } of packageEntries(compressed, limits)) {
      checkEntry(name, type, seen);
      const isPaper = name === 'package/package.json';
      if (type !== 'file' || !(isPaper || isArtefact(name))) continue;
      if (size > limits.document)
        throw new PackageRefused(`it holds a file of more than ${limits.document} bytes: ${shown(name)}`);
      const json = await read();
      if (isPaper) paper = json;
      else if (isOtherType(json)) passedOver += 1;
      else files.push({ name, json });
    }
    if (paper === undefined) throw new PackageRefused('it has no package/package.json');
    const manifest = readManifest(paper);
    if (manifest.kind === 'fault') throw new PackageRefused(manifest.reason);
    const artefacts = new Map<string, PreparedResource>();
    for (const [index, { name, json }] of files.entries()) {
      const prepared = soundIn(name, json, manifest.manifest);
      if (prepared === undefined) continue;
      if (artefacts.has(prepared.rid))
        throw new PackageRefused(`it holds two artefacts of one url and version: ${shown(name)}`);
      artefacts.set(prepared.rid, prepared);
      onRead(artefacts.size);
      // Others are served meanwhile.
      if (index % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
    }
    if (artefacts.size === 0) throw new PackageRefused('it holds no definitions');
    const found = [...artefacts.values()];
    return { kind: 'package', manifest: manifest.manifest, artefacts: found, digest: digestOf(found), passedOver };
  } catch (error) {
    if (error instanceof PackageRefused || error instanceof ImportLimitExceeded)
      return { kind: 'refused', reason: error.message };
    // What is no gzip, no tar, or broken off; the reader's own words are about bytes.
    return { kind: 'refused', reason: 'it is no package, or is damaged: a .tgz is expected' };
  }
};
