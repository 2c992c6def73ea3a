/**
 * The snapshot of a profile from its differential and the definitions that it rests on. FHIR R4 profiling.html#snapshot,
 * structuredefinition-operation-snapshot.html.
 */
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { isJson, type Json, listOf, textOf } from '../terminology/json-read.ts';
import { closeChoice, type Draft, reach } from './draft.ts';
import { copyOf, type SnapshotElement, withIds } from './element.ts';
import { inherit, isExtension, plainExtension } from './inherited.ts';
import { mergeElement } from './merge-element.ts';
import { badDifferential, costlySnapshot, cyclicBase, missingDefinition } from './snapshot-faults.ts';

export interface SnapshotLimits {
  /** elements of one snapshot */
  readonly elements: number;
  /** elements of one differential */
  readonly differential: number;
  /** profiles that one may rest on, one upon the other */
  readonly depth: number;
}
export const snapshotLimits: SnapshotLimits = { elements: 10_000, differential: 2_000, depth: 16 };

/** A StructureDefinition by its canonical. */
export type FindStructure = (canonical: string) => Promise<Resource | undefined>;

interface Work {
  readonly find: FindStructure;
  readonly limits: SnapshotLimits;
  /** of the profiles under way, the outermost first */
  readonly path: readonly string[];
  readonly made: Map<string, readonly SnapshotElement[]>;
}

const elementsOf = (view: unknown): readonly Json[] => (isJson(view) ? listOf(view.element) : []);
const keyOf = ({ url, version }: Resource): string => `${url}|${version ?? ''}`;

const structure = async (canonical: string, why: string, work: Work): Promise<readonly SnapshotElement[]> => {
  const { url, version } = parseCanonical(canonical);
  const known = work.made.get(canonical);
  if (known !== undefined) return known;
  const found = await work.find(version === undefined ? url : `${url}|${version}`);
  if (found === undefined) throw missingDefinition(canonical, why);
  const published = elementsOf(found.snapshot);
  const made = published.length > 0 ? withIds(published) : await make(found, work);
  const elements = made.map((element) => inherit(copyOf(element), url));
  work.made.set(canonical, elements);
  return elements;
};

/** Every element says where it was first defined. */
const withBase = (element: SnapshotElement): SnapshotElement => {
  const { path, min, max } = element;
  return element.base === undefined ? { ...element, base: { path, min, max } } : element;
};

/** Of an extension that a profile names, what its definition says of it. */
const describe = async (draft: Draft, target: SnapshotElement, said: SnapshotElement): Promise<void> => {
  if (target.path !== 'Extension' && !isExtension(target)) return;
  plainExtension(target);
  const [type, another] = listOf(said.type);
  const profiles = Array.isArray(type?.profile) ? type.profile : [];
  if (type?.code !== 'Extension' || another !== undefined || profiles.length !== 1) return;
  const [root] = await draft.structure(String(profiles[0]), `definition of the extension at ${target.path}`);
  if (root === undefined) return;
  const { id, path, sliceName, base, min, max } = target;
  for (const name of Object.keys(target)) delete target[name];
  Object.assign(target, copyOf(root), { id, path, sliceName, base, min, max });
};

const make = async (profile: Resource, work: Work): Promise<readonly SnapshotElement[]> => {
  const key = keyOf(profile);
  if (work.path.includes(key)) throw cyclicBase(key);
  if (work.path.length >= work.limits.depth)
    throw costlySnapshot(`profiles rest on others at most ${work.limits.depth} deep here`);
  const inner: Work = { ...work, path: [...work.path, key] };
  const differential = withIds(elementsOf(profile.differential));
  if (differential.length > work.limits.differential)
    throw costlySnapshot(`a differential has at most ${work.limits.differential} elements here`);
  const base = textOf(profile.baseDefinition);
  if (base === undefined) throw badDifferential('the profile names no base, and has no snapshot');
  const based = await structure(base, 'base of the profile', inner);
  const [first] = based;
  if (first === undefined) throw badDifferential('the base of the profile has no elements');
  const specialization = profile.derivation === 'specialization';
  const type = differential[0]?.path.split('.')[0] ?? first.path;
  const rooted = (text: string): string => (specialization ? type + text.slice(first.path.length) : text);
  const elements = based.map((each) => withBase({ ...copyOf(each), id: rooted(each.id), path: rooted(each.path) }));
  const draft: Draft = {
    elements,
    structure: (canonical, why) => structure(canonical, why, inner),
    mostElements: work.limits.elements,
    specialization,
    before: new Map(elements.map((each) => [each.id, copyOf(each)])),
    opened: new Set(),
  };
  for (const element of differential) {
    const target = await reach(draft, element.id);
    await describe(draft, target, element);
    mergeElement(target, element);
    closeChoice(draft, target, element);
  }
  return draft.elements;
};

/**
 * The profile with its snapshot, whatever snapshot it had.
 * @throws FhirError: `not-found` where a definition is missing, `processing` for one that rests on itself, `structure`
 * where the differential does not fit its base, `too-costly` past a limit
 */
export const makeSnapshot = async (
  profile: Resource,
  find: FindStructure,
  limits: SnapshotLimits = snapshotLimits,
): Promise<Resource> => {
  const element = await make(profile, { find, limits, path: [], made: new Map() });
  return { ...profile, snapshot: { element } };
};

export const hasSnapshot = ({ snapshot }: Resource): boolean => elementsOf(snapshot).length > 0;
