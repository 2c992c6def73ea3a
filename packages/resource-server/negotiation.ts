/** Which representation is asked for, and which was sent. FHIR R4 http.html#mime-type; RFC 9110 §12.5.1. */
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';

export const fhirJson = 'application/fhir+json;charset=utf-8';

/** `application/json+fhir` is the name of before R4: taken, never sent. */
const jsonTypes = new Set(['application/fhir+json', 'application/json', 'text/json', 'application/json+fhir']);
const wildcards = new Set(['*/*', 'application/*', 'text/*']);

interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const parseMediaType = (text: string): MediaType => {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = rest.map((part): [string, string] => {
    const [name = '', value = ''] = part.split('=');
    return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')];
  });
  return { type: type.toLowerCase(), parameters: new Map(parameters) };
};

/** FHIR R4 http.html#version-parameter: ours is 4.0. */
const ofOurVersion = ({ parameters }: MediaType): boolean =>
  ['4.0', '4.0.1', undefined].includes(parameters.get('fhirversion'));

/** `_format` beats Accept. Undefined: JSON is wanted; otherwise the refusal. */
export const checkAccept = (headers: Headers, query: URLSearchParams): FhirError | undefined => {
  const format = query.get('_format');
  const refusal = (): FhirError => fhirError(406, 'not-supported', 'only application/fhir+json is given');
  if (format !== null) return format === 'json' || isJson(parseMediaType(format)) ? undefined : refusal();
  const accept = headers.get('accept');
  if (accept === null || accept.trim() === '') return undefined;
  const wanted = accept
    .split(',')
    .map(parseMediaType)
    .some(
      (each) => (isJson(each) || wildcards.has(each.type)) && ofOurVersion(each) && !isZero(each.parameters.get('q')),
    );
  return wanted ? undefined : refusal();
};

const isJson = (media: MediaType): boolean => jsonTypes.has(media.type.replace(' ', '+')) && ofOurVersion(media);
const isZero = (quality: string | undefined): boolean => quality !== undefined && Number(quality) === 0;

/** Undefined: the body is JSON in UTF-8. */
export const checkContentType = (headers: Headers): FhirError | undefined => {
  const media = parseMediaType(headers.get('content-type') ?? '');
  const charset = media.parameters.get('charset')?.toLowerCase() ?? 'utf-8';
  const encoding = headers.get('content-encoding') ?? 'identity';
  return isJson(media) && charset === 'utf-8' && encoding === 'identity'
    ? undefined
    : fhirError(415, 'not-supported', 'the body must be application/fhir+json in UTF-8, not compressed');
};

export interface Preferences {
  readonly return?: 'minimal' | 'representation' | 'OperationOutcome';
  readonly handling: 'strict' | 'lenient';
}

/** RFC 7240: preferences that are not known are passed over; the first of a name counts. */
export const preferencesOf = (headers: Headers): Preferences => {
  const given = new Map<string, string>();
  for (const part of (headers.get('prefer') ?? '').split(/[,;]/)) {
    const [name = '', value = ''] = part.split('=').map((piece) => piece.trim());
    if (!given.has(name)) given.set(name, value);
  }
  const wanted = given.get('return');
  return {
    handling: given.get('handling') === 'strict' ? 'strict' : 'lenient',
    ...(wanted === 'minimal' || wanted === 'representation' || wanted === 'OperationOutcome' ? { return: wanted } : {}),
  };
};
