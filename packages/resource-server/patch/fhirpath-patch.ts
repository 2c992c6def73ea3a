/** FHIRPath Patch on the text of a resource: add, insert, delete, replace, move; numbers keep their text. FHIR R4 fhirpatch.html. */
import {
  type Exact,
  type ExactObject,
  isExactNumber,
  isExactObject,
  numberText,
  parseExact,
} from '@affinity/core/fhir/exact-json.ts';
import type { Property } from '../properties.ts';
import { type ElementPath, parseElementPath, type Step } from './element-path.ts';
import { type PatchValue, patchValue } from './patch-value.ts';
import { lengthOf, type Owner, type Place, propertiesNamed, select, selectOwner } from './place.ts';
import { inapplicable, malformed, type PatchLimits, type Work } from './work.ts';

/** What stands at one place of a list: a value and what stands beside it. */
type Item = readonly [Exact, Exact];

const setOrDrop = (object: ExactObject, key: string, value: Exact): void => {
  const isEmpty = value === null || (Array.isArray(value) && value.every((one) => one === null));
  if (isEmpty) delete object[key];
  else object[key] = value;
};

const itemsOf = ({ object }: Owner, name: string, work: Work): Item[] =>
  Array.from({ length: lengthOf(object, name) }, (_, i): Item => {
    work.look();
    const at = (value: Exact | undefined): Exact => (Array.isArray(value) ? value[i] : undefined) ?? null;
    return [at(object[name]), at(object[`_${name}`])];
  });

/** A list without an item is no element of JSON, and neither is one of nulls alone. */
const setItems = ({ object }: Owner, name: string, items: readonly Item[]): void => {
  setOrDrop(
    object,
    name,
    items.map(([value]) => value),
  );
  setOrDrop(
    object,
    `_${name}`,
    items.map(([, beside]) => beside),
  );
};

/** The value made anew at the depth where it will stand. */
const placed = ({ value, beside, property }: PatchValue, owner: Owner, work: Work): Item => {
  const depth = owner.depth + (property.element.repeats ? 2 : 1);
  return [work.place(value, depth), work.place(beside, depth)];
};

const isPresent = ({ object }: Owner, name: string): boolean =>
  Object.hasOwn(object, name) || Object.hasOwn(object, `_${name}`);

const add = (owner: Owner, given: PatchValue, work: Work): void => {
  const { name, property } = given;
  const item = placed(given, owner, work);
  if (property.element.repeats) {
    setItems(owner, name, [...itemsOf(owner, name, work), item]);
    return;
  }
  const forms = propertiesNamed(owner.path, property.element.name);
  if (forms.some(([form]) => isPresent(owner, form)))
    throw inapplicable('the element is there already and does not repeat: it can be replaced', `${owner.path}.${name}`);
  setOrDrop(owner.object, name, item[0]);
  setOrDrop(owner.object, `_${name}`, item[1]);
};

const clear = ({ owner, name, index }: Place, work: Work): void => {
  if (index === undefined) {
    delete owner.object[name];
    delete owner.object[`_${name}`];
  } else
    setItems(
      owner,
      name,
      itemsOf(owner, name, work).filter((_, i) => i !== index),
    );
};

const replace = (place: Place, given: PatchValue, work: Work): void => {
  const { owner, name, index } = place;
  const item = placed(given, owner, work);
  if (index !== undefined) {
    setItems(
      owner,
      name,
      itemsOf(owner, name, work).map((before, i) => (i === index ? item : before)),
    );
    return;
  }
  // Of a choice the new value may be of another type.
  if (given.name !== name) clear(place, work);
  setOrDrop(owner.object, given.name, item[0]);
  setOrDrop(owner.object, `_${given.name}`, item[1]);
};

/** The list that a path names by its last member, whether it holds anything or not. */
const listAt = (
  resource: Owner,
  path: ElementPath,
  work: Work,
): { readonly owner: Owner; readonly name: string; readonly property: Property } => {
  const last: Step | undefined = path.steps.at(-1);
  if (last?.kind !== 'member') throw malformed('the path of a list ends in its name');
  const owner = selectOwner(resource, path.steps.slice(0, -1), work);
  const [named] = propertiesNamed(owner.path, last.name);
  if (named === undefined || !named[1].element.repeats)
    throw malformed('the path does not name a list', `${owner.path}.${last.name}`);
  return { owner, name: named[0], property: named[1] };
};

const allowed = new Set(['type', 'path', 'name', 'value', 'index', 'source', 'destination']);

