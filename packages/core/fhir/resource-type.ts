/** The types of FHIR R4 and the properties of their JSON form. FHIR R4 resourcelist.html, datatypes.html, json.html. */
import { type Element, elementsOf, propertyOf, resourceNames } from './structure.ts';

/** The 146 concrete resource types of R4, in alphabetical order. */
export const resourceTypes: readonly string[] = resourceNames;
const known = new Set(resourceTypes);

/** Type names are case-sensitive: `patient` is none. */
export const isResourceType = (name: string): boolean => known.has(name);

/** One element of a resource, at its top, or of a data type. `choice` is the name of the `[x]` element that it is a form of. */
export interface ElementFact {
  readonly type: string;
  readonly repeats: boolean;
  readonly choice?: string;
  /** where the elements in it are found, if it nests elements of its own: `Patient.contact` */
  readonly content?: string;
}
export interface TypeFacts {
  readonly elements: ReadonlyMap<string, ElementFact>;
  /** elements with a minimum of one; of a choice, any of its forms will do */
  readonly required: readonly { readonly name: string; readonly forms: readonly string[] }[];
}

const factsOf = (all: readonly Element[]): TypeFacts => {
  const elements = new Map<string, ElementFact>();
  for (const { name, choice, types, repeats, content } of all)
    for (const type of types)
      elements.set(propertyOf(name, choice, type), {
        type,
        repeats,
        ...(choice ? { choice: name } : {}),
        ...(content === undefined ? {} : { content }),
      });
  const required = all
    .filter((element) => element.required)
    .map(({ name, choice, types }) => ({ name, forms: types.map((type) => propertyOf(name, choice, type)) }));
  return { elements, required };
};

const parsed = new Map<string, TypeFacts>();

/** Facts of a resource type or a data type such as `Coding`, parsed at the first use; undefined for what is neither. */
export const typeFacts = (type: string): TypeFacts | undefined => {
  const before = parsed.get(type);
  const elements = before === undefined ? elementsOf(type) : undefined;
  if (elements === undefined) return before;
  const facts = factsOf(elements);
  parsed.set(type, facts);
  return facts;
};
