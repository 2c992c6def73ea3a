/** The elements of a resource that a path of a FHIRPath Patch selects, each as a place that can be changed. FHIR R4 fhirpatch.html. */
import {
  type Exact,
  type ExactObject,
  isExactNumber,
  isExactObject,
  numberText,
} from '@affinity/core/fhir/exact-json.ts';
import { isPrimitive, type Property, propertiesOf } from '../properties.ts';
import type { Step } from './element-path.ts';
import { inapplicable, type Work } from './work.ts';

/** The resource itself, which has no owner, or an element in its owner. */
export interface Owner {
  readonly object: ExactObject;
  /** where its properties are looked up */
  readonly path: string;
  /** how many objects and arrays it stands in */
  readonly depth: number;
  /** a resource within the resource: its neighbours may be of other types, which have other elements */
  readonly contained?: boolean;
}
export interface Place {
  readonly owner: Owner;
  /** the JSON property: of a choice with its type */
  readonly name: string;
  readonly property: Property;
  /** of an element that repeats */
  readonly index?: number;
}

/** The items of an element; a primitive may have only what stands beside it, so that the longer array counts. */
export const lengthOf = (object: ExactObject, name: string): number => {
  const [values, besides] = [object[name], object[`_${name}`]];
  return Math.max(Array.isArray(values) ? values.length : 0, Array.isArray(besides) ? besides.length : 0);
};

/** Value and what stands beside it under `_name`. */
export const contentOfPlace = ({ owner: { object }, name, index }: Place): readonly [Exact, Exact] => {
  const pick = (value: Exact | undefined): Exact =>
    (index === undefined ? value : Array.isArray(value) ? value[index] : undefined) ?? null;
  return [pick(object[name]), pick(object[`_${name}`])];
};

/** An element's object, in which its children are; of a primitive what stands beside it. */
const ownerAt = (place: Place): Owner | undefined => {
  const [value, beside] = contentOfPlace(place);
  const depth = place.owner.depth + (place.index === undefined ? 1 : 2);
  if (isPrimitive(place.property))
    return isExactObject(beside) ? { object: beside, path: 'Element', depth } : undefined;
  if (!isExactObject(value)) return undefined;
  // A resource within the resource says its own type.
  const type = place.property.type === 'Resource' ? value.resourceType : place.property.path;
  const contained = place.property.type === 'Resource';
  return typeof type === 'string' ? { object: value, path: type, depth, contained } : undefined;
};

/** The properties that a name means: one, or the forms of a choice. */
export const propertiesNamed = (path: string, name: string): readonly (readonly [string, Property])[] => {
  const properties = propertiesOf(path);
  const property = properties?.get(name);
  if (property !== undefined) return property.element.choice ? [] : [[name, property]];
  return [...(properties ?? [])].filter(([, { element }]) => element.choice && element.name === name);
};

const placesIn = (owner: Owner, name: string, work: Work): Place[] => {
  const named = propertiesNamed(owner.path, name);
  if (named.length === 0 && owner.contained === true) return [];
  if (named.length === 0)
    throw inapplicable('the path names an element that its type does not have', `${owner.path}.${name}`);
  return named.flatMap(([key, property]): Place[] => {
    work.look();
    if (!Object.hasOwn(owner.object, key) && !Object.hasOwn(owner.object, `_${key}`)) return [];
    if (!property.element.repeats) return [{ owner, name: key, property }];
    return Array.from({ length: lengthOf(owner.object, key) }, (_, index) => {
      work.look();
      return { owner, name: key, property, index };
    });
  });
};

const textOf = (value: Exact): string => {
  if (isExactNumber(value)) return numberText(value);
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : '';
};

const matches = (place: Place, members: readonly string[], text: string, work: Work): boolean => {
  let places: readonly Place[] = [place];
  for (const member of members)
    places = places.flatMap((each) => {
      const owner = ownerAt(each);
      return owner === undefined ? [] : placesIn(owner, member, work);
    });
  return places.some((each) => {
    const [value] = contentOfPlace(each);
    return value !== null && !isExactObject(value) && textOf(value) === text;
  });
};

/** What steps select from the resource: its own object where there are none, otherwise elements. */
export type Selected = { readonly kind: 'resource' } | { readonly kind: 'elements'; readonly places: readonly Place[] };

export const select = (resource: Owner, steps: readonly Step[], work: Work): Selected => {
  let places: readonly Place[] | undefined;
  for (const step of steps) {
    if (step.kind === 'member') {
      const owners: readonly Owner[] =
        places === undefined ? [resource] : places.flatMap((place) => ownerAt(place) ?? []);
      places = owners.flatMap((owner) => placesIn(owner, step.name, work));
    } else if (places === undefined) throw inapplicable('a path selects from elements, and the resource is one alone');
    else if (step.kind === 'where') places = places.filter((place) => matches(place, step.members, step.text, work));
    else places = places.slice(...(step.kind === 'last' ? [-1] : [step.kind === 'first' ? 0 : step.index])).slice(0, 1);
  }
  return places === undefined ? { kind: 'resource' } : { kind: 'elements', places };
};

/** The one owner that the steps select, in which something can be put. */
export const selectOwner = (resource: Owner, steps: readonly Step[], work: Work): Owner => {
  const selected = select(resource, steps, work);
  if (selected.kind === 'resource') return resource;
  const [place, second] = selected.places;
  if (place === undefined) throw inapplicable('the path selects nothing');
  if (second !== undefined) throw inapplicable('the path selects more than one element');
  const owner = ownerAt(place);
  if (owner === undefined) {
    if (!isPrimitive(place.property)) throw inapplicable('the path selects what holds no elements');
    return besideOf(place);
  }
  return owner;
};

/** Makes room beside a primitive that has no extension yet. */
const besideOf = ({ owner, name, index }: Place): Owner => {
  const beside: ExactObject = {};
  const key = `_${name}`;
  if (index === undefined) owner.object[key] = beside;
  else {
    const array = Array.isArray(owner.object[key]) ? (owner.object[key] as Exact[]) : [];
    while (array.length < lengthOf(owner.object, name)) array.push(null);
    array[index] = beside;
    owner.object[key] = array;
  }
  return { object: beside, path: 'Element', depth: owner.depth + (index === undefined ? 1 : 2) };
};
