/** The JSON properties of a type, each form of a choice by its own name, in the order of the definitions. FHIR R4 json.html, formats.html#choice. */
import { type Element, elementsOf, propertyOf } from '@affinity/core/fhir/structure.ts';

export interface Property {
  readonly element: Element;
  readonly type: string;
  /** where its own properties are looked up: a type, or the place of an element that nests others (`Patient.contact`) */
  readonly path: string;
  /** place among its siblings; the forms of a choice share one */
  readonly order: number;
}

export type Properties = ReadonlyMap<string, Property>;

const propertiesFrom = (elements: readonly Element[]): Properties =>
  new Map(
    elements.flatMap((element, order) =>
      element.types.map((type): [string, Property] => [
        propertyOf(element.name, element.choice, type),
        { element, type, path: element.content ?? type, order },
      ]),
    ),
  );

/** What stands beside a primitive under `_name`. FHIR R4 element.html. */
const beside: Properties = new Map(
  [...propertiesFrom(elementsOf('Period') ?? [])].filter(([name]) => name === 'id' || name === 'extension'),
);
const known = new Map<string, Properties>([['Element', beside]]);

/** `path`: a type, the place of an element that nests others, or `Element` for what stands beside a primitive. */
export const propertiesOf = (path: string): Properties | undefined => {
  const before = known.get(path);
  const elements = before === undefined ? elementsOf(path) : undefined;
  if (elements === undefined) return before;
  const properties = propertiesFrom(elements);
  known.set(path, properties);
  return properties;
};

/** FHIR R4 datatypes.html: primitives have lower-case names. */
export const isPrimitive = ({ type }: Property): boolean => /^[a-z]/.test(type);
