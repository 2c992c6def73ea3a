/** The values of an element in a JSON object: choices of type, lists, and the `_name` of primitives. FHIR R4 json.html. */
import type { ElementNode } from './element-tree.ts';

export type JsonObject = Readonly<Record<string, unknown>>;
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export interface Found {
  /** undefined where only `_name` stands for it */
  readonly value: unknown;
  /** id and extensions of a primitive */
  readonly extra?: unknown;
  /** FHIR type of a choice; undefined where the element has but one */
  readonly type?: string;
  readonly path: string;
}

export const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Types that a choice may have. FHIR R4 datatypes.html#open. */
const choiceTypes: ReadonlyMap<string, string> = new Map(
  (
    'base64Binary boolean canonical code date dateTime decimal id instant integer markdown oid positiveInt string time ' +
    'unsignedInt uri url uuid Address Age Annotation Attachment CodeableConcept Coding ContactPoint Count Distance ' +
    'Duration HumanName Identifier Money Period Quantity Range Ratio Reference SampledData Signature Timing ' +
    'ContactDetail Contributor DataRequirement Expression ParameterDefinition RelatedArtifact TriggerDefinition ' +
    'UsageContext Dosage Meta'
  )
    .split(' ')
    .map((type) => [capitalize(type), type]),
);

const valuesOf = (object: JsonObject, name: string, path: string, type?: string): readonly Found[] => {
  const value = object[name];
  const extra = object[`_${name}`];
  const typed = type === undefined ? {} : { type };
  if (!Array.isArray(value) && !Array.isArray(extra))
    return value === undefined && extra === undefined ? [] : [{ value, extra, path: `${path}.${name}`, ...typed }];
  const values = Array.isArray(value) ? value : [];
  const extras = Array.isArray(extra) ? extra : [];
  return Array.from({ length: Math.max(values.length, extras.length) }, (_, i) => ({
    value: values[i] ?? undefined,
    extra: extras[i] ?? undefined,
    path: `${path}.${name}[${i}]`,
    ...typed,
  }));
};

/** Values of an element, in their order. The path names a choice without its type, as FHIRPath does. */
export const findValues = (object: JsonObject, { name }: ElementNode, path: string): readonly Found[] => {
  if (!name.endsWith('[x]')) return valuesOf(object, name, path);
  const stem = name.slice(0, -3);
  return Object.keys(object)
    .map((key) => key.replace(/^_/, ''))
    .filter((key, i, keys) => keys.indexOf(key) === i && key.startsWith(stem))
    .flatMap((key) => {
      const type = choiceTypes.get(key.slice(stem.length));
      if (type === undefined) return [];
      return valuesOf(object, key, path, type).map((found) => ({
        ...found,
        path: `${path}.${stem}${found.path.slice(path.length + 1 + key.length)}`,
      }));
    });
};

/** The JSON names that an element may have. */
export const namesOf = ({ name, types }: ElementNode): readonly string[] =>
  name.endsWith('[x]') ? types.map(({ code }) => name.slice(0, -3) + capitalize(code)) : [name];
