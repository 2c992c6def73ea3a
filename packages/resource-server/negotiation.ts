/** Which representation is asked for, and which was sent. FHIR R4 http.html#mime-type; RFC 9110 §12.5.1. */
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';

export type Format = 'json' | 'xml';

/** Value of Content-Type where nothing else is asked for. */
export const fhirJson = 'application/fhir+json;charset=utf-8';

/** How an answer is written. `pretty`: with line breaks and indentation, for people (`_pretty`). */
export interface Representation {
  readonly format: Format;
  readonly pretty: boolean;
}

/** `application/json+fhir` and its sister are the names of before R4: taken, never sent. */
const formats: Readonly<Record<string, Format>> = {
  json: 'json',
  'application/fhir+json': 'json',
  'application/json': 'json',
  'text/json': 'json',
  'application/json+fhir': 'json',
  xml: 'xml',
  'application/fhir+xml': 'xml',
  'application/xml': 'xml',
  'text/xml': 'xml',
  'application/xml+fhir': 'xml',
};
const formatNamed = (name: string): Format | undefined => (Object.hasOwn(formats, name) ? formats[name] : undefined);

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

/** RFC 9110 §12.4.2: 0…1; what is none of it is 0. */
const qualityOf = ({ parameters }: MediaType): number => {
  const quality = parameters.get('q');
  if (quality === undefined) return 1;
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(quality) ? Number(quality) : 0;
};

/** What a media range says of a format, and how closely; undefined: nothing. */
const rangeOf = (media: MediaType, format: Format): { readonly closeness: number; readonly q: number } | undefined => {
  if (!ofOurVersion(media)) return undefined;
  const q = qualityOf(media);
  if (media.type.includes('/') && formatNamed(media.type) === format) return { closeness: 2, q };
  if (media.type === 'application/*' || media.type === 'text/*') return { closeness: 1, q };
  return media.type === '*/*' ? { closeness: 0, q } : undefined;
};

/** RFC 9110 §12.5.1: the closest range speaks for a format. Where a format has several names, the best is taken. */
const acceptance = (ranges: readonly MediaType[], format: Format): number => {
  const fitting = ranges.flatMap((media) => rangeOf(media, format) ?? []);
  const closest = Math.max(...fitting.map(({ closeness }) => closeness));
  return Math.max(0, ...fitting.filter(({ closeness }) => closeness === closest).map(({ q }) => q));
};

const refusal = (): FhirError =>
  fhirError(406, 'not-supported', 'given are application/fhir+json and application/fhir+xml, in FHIR version 4.0');

const formatOf = (headers: Headers, format: string | null): Format | FhirError => {
  if (format !== null) {
    const media = parseMediaType(format);
    // A plus that was not encoded has become a space.
    const named = formatNamed(media.type.replace(' ', '+'));
    return named !== undefined && ofOurVersion(media) ? named : refusal();
  }
  const accept = headers.get('accept');
  if (accept === null || accept.trim() === '') return 'json';
  const ranges = accept.split(',').map(parseMediaType);
  const json = acceptance(ranges, 'json');
  const xml = acceptance(ranges, 'xml');
  if (json === 0 && xml === 0) return refusal();
  return json >= xml ? 'json' : 'xml';
};

/** `query`: parameters of the URL, and of a search those of its form. `_format` beats Accept; JSON where none is asked for. */
export const representationOf = (headers: Headers, query: URLSearchParams): Representation | FhirError => {
  const given = query.getAll('_format');
  if (given.length > 1) return fhirError(400, 'invalid', '_format is given more than once');
  const pretty = query.get('_pretty') ?? 'false';
  if (pretty !== 'true' && pretty !== 'false') return fhirError(400, 'invalid', '_pretty is true or false');
  const format = formatOf(headers, given[0] ?? null);
  return typeof format === 'string' ? { format, pretty: pretty === 'true' } : format;
};

/** A body that is text in UTF-8 as it stands; compressed ones are refused, so that none can swell. */
const isPlain = (headers: Headers, media: MediaType): boolean =>
  (media.parameters.get('charset')?.toLowerCase() ?? 'utf-8') === 'utf-8' &&
  (headers.get('content-encoding') ?? 'identity') === 'identity' &&
  ofOurVersion(media);

/** The format of a resource that is sent. */
export const contentFormatOf = (headers: Headers): Format | FhirError => {
  const media = parseMediaType(headers.get('content-type') ?? '');
  const format = media.type.includes('/') ? formatNamed(media.type) : undefined;
  return format !== undefined && isPlain(headers, media)
    ? format
    : fhirError(
        415,
        'not-supported',
        'the body must be application/fhir+json or application/fhir+xml in UTF-8, FHIR version 4.0, not compressed',
      );
};

/** How a PATCH says what is to change: RFC 6902, RFC 5261, or a Parameters resource in one of our formats. */
export type PatchFormat = 'json-patch' | 'xml-patch' | 'fhirpath-json' | 'fhirpath-xml';

/** FHIR R4 http.html#patch. */
export const patchFormatOf = (headers: Headers): PatchFormat | FhirError => {
  const media = parseMediaType(headers.get('content-type') ?? '');
  if (media.type === 'application/json-patch+json' && isPlain(headers, media)) return 'json-patch';
  if (media.type === 'application/xml-patch+xml' && isPlain(headers, media)) return 'xml-patch';
  const format = contentFormatOf(headers);
  if (typeof format === 'string') return `fhirpath-${format}`;
  return fhirError(
    415,
    'not-supported',
    'a patch is application/json-patch+json, application/xml-patch+xml, or a Parameters resource with FHIRPath Patch as application/fhir+json or application/fhir+xml; in UTF-8, not compressed',
  );
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
