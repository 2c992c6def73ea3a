/** JSON Patch on the text of a resource; numbers keep their text. RFC 6902; FHIR R4 http.html#patch. */
import {
  type Exact,
  type ExactObject,
  isExactNumber,
  isExactObject,
  numberText,
  parseExact,
} from '@affinity/core/fhir/exact-json.ts';
import { expressionOf, memberOf, type Pointer, parsePointer, type Slot, slotAt, valueAt } from './json-pointer.ts';
import { inapplicable, malformed, type PatchLimits, type Work } from './work.ts';

/**
 * RFC 6902 §4.6, but that numbers are equal only if they are written alike: `1.0` is not `1` (FHIR R4
 * datatypes.html#decimal). The time is proportional to the smaller of the two.
 */
const isEqual = (a: Exact, b: Exact): boolean => {
  if (isExactNumber(a) || isExactNumber(b))
    return isExactNumber(a) && isExactNumber(b) && numberText(a) === numberText(b);
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((one, i) => isEqual(one, b[i] as Exact));
  if (!isExactObject(a)) return a === b;
  if (!isExactObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key] as Exact, b[key] as Exact))
  );
};

const add = (slot: Slot, value: Exact): void => {
  if (slot.kind === 'member') slot.object[slot.name] = value;
  else slot.array.splice(slot.index, 0, value);
};
const remove = (slot: Slot): void => {
  if (slot.kind === 'member') delete slot.object[slot.name];
  else slot.array.splice(slot.index, 1);
};
const replace = (slot: Slot, value: Exact): void => {
  if (slot.kind === 'member') slot.object[slot.name] = value;
  else slot.array[slot.index] = value;
};

/** The document behind one member, so that the path '' is a place as any other. */
interface Document {
  root: Exact;
  readonly name: string;
}

const existing = (document: Document, pointer: Pointer): Slot => {
  valueAt(document.root, pointer, document.name);
  return slotAt(document.root, pointer, document.name);
};

const addAt = (document: Document, pointer: Pointer, value: Exact): void => {
  if (pointer.length === 0) document.root = value;
  else add(slotAt(document.root, pointer, document.name), value);
};

const removeAt = (document: Document, pointer: Pointer): void => {
  if (pointer.length === 0) throw malformed('the resource as a whole is not taken away by a patch');
  remove(existing(document, pointer));
};

const apply = (document: Document, operation: ExactObject, limits: PatchLimits, work: Work): void => {
  const pointerOf = (member: 'path' | 'from'): Pointer => {
    const text = operation[member];
    if (typeof text !== 'string') throw malformed(`${member} is missing`);
    return parsePointer(text, limits.depth);
  };
  const given = (): Exact => {
    if (!Object.hasOwn(operation, 'value')) throw malformed('value is missing');
    return operation.value as Exact;
  };
  const path = pointerOf('path');
  for (const _ of path) work.look();
  switch (operation.op) {
    case 'add':
      addAt(document, path, work.place(given(), path.length));
      return;
    case 'remove':
      removeAt(document, path);
      return;
    case 'replace': {
      const value = work.place(given(), path.length);
      if (path.length === 0) document.root = value;
      else replace(existing(document, path), value);
      return;
    }
    case 'copy': {
      const value = valueAt(document.root, pointerOf('from'), document.name);
      addAt(document, path, work.place(value, path.length));
      return;
    }
    case 'move': {
      const from = pointerOf('from');
      const value = valueAt(document.root, from, document.name);
      const isWithin = from.length < path.length && from.every((token, i) => token === path[i]);
      if (isWithin) throw inapplicable('nothing can be moved into itself', expressionOf(document.name, path));
      if (from.length === path.length && from.every((token, i) => token === path[i])) return;
      const moved = work.place(value, path.length);
      removeAt(document, from);
      addAt(document, path, moved);
      return;
    }
    case 'test':
      if (!isEqual(given(), valueAt(document.root, path, document.name)))
        throw inapplicable('the test failed: the value is another', expressionOf(document.name, path));
      return;
    default:
      throw malformed('op is add, remove, replace, move, copy or test');
  }
};

/** Throws `PatchFault`. `patch` and `resource` have passed `parseJson`. */
export const jsonPatched = (resource: Exact, patchText: string, limits: PatchLimits, work: Work): Exact => {
  const operations = parseExact(patchText);
  if (!Array.isArray(operations)) throw malformed('a JSON Patch is an array of operations');
  if (operations.length > limits.operations) throw malformed(`a patch has at most ${limits.operations} operations`);
  const type = memberOf(resource, 'resourceType');
  const document: Document = { root: resource, name: typeof type === 'string' ? type : '$' };
  for (const operation of operations) {
    if (!isExactObject(operation)) throw malformed('an operation of a JSON Patch is an object');
    apply(document, operation, limits, work);
  }
  return document.root;
};
