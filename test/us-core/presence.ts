/**
 * Whether a resource has an element that US Core names, such as `component:systolic.valueQuantity.code=mm[Hg]`: a part may
 * name a slice, the end a value. Slices are told apart by the profile's own definition.
 */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { readDefinitions } from '@affinity/validation/definition-file.ts';
import { compile, type Definition, type ElementNode } from '@affinity/validation/element-tree.ts';
import { type Found, findValues, isObject, type JsonObject } from '@affinity/validation/found.ts';
import { type Place, startRun } from '@affinity/validation/run.ts';
import { membershipOf } from '@affinity/validation/slices.ts';

const definitions = readDefinitions();
const compiled = new Map<string, Definition | undefined>();
const definitionOf = (url: string): Definition | undefined => {
  if (!compiled.has(url)) {
    const structure = definitions.structure(url);
    compiled.set(url, structure === undefined ? undefined : compile(structure));
  }
  return compiled.get(url);
};
const run = startRun({ definition: definitionOf, codes: (url) => definitions.codes(url.split('|')[0] ?? url) }, 0);

/** Node, slice and type of a part of a path: `value[x]:valueQuantity`, `valueQuantity`, `category:VSCat`. */
const nodeOf = (node: ElementNode | undefined, name: string): ElementNode | undefined => {
  const direct = node?.children.get(name) ?? node?.children.get(`${name}[x]`);
  if (direct !== undefined || node === undefined) return direct;
  return [...node.children.values()].find(
    (child) => child.name.endsWith('[x]') && name.startsWith(child.name.slice(0, -3)),
  );
};

const valuesOf = (
  object: JsonObject,
  part: string,
  node: ElementNode | undefined,
  place: Place,
): readonly [unknown, ElementNode | undefined][] => {
  const [name = '', sliceName] = part.split(':');
  const child = nodeOf(node, name);
  const plain = { name, types: [] } as unknown as ElementNode;
  const choice = { name: `${name}[x]`, types: [] } as unknown as ElementNode;
  const values: readonly Found[] = name.endsWith('[x]')
    ? findValues(object, { ...plain, name }, '')
    : findValues(object, plain, '');
  const found = values.length > 0 ? values : findValues(object, choice, '');
  const slice = sliceName === undefined ? undefined : child?.slices.find((each) => each.sliceName === sliceName);
  if (sliceName !== undefined && slice === undefined) throw new Error(`no slice ${part}`);
  return found
    .filter(
      (each) => child === undefined || slice === undefined || membershipOf(each, child, slice, place, run) !== 'no',
    )
    .map((each) => [each.value ?? each.extra, slice ?? child]);
};

const reaches = (
  value: unknown,
  parts: readonly string[],
  node: ElementNode | undefined,
  wanted: string | undefined,
  place: Place,
): boolean => {
  const [first, ...rest] = parts;
  if (first === undefined) return wanted === undefined || value === wanted;
  if (!isObject(value)) return false;
  return valuesOf(value, first, node, place).some(([each, child]) => reaches(each, rest, child, wanted, place));
};

/** `path` begins below the type; `profile` is the canonical URL. */
export const hasElement = (resource: Resource, path: string, profile: string): boolean => {
  const [bare = '', wanted] = path.split('=');
  const place: Place = { path: resource.resourceType, resource, root: resource };
  return reaches(resource, bare.split('.'), definitionOf(profile)?.root, wanted, place);
};

export const hasExtension = (value: unknown, name: string): boolean => {
  if (Array.isArray(value)) return value.some((each) => hasExtension(each, name));
  if (!isObject(value)) return false;
  return (
    (typeof value.url === 'string' && value.url.endsWith(`/${name}`)) ||
    Object.values(value).some((each) => hasExtension(each, name))
  );
};