/** The parts of an operation by name. */
const partsOf = (operation: Exact): ReadonlyMap<string, ExactObject> => {
  if (!isExactObject(operation) || operation.name !== 'operation' || !Array.isArray(operation.part))
    throw malformed('each parameter of a FHIRPath Patch is named operation and has parts', 'Parameters.parameter');
  const parts = new Map<string, ExactObject>();
  for (const part of operation.part) {
    if (!isExactObject(part) || typeof part.name !== 'string' || !allowed.has(part.name) || parts.has(part.name))
      throw malformed(
        `the parts of an operation are ${[...allowed].join(', ')}, each once`,
        'Parameters.parameter.part',
      );
    parts.set(part.name, part);
  }
  return parts;
};

const apply = (resource: Owner, operation: Exact, work: Work): void => {
  const parts = partsOf(operation);
  const text = (name: string): string => {
    const part = parts.get(name);
    const value = part?.valueString ?? part?.valueCode;
    if (typeof value !== 'string') throw malformed(`the operation needs a ${name}`);
    return value;
  };
  const number = (name: string): number => {
    const value = parts.get(name)?.valueInteger;
    const digits = isExactNumber(value) ? numberText(value) : '';
    if (!/^(0|[1-9]\d{0,8})$/.test(digits)) throw malformed(`the operation needs the integer ${name}, from 0`);
    return Number(digits);
  };
  const value = (): ExactObject => {
    const part = parts.get('value');
    if (part === undefined) throw malformed('the operation needs a value');
    return part;
  };
  const path = parseElementPath(text('path'));
  if (path.type !== resource.path)
    throw malformed('the path begins with the type of the resource', text('path').slice(0, 256));
  const fits = (index: number, most: number): number => {
    if (index > most) throw inapplicable('the list is shorter than the index', text('path').slice(0, 256));
    return index;
  };
  switch (text('type')) {
    case 'add': {
      const owner = selectOwner(resource, path.steps, work);
      add(owner, patchValue(value(), owner.path, text('name')), work);
      return;
    }
    case 'insert': {
      const { owner, name, property } = listAt(resource, path, work);
      const items = itemsOf(owner, name, work);
      const item = placed({ ...patchValue(value(), owner.path, name), property }, owner, work);
      setItems(owner, name, items.toSpliced(fits(number('index'), items.length), 0, item));
      return;
    }
    case 'delete':
    case 'replace': {
      const selected = select(resource, path.steps, work);
      if (selected.kind === 'resource') throw malformed('the resource as a whole is not changed by a patch');
      const [place, second] = selected.places;
      if (second !== undefined)
        throw inapplicable('the path selects more than one element', text('path').slice(0, 256));
      if (text('type') === 'delete') {
        // R4: to delete what is not there is no fault.
        if (place !== undefined) clear(place, work);
        return;
      }
      if (place === undefined) throw inapplicable('the path selects nothing', text('path').slice(0, 256));
      const { name, choice } = place.property.element;
      replace(place, patchValue(value(), place.owner.path, choice ? name : place.name), work);
      return;
    }
    case 'move': {
      const { owner, name } = listAt(resource, path, work);
      const items = itemsOf(owner, name, work);
      const source = fits(number('source'), items.length - 1);
      const destination = fits(number('destination'), items.length - 1);
      const moved = items.slice(source, source + 1);
      setItems(owner, name, items.toSpliced(source, 1).toSpliced(destination, 0, ...moved));
      return;
    }
    default:
      throw malformed('the type of an operation is add, insert, delete, replace or move');
  }
};

/** Throws `PatchFault`. `patchText` is that of a Parameters resource. */
export const fhirPathPatched = (resource: Exact, patchText: string, limits: PatchLimits, work: Work): Exact => {
  const patch = parseExact(patchText);
  const operations = isExactObject(patch) && patch.resourceType === 'Parameters' ? (patch.parameter ?? []) : undefined;
  if (!Array.isArray(operations)) throw malformed('a FHIRPath Patch is a Parameters resource');
  if (operations.length === 0) throw malformed('the patch has no operation', 'Parameters.parameter');
  if (operations.length > limits.operations) throw malformed(`a patch has at most ${limits.operations} operations`);
  if (!isExactObject(resource) || typeof resource.resourceType !== 'string')
    throw inapplicable('there is no resource to patch');
  for (const operation of operations)
    apply({ object: resource, path: resource.resourceType, depth: 0 }, operation, work);
  return resource;
};
