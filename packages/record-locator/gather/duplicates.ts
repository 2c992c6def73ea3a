/**
 * The same thing held at two servers: told by a business identifier, by the place that it was copied from, or by an id that is
 * nobody's choice. What is the same to the letter is shown once, with where else it is; what differs is shown, each with the
 * other, so that no server can hide what another one holds. FHIR R4 resource.html#identifiers, resource.html#Meta (`source`).
 */
import { createHash } from 'node:crypto';
import { type Exact, type ExactObject, isExactObject, printExact } from '@affinity/core/fhir/exact-json.ts';
import { listOf } from './source-answer.ts';

/** By which it is known that two are the same thing; short, since they are kept between pages. */
export type Mark = string;

export interface Marked {
  readonly marks: readonly Mark[];
  /** the same for two that say the same */
  readonly content: string;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16);
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

const identifiersOf = ({ identifier, masterIdentifier }: ExactObject): readonly string[] =>
  [...listOf(isExactObject(identifier) ? [identifier] : identifier), ...listOf([masterIdentifier ?? null])].flatMap(
    ({ system, value }) => (typeof system === 'string' && typeof value === 'string' ? [`${system}|${value}`] : []),
  );

/** Of a resource of a server by its full URL; a version behind it is left out. */
const originOf = ({ meta }: ExactObject): readonly string[] => {
  const source = isExactObject(meta) ? meta.source : undefined;
  return typeof source === 'string' ? [source.replace(/#.*$|\/_history\/.*$/, '')] : [];
};

/** Ids of resources are of their server: of a reference the type alone is compared. */
const comparable = (value: Exact): Exact => {
  if (Array.isArray(value)) return value.map(comparable);
  if (!isExactObject(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(
    names.map((name) => {
      const one = value[name] ?? null;
      return [name, name === 'reference' && typeof one === 'string' ? one.replace(/\/?[^/]*$/, '') : comparable(one)];
    }),
  );
};

const contentOf = ({ id: _id, meta: _meta, text: _text, ...rest }: ExactObject): string =>
  digest(printExact(comparable(rest)));

export const markedOf = (resource: ExactObject, fullUrl: string): Marked => {
  const { resourceType: type, id } = resource;
  const marks = [
    ...identifiersOf(resource).map((one) => `i ${one}`),
    ...[fullUrl, ...originOf(resource)].map((one) => `u ${one}`),
    ...(typeof id === 'string' && uuid.test(id) ? [`d ${id.toLowerCase()}`] : []),
  ];
  return { marks: marks.map((one) => digest(`${type} ${one}`)), content: contentOf(resource) };
};
