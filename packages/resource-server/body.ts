/** What was sent, read no further than it may be, before anything is made of it. FHIR R4 http.html, json.html, xml.html. */
import { type ParsedJson, parseJson } from '@affinity/core/fhir/json.ts';
import { FhirError, fhirError, type Issue } from '@affinity/core/fhir/outcome.ts';
import type { Content, Resource } from '@affinity/core/fhir/resource.ts';
import { checkShape } from '@affinity/core/fhir/resource-shape.ts';
import { checkNarratives } from './narrative.ts';
import { contentFormatOf, type Format, patchFormatOf } from './negotiation.ts';
import type { PatchBody } from './patch/patch.ts';
import { xmlToJson } from './xml/parse.ts';

export interface BodyLimits {
  readonly bodyBytes: number;
  /** of a body of XML, whose reading costs many times that of JSON */
  readonly xmlBytes: number;
  /** how deep JSON, and likewise XML, may nest */
  readonly jsonDepth: number;
}

/** The text of a body, or the refusal: 413 as soon as the limit is passed, 400 for what is not UTF-8. */
const readText = async (request: Request, limit: number): Promise<string | FhirError> => {
  const tooLong = (): FhirError => fhirError(413, 'too-long', `the body has more than ${limit} bytes`);
  if (Number(request.headers.get('content-length') ?? 0) > limit) return tooLong();
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.byteLength;
    // Leaving the loop cancels the stream.
    if (length > limit) return tooLong();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    return fhirError(400, 'structure', 'the body is not UTF-8');
  }
};

const jsonFault = (parsed: Extract<ParsedJson, { kind: 'fault' }>): FhirError => {
  const words = {
    syntax: 'the body is not JSON',
    depth: 'the body nests too deep',
    'duplicate-key': 'a key is given twice',
    proto: 'a key that no element has',
  };
  const at = parsed.position === undefined ? '' : ` (at character ${parsed.position})`;
  return fhirError(400, 'structure', `${words[parsed.fault]}${at}`, parsed.path);
};

/** Structure is a matter of 400, values are one of 422 (FHIR R4 http.html#create). */
const shapeError = (issues: readonly Issue[]): FhirError =>
  new FhirError(issues.some(({ code }) => code === 'structure') ? 400 : 422, issues);

export interface Loaded {
  readonly content: Content;
  /** what is wrong with the values; told only to whoever may write there (docs/decisions/0005-403-and-404.md) */
  readonly fault?: FhirError;
}

export interface Expected {
  readonly type: string;
  /** of an update: the id in the URL */
  readonly id?: string;
}

/** One resource of the expected type from its JSON text, as it was sent or as a patch has made it; or the refusal. */
export const contentOf = (
  json: string,
  expected: Expected,
  limits: Pick<BodyLimits, 'jsonDepth'>,
): Loaded | FhirError => {
  const parsed = parseJson(json, { depth: limits.jsonDepth });
  if (parsed.kind === 'fault') return jsonFault(parsed);
  const { value } = parsed;
  const shape = checkShape(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return shapeError(shape);
  const resource = value as Resource;
  if (resource.resourceType !== expected.type) {
    return fhirError(400, 'invalid', 'the resourceType is not that of the URL', 'resourceType');
  }
  if (expected.id !== undefined && resource.id !== expected.id) {
    return fhirError(400, 'invalid', 'the id is not that of the URL', `${expected.type}.id`);
  }
  const content = { resource, json };
  const issues = shape.length > 0 ? shape : checkNarratives(resource);
  if (issues.length === 0) return { content };
  const fault = shapeError(issues);
  return fault.status === 400 ? fault : { content, fault };
};

/** The JSON text of a resource that was sent in this format; or the refusal. */
const asJson = (text: string, format: Format, { jsonDepth }: BodyLimits): string | FhirError => {
  if (format === 'json') return text;
  const read = xmlToJson(text, { depth: jsonDepth });
  return read.kind === 'ok' ? read.json : fhirError(400, 'structure', read.fault.message, read.fault.path);
};

const bytesOf = ({ bodyBytes, xmlBytes }: BodyLimits, isXml: boolean): number =>
  isXml ? Math.min(bodyBytes, xmlBytes) : bodyBytes;

/** The JSON text of what was sent as JSON or XML, its grammar not checked yet; or the refusal. */
const readResource = async (request: Request, limits: BodyLimits): Promise<string | FhirError> => {
  const format = contentFormatOf(request.headers);
  if (format instanceof FhirError) return format;
  const text = await readText(request, bytesOf(limits, format === 'xml'));
  return typeof text === 'string' ? asJson(text, format, limits) : text;
};

/** The JSON text of any resource, its grammar checked, its content not; or the refusal. */
export const loadJson = async (request: Request, limits: BodyLimits): Promise<string | FhirError> => {
  const json = await readResource(request, limits);
  if (typeof json !== 'string') return json;
  const parsed = parseJson(json, { depth: limits.jsonDepth });
  return parsed.kind === 'ok' ? json : jsonFault(parsed);
};

/** One resource of the expected type, sent as JSON or XML, or the refusal. */
export const loadContent = async (
  request: Request,
  expected: Expected,
  limits: BodyLimits,
): Promise<Loaded | FhirError> => {
  const json = await readResource(request, limits);
  return typeof json === 'string' ? contentOf(json, expected, limits) : json;
};

/** What a patch says is to change, or the refusal. `headers` name its format. */
export const patchOf = (text: string, headers: Headers, limits: BodyLimits): PatchBody | FhirError => {
  const format = patchFormatOf(headers);
  if (format instanceof FhirError) return format;
  if (format === 'json-patch') {
    const parsed = parseJson(text, { depth: limits.jsonDepth });
    return parsed.kind === 'ok' ? { kind: 'json-patch', text } : jsonFault(parsed);
  }
  if (format === 'xml-patch') return { kind: 'xml-patch', text };
  const json = asJson(text, format === 'fhirpath-json' ? 'json' : 'xml', limits);
  if (typeof json !== 'string') return json;
  const loaded = contentOf(json, { type: 'Parameters' }, limits);
  if (loaded instanceof FhirError) return loaded;
  return loaded.fault ?? { kind: 'fhirpath-patch', text: json };
};

/** What a PATCH says is to change, or the refusal. It is parsed already, and applied by `applyPatch`. FHIR R4 http.html#patch. */
export const loadPatch = async (request: Request, limits: BodyLimits): Promise<PatchBody | FhirError> => {
  const format = patchFormatOf(request.headers);
  if (format instanceof FhirError) return format;
  const text = await readText(request, bytesOf(limits, format.endsWith('xml') || format === 'xml-patch'));
  return typeof text === 'string' ? patchOf(text, request.headers, limits) : text;
};

/** The parameters of a search that was posted. */
export const loadForm = async (request: Request, limit: number): Promise<URLSearchParams | FhirError> => {
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    return fhirError(415, 'not-supported', 'a search is posted as application/x-www-form-urlencoded');
  }
  const text = await readText(request, limit);
  if (typeof text !== 'string') return text;
  const form = new URLSearchParams(text);
  // RFC 6750 §2: no more than one way to carry a token, and ours is the header.
  return form.has('access_token') ? fhirError(400, 'invalid', 'a token in the form is refused') : form;
};
