/**
 * The elements of every type of FHIR R4 in their order, down to the elements that types nest, as HL7 defines them. FHIR
 * R4 structuredefinition.html, elementdefinition.html.
 *
 * A line of `structure.json` is a mark and elements, each `name[x]!*^?:type,type=system`. The mark says what comes
 * before: `@` a resource with narrative, `-` one without, `+` a backbone element, `.` an element. `!`: at least one; `*`:
 * repeats; `^`: in the summary; `?`: a modifier; `#Path` as type: the elements of that path; `~` in a system:
 * `http://hl7.org/fhir/`.
 */
import lines from './definitions/structure.json' with { type: 'json' };

export interface Element {
  /** as in a definition, without `[x]`: `value` */
  readonly name: string;
  /** `name[x]`: its property is the name followed by the type, as `valueQuantity` */
  readonly choice: boolean;
  /** names of types, as `CodeableConcept`, `code`, `BackboneElement`, `Element`; several only of a choice */
  readonly types: readonly string[];
  /** where the elements in it are found, if it nests elements of its own: `Patient.contact` */
  readonly content?: string;
  readonly repeats: boolean;
  /** at least one */
  readonly required: boolean;
  readonly summary: boolean;
  readonly modifier: boolean;
  /** the one code system that a `code` bound by strength `required` takes its codes from */
  readonly system?: string;
}

/** Elements of a type or of a path, in order; undefined for what is neither. */
export type Structure = (path: string) => readonly Element[] | undefined;

const resource = 'id^:id meta^:Meta implicitRules^?:uri language:code';
const inherited: Readonly<Record<string, string>> = {
  '@': `${resource} text:Narrative contained*:Resource extension*:Extension modifierExtension*?:Extension`,
  '-': resource,
  '+': 'id:string extension*:Extension modifierExtension*^?:Extension',
  '.': 'id:string extension*:Extension',
};

const parseElement = (path: string, text: string): readonly Element[] => {
  const [, name, choice, flags = '', types, system] = /^(\w+)(\[x\])?([!*^?]*):([^=]+)(?:=(.+))?$/.exec(text) ?? [];
  if (name === undefined || types === undefined) return [];
  const nests = types === 'BackboneElement' || types === 'Element';
  const content = types.startsWith('#') ? types.slice(1) : nests ? `${path}.${name}` : undefined;
  return [
    {
      name,
      choice: choice !== undefined,
      types: types.startsWith('#') ? ['BackboneElement'] : types.split(','),
      ...(content === undefined ? {} : { content }),
      repeats: flags.includes('*'),
      required: flags.includes('!'),
      summary: flags.includes('^'),
      modifier: flags.includes('?'),
      ...(system === undefined ? {} : { system: system.replace('~', 'http://hl7.org/fhir/') }),
    },
  ];
};

/** Reads lines, each at its first use. */
export const parseStructure = (source: Readonly<Record<string, string>>): Structure => {
  const all = new Map(Object.entries(source));
  const parsed = new Map<string, readonly Element[]>();
  return (path) => {
    const known = parsed.get(path);
    const line = all.get(path);
    if (known !== undefined || line === undefined) return known;
    const [mark = '', ...own] = line.split(' ');
    const elements = [...(inherited[mark]?.split(' ') ?? []), ...own].flatMap((text) => parseElement(path, text));
    parsed.set(path, elements);
    return elements;
  };
};

/** The elements of a resource type, a data type (`HumanName`) or a nested element (`Patient.contact`). */
export const elementsOf: Structure = parseStructure(lines);

/** Names of the concrete resource types, in alphabetical order. */
export const resourceNames: readonly string[] = Object.entries(lines).flatMap(([name, line]) =>
  /^[@-]/.test(line) ? [name] : [],
);

/** The property of an element: its name, or for a choice the name with the type. */
export const propertyOf = (name: string, choice: boolean, type: string): string =>
  choice ? name + type.charAt(0).toUpperCase() + type.slice(1) : name;
