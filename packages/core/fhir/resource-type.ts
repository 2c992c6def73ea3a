/** The resource types of FHIR R4 and their top-level elements, from HL7's definitions. FHIR R4 resourcelist.html. */
import elements from './definitions/elements.json' with { type: 'json' };

const lines = new Map<string, string>(Object.entries(elements));

/** The 146 concrete resource types of R4, in alphabetical order. */
export const resourceTypes: readonly string[] = [...lines.keys()];

/** Type names are case-sensitive: `patient` is none. */
export const isResourceType = (name: string): boolean => lines.has(name);

/** One element at the top of a resource. `choice` is the name of the `[x]` element that it is a form of. */
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
  const own = line.startsWith('-') ? `${resourceElements} ${line.slice(1)}` : `${domainElements} ${line}`;
  for (const part of own.split(' ')) {
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

/** Facts of one type, parsed at the first use; undefined for what is no type of R4. */
export const typeFacts = (type: string): TypeFacts | undefined => {
  const known = parsed.get(type);
  if (known !== undefined) return known;
  const line = lines.get(type);
  if (line === undefined) return undefined;
  const facts = parse(line);
  parsed.set(type, facts);
  return facts;
};
