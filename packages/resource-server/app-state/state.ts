/** One piece of an app's state, as a Basic resource: what may stand in it, read to the letter. SMART App Launch 2.2, app state. */
import { parseJson } from '@affinity/core/fhir/json.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';

/** What a state is about: its code, and whose it is. */
export interface StateKey {
  /** `system|code` */
  readonly code: string;
  /** absolute URL of a patient or a user; absent: of nobody, for all who use the app */
  readonly subject?: string;
}

export interface State extends StateKey {
  /** the members that are kept, without id and meta */
  readonly content: Readonly<Record<string, unknown>>;
}

export interface StoredState extends StateKey {
  readonly id: string;
  readonly version: number;
  readonly updated: Date;
  readonly content: Readonly<Record<string, unknown>>;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const onlyHas = (value: Readonly<Record<string, unknown>>, names: readonly string[]): boolean =>
  Object.keys(value).every((name) => names.includes(name));
const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

const members = ['resourceType', 'id', 'meta', 'code', 'subject', 'extension'];

/** `system|code` of a CodeableConcept with exactly one coding. */
function codeOf(code: unknown): string | undefined {
  if (!isObject(code) || !onlyHas(code, ['coding', 'text']) || !Array.isArray(code.coding)) return undefined;
  const [coding, ...more] = code.coding as readonly unknown[];
  if (more.length > 0 || !isObject(coding) || !onlyHas(coding, ['system', 'code', 'display'])) return undefined;
  return isText(coding.system) && isText(coding.code) ? `${coding.system}|${coding.code}` : undefined;
}

/** The absolute URL of a Reference that holds nothing else of meaning. */
function subjectOf(subject: unknown): string | undefined {
  if (!isObject(subject) || !onlyHas(subject, ['reference', 'type', 'display'])) return undefined;
  const { reference } = subject;
  return typeof reference === 'string' && /^https?:\/\/\S+$/.test(reference) ? reference : undefined;
}

const isValue = (extension: unknown): boolean =>
  isObject(extension) &&
  onlyHas(extension, ['url', 'valueString']) &&
  typeof extension.url === 'string' &&
  URL.canParse(extension.url) &&
  typeof extension.valueString === 'string';

const wrong = (what: string): FhirError => fhirError(422, 'invariant', what);

/**
 * All of it is kept or none.
 * @param id of the address, for an update
 */
export function parseState(body: string, id?: string): State | FhirError {
  const parsed = parseJson(body, { depth: 8 });
  if (parsed.kind !== 'ok') return fhirError(400, 'structure', 'the body is not sound JSON');
  const given = parsed.value;
  if (!isObject(given) || given.resourceType !== 'Basic') return wrong('app state is a Basic resource');
  if (!onlyHas(given, members)) return wrong(`a state holds ${members.slice(3).join(', ')} and nothing else`);
  const version = isObject(given.meta) ? given.meta.versionId : undefined;
  if (id === undefined && (given.id !== undefined || version !== undefined))
    return wrong('a new state has no id and no version: the server gives them');
  if (id !== undefined && given.id !== id) return fhirError(400, 'invariant', 'the id is not that of the address');
  const code = codeOf(given.code);
  if (code === undefined) return wrong('code has exactly one coding, with system and code');
  const subject = given.subject === undefined ? undefined : subjectOf(given.subject);
  if (given.subject !== undefined && subject === undefined) return wrong('subject is an absolute reference');
  const { extension } = given;
  if (extension !== undefined && !(Array.isArray(extension) && extension.length > 0 && extension.every(isValue)))
    return wrong('each extension has a url and a valueString');
  const { id: _, meta: __, ...content } = given;
  return { code, content, ...(subject === undefined ? {} : { subject }) };
}

export const printState = ({ id, version, updated, content }: StoredState): Readonly<Record<string, unknown>> => {
  const { resourceType, ...rest } = content;
  return { resourceType, id, meta: { versionId: String(version), lastUpdated: updated.toISOString() }, ...rest };
};
