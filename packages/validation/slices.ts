/** Which slice a value belongs to. FHIR R4 profiling.html#slicing, #discriminator. */
import { verdictOf } from './binding.ts';
import type { ElementNode } from './element-tree.ts';
import { type Found, isObject } from './found.ts';
import { meets } from './pattern.ts';
import { targetTypeOf } from './reference-target.ts';
import type { Place, Run } from './run.ts';
import type { Discriminator } from './structure-definition.ts';

/** `unknown`: a code list or a profile would have to be known for it. */
export type Membership = 'yes' | 'no' | 'unknown';

const valuesAt = (value: unknown, [first, ...rest]: readonly string[]): readonly unknown[] => {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((each) => valuesAt(each, first === undefined ? [] : [first, ...rest]));
  if (first === undefined) return [value];
  if (!isObject(value)) return [];
  const own = value[first];
  if (own !== undefined) return valuesAt(own, rest);
  const choice = Object.keys(value).find((key) => key.startsWith(first) && /^[A-Z]/.test(key.slice(first.length)));
  return choice === undefined ? [] : valuesAt(value[choice], rest);
};

const childOf = (node: ElementNode, name: string): ElementNode | undefined =>
  node.children.get(name) ?? node.children.get(`${name}[x]`);

const some = (memberships: readonly Membership[]): Membership =>
  memberships.includes('yes') ? 'yes' : memberships.includes('unknown') ? 'unknown' : 'no';
const every = (memberships: readonly Membership[]): Membership =>
  memberships.includes('no') ? 'no' : memberships.includes('unknown') ? 'unknown' : 'yes';

/** Whether the values at the rest of a path have what the slice demands of them. */
const byValue = (values: readonly unknown[], node: ElementNode, path: readonly string[], run: Run): Membership => {
  const { demanded } = node;
  if (demanded !== undefined) {
    const wanted = { kind: path.length === 0 ? demanded.kind : 'pattern', value: demanded.value } as const;
    return values.some((value) => meets(value, wanted)) ? 'yes' : 'no';
  }
  const [name, ...rest] = path;
  if (name !== undefined) {
    const child = childOf(node, name);
    const below = values.flatMap((value) => valuesAt(value, [name]));
    return child === undefined ? 'unknown' : byValue(below, child, rest, run);
  }
  if (node.binding?.strength === 'required' && node.binding.valueSet !== undefined) {
    const expansion = run.codes(node.binding.valueSet);
    const verdicts = values.map((value) => verdictOf(value, expansion));
    return verdicts.includes('in') ? 'yes' : verdicts.includes('unknown') ? 'unknown' : 'no';
  }
  const demands = [...node.children].filter(([, child]) => child.min > 0 || child.demanded !== undefined);
  if (demands.length === 0)
    return node.slices.length === 0 ? 'unknown' : some(node.slices.map((slice) => byValue(values, slice, [], run)));
  return some(
    values.map((value) =>
      every(demands.map(([key, child]) => byValue(valuesAt(value, [key.replace('[x]', '')]), child, [], run))),
    ),
  );
};

const byType = ({ value, type }: Found, slice: ElementNode, path: readonly string[], place: Place): Membership => {
  const node = path.reduce<ElementNode | undefined>((at, name) => (at === undefined ? at : childOf(at, name)), slice);
  if (node === undefined) return 'unknown';
  if (path.length === 0 && type !== undefined) return node.types.some(({ code }) => code === type) ? 'yes' : 'no';
  const [target] = valuesAt(value, path);
  if (!isObject(target)) return 'no';
  if (typeof target.resourceType === 'string')
    return node.types.some(({ code }) => code === target.resourceType) ? 'yes' : 'no';
  const points = targetTypeOf(target, place.resource, place.root);
  const profiles = node.types.flatMap(({ targetProfile = [] }) => targetProfile);
  if (points === undefined || profiles.length === 0) return 'unknown';
  return profiles.some((profile) => profile.endsWith(`/${points}`)) ? 'yes' : 'unknown';
};

const byDiscriminator = (found: Found, slice: ElementNode, on: Discriminator, place: Place, run: Run): Membership => {
  const path = on.path
    .replace(/\.?resolve\(\)$/, '')
    .split('.')
    .filter((part) => part !== '' && part !== '$this');
  if (on.type === 'type') return byType(found, slice, path, place);
  if (path.some((part) => part.includes('('))) return 'unknown';
  const profile = slice.types[0]?.profile?.[0];
  if (on.path === 'url' && profile !== undefined)
    return isObject(found.value) && found.value.url === profile ? 'yes' : 'no';
  if (on.type === 'value' || on.type === 'pattern') return byValue([found.value], slice, path, run);
  if (on.type !== 'exists') return 'unknown';
  const node = path.reduce<ElementNode | undefined>((at, name) => (at === undefined ? at : childOf(at, name)), slice);
  return node !== undefined && valuesAt(found.value, path).length > 0 === node.max > 0 ? 'yes' : 'no';
};

/** Whether a value of a sliced element belongs to one of its slices. A choice is sliced by type if by nothing else. */
export const membershipOf = (
  found: Found,
  element: ElementNode,
  slice: ElementNode,
  place: Place,
  run: Run,
): Membership => {
  if (element.discriminators.length > 0)
    return every(element.discriminators.map((on) => byDiscriminator(found, slice, on, place, run)));
  return element.name.endsWith('[x]') ? byType(found, slice, [], place) : 'unknown';
};
