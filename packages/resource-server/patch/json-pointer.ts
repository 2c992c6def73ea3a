/** JSON Pointer, and what it points at. RFC 6901. */
import { type Exact, type ExactObject, isExactObject } from '@affinity/core/fhir/exact-json.ts';
import { inapplicable, malformed } from './work.ts';

export type Pointer = readonly string[];

/** Names by which a prototype is reached; no element of FHIR has them. */
const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

export const parsePointer = (text: string, maxDepth: number): Pointer => {
  if (text === '') return [];
  if (!text.startsWith('/')) throw malformed('a path is a JSON Pointer, such as /name/0/family');
  const parts = text.slice(1).split('/', maxDepth + 1);
  if (parts.length > maxDepth) throw malformed('a path goes too deep');
  return parts.map((part) => {
    if (/~(?![01])/.test(part)) throw malformed('in a path, ~ is written ~0 and / is written ~1');
    const name = part.replace(/~1/g, '/').replace(/~0/g, '~');
    if (forbidden.has(name)) throw malformed('a path names what no element is called');
    return name;
  });
};

/** The place as FHIRPath, for the caller: `Patient.name[0].family`. */
export const expressionOf = (root: string, pointer: Pointer): string =>
  pointer.reduce((path, token) => path + (/^\d+$/.test(token) ? `[${token}]` : `.${token}`), root).slice(0, 256);

/** RFC 6901 §4: digits without a leading zero. */
const indexOf = (token: string): number | undefined => (/^(0|[1-9]\d{0,8})$/.test(token) ? Number(token) : undefined);

/** The value under one token; undefined: there is none. */
export const memberOf = (container: Exact, token: string): Exact | undefined => {
  if (Array.isArray(container)) {
    const index = indexOf(token);
    return index === undefined ? undefined : container[index];
  }
  return isExactObject(container) && Object.hasOwn(container, token) ? container[token] : undefined;
};

export const valueAt = (root: Exact, pointer: Pointer, name: string): Exact => {
  let value = root;
  for (const token of pointer) {
    const next = memberOf(value, token);
    if (next === undefined) throw inapplicable('there is nothing at the path', expressionOf(name, pointer));
    value = next;
  }
  return value;
};

/** Where a value is put or taken away. RFC 6902 §4.1: `-` and the length of an array are behind its end. */
export type Slot =
  | { readonly kind: 'member'; readonly object: ExactObject; readonly name: string }
  | { readonly kind: 'item'; readonly array: Exact[]; readonly index: number };

/** `pointer` has at least one token. */
export const slotAt = (root: Exact, pointer: Pointer, name: string): Slot => {
  const container = valueAt(root, pointer.slice(0, -1), name);
  const token = pointer.at(-1) ?? '';
  if (isExactObject(container)) return { kind: 'member', object: container, name: token };
  if (!Array.isArray(container))
    throw inapplicable('what the path leads into holds nothing', expressionOf(name, pointer));
  const index = token === '-' ? container.length : indexOf(token);
  if (index === undefined || index > container.length)
    throw inapplicable('the path does not name a place of the array', expressionOf(name, pointer));
  return { kind: 'item', array: container, index };
};
