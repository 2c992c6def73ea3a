/**
 * The walk over a resource beside the elements of a definition. With the definition of a type everything is looked at, down
 * to the primitives; a profile adds what it demands of the elements that it speaks of. FHIR R4 validation.html,
 * profiling.html.
 */
import { checkCoded, checkInvariants, checkReference } from './element-rules.ts';
import type { Definition, ElementNode } from './element-tree.ts';
import { type Found, findValues, isObject, type JsonObject, namesOf } from './found.ts';
import { meets } from './pattern.ts';
import { isPrimitive, primitiveFault } from './primitive.ts';
import type { Place, Run } from './run.ts';
import { membershipOf } from './slices.ts';
import { baseUrl, type TypeRef } from './structure-definition.ts';

const elementType = /^(BackboneElement|Element)$/;

const countFault = (count: number, { min, max }: ElementNode): string | undefined => {
  if (count < min)
    return min === 1 ? 'is required and missing' : `is required ${min} times and is there ${count} times`;
  if (count <= max) return undefined;
  return max === 0 ? 'is not allowed' : `is allowed ${max === 1 ? 'once' : `${max} times`} and is there ${count} times`;
};

const nameOf = ({ name, sliceName }: ElementNode): string =>
  sliceName === undefined ? name : `${name} (${sliceName})`;

const checkCount = (count: number, node: ElementNode, path: string, run: Run): void => {
  const fault = countFault(count, node);
  if (fault === undefined) return;
  const code = count < node.min ? 'required' : 'structure';
  run.report('error', code, `${path}.${node.name.replace('[x]', '')}`, `${nameOf(node)} ${fault}`);
};

const childrenOf = (node: ElementNode, { byPath }: Definition): ReadonlyMap<string, ElementNode> =>
  node.children.size > 0 || node.contentReference === undefined
    ? node.children
    : (byPath.get(node.contentReference)?.children ?? node.children);

const checkNames = (object: JsonObject, children: ReadonlyMap<string, ElementNode>, path: string, run: Run): void => {
  const known = new Map([...children.values()].flatMap((child) => namesOf(child).map((name) => [name, child])));
  for (const [name, value] of Object.entries(object)) {
    if (name === 'resourceType' && typeof value === 'string') continue;
    const child = known.get(name) ?? (name.startsWith('_') ? known.get(name.slice(1)) : undefined);
    if (child === undefined) run.report('error', 'structure', `${path}.${name}`, 'this type has no such element');
    else if (Array.isArray(value) !== child.max > 1)
      run.report(
        'error',
        'structure',
        `${path}.${name}`,
        child.max > 1 ? 'an array is expected: the element repeats' : 'the element does not repeat',
      );
  }
};

/** Checks what is inside an object. `definition` is where the node is from. */
export const checkContent = (
  object: JsonObject,
  node: ElementNode,
  definition: Definition,
  place: Place,
  run: Run,
): void => {
  const children = childrenOf(node, definition);
  if (children.size === 0) return;
  if (definition.base) checkNames(object, children, place.path, run);
  for (const child of children.values()) {
    const values = findValues(object, child, place.path);
    checkCount(values.length, child, place.path, run);
    for (const found of values) checkValue(found, child, definition, place, run);
    if (child.slices.length > 0) checkSlices(values, child, definition, place, run);
  }
};

const checkSlices = (
  values: readonly Found[],
  node: ElementNode,
  definition: Definition,
  place: Place,
  run: Run,
): void => {
  const memberships = node.slices.map((slice) => values.map((found) => membershipOf(found, node, slice, place, run)));
  for (const [i, slice] of node.slices.entries()) {
    const members = values.filter((_, j) => memberships[i]?.[j] === 'yes');
    if (members.length >= slice.min || !memberships[i]?.includes('unknown'))
      checkCount(members.length, slice, place.path, run);
    for (const found of members) checkValue(found, slice, definition, place, run);
  }
  if (!node.closed) return;
  for (const [j, found] of values.entries())
    if (memberships.every((each) => each[j] === 'no'))
      run.report('error', 'structure', found.path, `${node.name} has only the parts that the profile names`);
};

const checkValue = (found: Found, node: ElementNode, definition: Definition, place: Place, run: Run): void => {
  const { value, extra, path } = found;
  const at = { ...place, path };
  const type = node.types.find(({ code }) => found.type === undefined || code === found.type);
  if (found.type !== undefined && type === undefined) {
    run.report('error', 'structure', path, `${nameOf(node)} is not of type ${found.type} here`);
    return;
  }
  if (extra !== undefined && definition.base) checkExtra(found, at, run);
  if (value === undefined) return;
  if (node.demanded !== undefined && !meets(value, node.demanded))
    run.report('error', 'value', path, `${nameOf(node)} has not the value that is demanded`);
  if (node.maxLength !== undefined && typeof value === 'string' && value.length > node.maxLength)
    run.report('error', 'too-long', path, `${node.name} has at most ${node.maxLength} characters`);
  if (node.binding !== undefined) checkCoded(value, extra, node.binding, path, run);
  if (isObject(value) && type?.targetProfile !== undefined) checkReference(value, type.targetProfile, at, run);
  const inline = type === undefined || elementType.test(type.code) ? undefined : type.code;
  checkInvariants(value, node, inline ?? node.path, at, run);
  if (type !== undefined && definition.base && inline !== undefined) checkType(value, type, at, run);
  if (type?.profile !== undefined && type.code !== 'Extension') checkProfiles(value, type.profile, at, run);
  if (isObject(value)) {
    if (definition.base && inline === undefined) checkChildren(value, at, run);
    checkContent(value, node, definition, at, run);
  } else if (definition.base && inline === undefined) run.report('error', 'structure', path, 'an object is expected');
};

