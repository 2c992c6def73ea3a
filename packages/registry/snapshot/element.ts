/** Elements of a snapshot while it is made, and what their ids say. FHIR R4 elementdefinition.html#id. */
import type { Json } from '../terminology/json-read.ts';

/** As its JSON is; `id` and `path` are always there. */
export interface SnapshotElement {
  id: string;
  path: string;
  [member: string]: unknown;
}

export const pathOf = (id: string): string => id.replaceAll(/:[^.]+/g, '');
export const parentOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf('.')));
/** The last part of an id: `value[x]`, or `component:systolic`. */
export const lastOf = (id: string): string => id.slice(id.lastIndexOf('.') + 1);
/** Of `Observation.component:systolic`, `Observation.component`; undefined where it is no slice. A slice of a slice is of the slice. */
export const slicedOf = (id: string): string | undefined => {
  const last = lastOf(id);
  if (!last.includes(':')) return undefined;
  const cut = Math.max(last.lastIndexOf(':'), last.lastIndexOf('/'));
  return id.slice(0, id.length - last.length) + last.slice(0, cut);
};

export const isBelow = (id: string, ancestor: string): boolean => id.startsWith(`${ancestor}.`);
/** The element, what is in it, and its slices with what is in them. */
export const isOf = (id: string, element: string): boolean =>
  id === element ||
  isBelow(id, element) ||
  id.startsWith(`${element}:`) ||
  (lastOf(element).includes(':') && id.startsWith(`${element}/`));

const copied = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copied(each)]));
};
/** JSON is copied five times faster so than by `structuredClone`. */
export const copyOf = <Value>(value: Value): Value => copied(value) as Value;

const hasText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/**
 * Elements of a differential with the ids that they have or, where they have none, that follow from paths and names of
 * slices: an element without name stands in the slice that was opened last.
 */
export const withIds = (elements: readonly Json[]): readonly SnapshotElement[] => {
  const open = new Map<string, string>();
  return elements.flatMap((element): readonly SnapshotElement[] => {
    const { path, sliceName } = element;
    if (!hasText(path)) return [];
    const parent = parentOf(path);
    const name = lastOf(path) + (hasText(sliceName) ? `:${sliceName}` : '');
    const id = hasText(element.id) ? element.id : parent === '' ? name : `${open.get(parent) ?? parent}.${name}`;
    for (const known of open.keys()) if (isBelow(known, path)) open.delete(known);
    open.set(path, id);
    return [{ ...copyOf(element), id, path }];
  });
};
