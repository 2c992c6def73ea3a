/** What was sent, read no further than it may be, before anything is made of it. FHIR R4 http.html, json.html. */
import { type ParsedJson, parseJson } from '@affinity/core/fhir/json.ts';
import { FhirError, fhirError, type Issue } from '@affinity/core/fhir/outcome.ts';
import type { Content, Resource } from '@affinity/core/fhir/resource.ts';
import { checkShape } from '@affinity/core/fhir/resource-shape.ts';
import { checkContentType } from './negotiation.ts';

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

/** One resource of the expected type, or the refusal. */
export const loadContent = async (
  request: Request,
  expected: Expected,
  limits: { readonly bodyBytes: number; readonly jsonDepth: number },
): Promise<Loaded | FhirError> => {
  const unsupported = checkContentType(request.headers);
  if (unsupported !== undefined) return unsupported;
  const json = await readText(request, limits.bodyBytes);
  if (typeof json !== 'string') return json;
  const parsed = parseJson(json, { depth: limits.jsonDepth });
  if (parsed.kind === 'fault') return jsonFault(parsed);
  const { value } = parsed;
  const issues = checkShape(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return shapeError(issues);
  const resource = value as Resource;
  if (resource.resourceType !== expected.type) {
    return fhirError(400, 'invalid', 'the resourceType is not that of the URL', 'resourceType');
  }
  if (expected.id !== undefined && resource.id !== expected.id) {
    return fhirError(400, 'invalid', 'the id is not that of the URL', `${expected.type}.id`);
  }
  const content = { resource, json };
  if (issues.length === 0) return { content };
  const fault = shapeError(issues);
  return fault.status === 400 ? fault : { content, fault };
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