/** FHIR R4 element.html, invariant ele-1. */
const checkChildren = (value: JsonObject, { path }: Place, run: Run): void => {
  if (Object.keys(value).every((name) => name === 'id'))
    run.report('error', 'invariant', path, 'an element has a value or other elements (ele-1)');
};

/** The `_name` of a primitive: id and extensions, and without a value not the id alone. FHIR R4 json.html#primitive. */
const checkExtra = ({ value, extra }: Found, place: Place, run: Run): void => {
  const definition = run.definition(baseUrl('Element'));
  if (!isObject(extra)) run.report('error', 'structure', place.path, 'an object is expected');
  else {
    if (value === undefined) checkChildren(extra, place, run);
    if (definition !== undefined) checkContent(extra, definition.root, definition, place, run);
  }
};

/** A value against the definition of its data type. */
const checkType = (value: unknown, { code }: TypeRef, place: Place, run: Run): void => {
  if (isPrimitive(code)) {
    const fault = primitiveFault(code, value);
    if (fault !== undefined) run.report('error', /expected$/.test(fault) ? 'structure' : 'value', place.path, fault);
    return;
  }
  if (!isObject(value)) {
    run.report('error', 'structure', place.path, 'an object is expected');
    return;
  }
  if (code === 'Resource' || 'resourceType' in value) {
    checkResource(value, place, run);
    return;
  }
  const definition = run.definition(baseUrl(code));
  if (definition === undefined) return;
  checkChildren(value, place, run);
  checkInvariants(value, definition.root, code, place, run);
  checkContent(value, definition.root, definition, place, run);
  if (code === 'Extension') checkExtension(value, place, run);
};

/** FHIR R4 extensibility.html: ext-1, and what the definition of the extension demands, if it is known here. */
const checkExtension = (value: JsonObject, place: Place, run: Run): void => {
  const valued = Object.keys(value).some((name) => /^_?value[A-Z]/.test(name));
  if (valued === Array.isArray(value.extension))
    run.report('error', 'invariant', place.path, 'an extension has either a value or extensions (ext-1)');
  if (typeof value.url !== 'string' || !/^[a-z]+:/.test(value.url)) return;
  const definition = run.definition(value.url);
  if (definition === undefined)
    run.report('information', 'informational', place.path, 'the definition of this extension is not known here');
  else if (definition.type === 'Extension') checkContent(value, definition.root, definition, place, run);
};

/** One of the profiles has to be met. */
const checkProfiles = (value: unknown, profiles: readonly string[], place: Place, run: Run): void => {
  const known = profiles.map((profile) => run.definition(profile)).filter((definition) => definition !== undefined);
  if (!isObject(value) || known.length < profiles.length) return;
  const [only] = known;
  if (only !== undefined && known.length === 1) checkProfile(value, only, place, run);
  else if (!known.some((definition) => meetsProfile(value, definition, place, run)))
    run.report('error', 'structure', place.path, 'meets none of the profiles that are allowed here');
};

const meetsProfile = (value: JsonObject, definition: Definition, place: Place, run: Run): boolean => {
  const trial = run.trial();
  checkProfile(value, definition, place, trial);
  return !trial.issues.some(({ severity }) => severity === 'error');
};

/** A value against a profile of its type, whose own definition is checked elsewhere. */
export const checkProfile = (value: JsonObject, definition: Definition, place: Place, run: Run): void => {
  checkInvariants(value, definition.root, typeBase(value, definition), place, run);
  checkContent(value, definition.root, definition, place, run);
};

const typeBase = (value: JsonObject, { type }: Definition): string | undefined =>
  'resourceType' in value ? undefined : type;

/** A resource, the outermost or one within, against its type and the profiles that it claims. */
export const checkResource = (resource: JsonObject, { path, root }: Place, run: Run): void => {
  const type = resource.resourceType;
  const definition = typeof type === 'string' ? run.definition(baseUrl(type)) : undefined;
  if (definition === undefined) {
    run.report('error', 'structure', `${path}.resourceType`, 'not a resource type of FHIR R4');
    return;
  }
  // A contained resource sees what its container holds; FHIRPath calls the container %rootResource. R4 fhirpath.html#variables.
  const place: Place = { path, resource: path.includes('.contained[') ? root : resource, root };
  checkInvariants(resource, definition.root, undefined, place, run);
  checkContent(resource, definition.root, definition, place, run);
  for (const canonical of claimedProfiles(resource)) {
    const profile = run.definition(canonical);
    if (profile === undefined)
      run.report(
        'warning',
        'not-found',
        `${path}.meta.profile`,
        'a profile that is claimed is not known here: it is not checked',
      );
    else if (profile.type !== type)
      run.report('error', 'structure', `${path}.meta.profile`, `a profile of ${profile.type} is claimed`);
    else checkProfile(resource, profile, place, run);
  }
};

const claimedProfiles = ({ meta }: JsonObject): readonly string[] =>
  isObject(meta) && Array.isArray(meta.profile)
    ? meta.profile.filter((each): each is string => typeof each === 'string')
    : [];
