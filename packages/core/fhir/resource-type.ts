/** The types of FHIR R4 and their elements, from HL7's definitions. FHIR R4 resourcelist.html, datatypes.html. */
import datatypes from './definitions/datatypes.json' with { type: 'json' };
import elements from './definitions/elements.json' with { type: 'json' };

const lines = new Map<string, string>(Object.entries(elements));
const dataLines = new Map<string, string>(Object.entries(datatypes));

/** The 146 concrete resource types of R4, in alphabetical order. */
export const resourceTypes: readonly string[] = [...lines.keys()];

/** Type names are case-sensitive: `patient` is none. */
export const isResourceType = (name: string): boolean => lines.has(name);

/** One element of a resource, at its top, or of a data type. `choice` is the name of the `[x]` element that it is a form of. */
export interface ElementFact {
  readonly type: string;
  readonly repeats: boolean;
  readonly choice?: string;
}
export interface TypeFacts {
  readonly elements: ReadonlyMap<string, ElementFact>;
  /** elements with a minimum of one; of a choice, any of its forms will do */
  readonly required: readonly { readonly name: string; readonly forms: readonly string[] }[];
}

const resourceElements = 'id:id meta:Meta implicitRules:uri language:code';
const domainElements = `${resourceElements} text:Narrative contained*:Resource extension*:Extension modifierExtension*:Extension`;

const parse = (line: string): TypeFacts => {
  const facts = new Map<string, ElementFact>();
  const required: { name: string; forms: string[] }[] = [];
  for (const part of line.split(' ')) {
    const [, name, choice, min, max, types] = /^(\w+)(\[x\])?(!)?(\*)?:(.+)$/.exec(part) ?? [];
    if (name === undefined || types === undefined) continue;
    const forms = choice === undefined ? [name] : [];
    if (choice === undefined) facts.set(name, { type: types, repeats: max !== undefined });
    else
      for (const type of types.split(',')) {
        const form = name + type.charAt(0).toUpperCase() + type.slice(1);
        facts.set(form, { type, repeats: false, choice: name });
        forms.push(form);
      }
    if (min !== undefined) required.push({ name, forms });
  }
  return { elements: facts, required };
};

const parsed = new Map<string, TypeFacts>();

const lineOf = (type: string): string | undefined => {
  const line = lines.get(type);
  if (line === undefined) return dataLines.get(type);
  return line.startsWith('-') ? `${resourceElements} ${line.slice(1)}` : `${domainElements} ${line}`;
};

/** Facts of a resource type or a data type such as `Coding`, parsed at the first use; undefined for what is neither. */
export const typeFacts = (type: string): TypeFacts | undefined => {
  const known = parsed.get(type);
  if (known !== undefined) return known;
  const line = lineOf(type);
  if (line === undefined) return undefined;
  const facts = parse(line);
  parsed.set(type, facts);
  return facts;
};
