/** What a request asks of the states of apps, or why it is not understood. SMART App Launch 2.2, app state; FHIR R4 http.html. */
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { parseState, type State, type StateKey } from './state.ts';

export type Asked =
  | { readonly kind: 'create'; readonly state: State }
  | { readonly kind: 'read'; readonly id: string }
  | { readonly kind: 'update'; readonly id: string; readonly version: number; readonly state: State }
  | { readonly kind: 'delete'; readonly id: string; readonly version: number }
  | { readonly kind: 'search'; readonly key: StateKey };

const isFormat = (name: string): boolean => name === '_format';

function parseSearch(query: URLSearchParams): Asked | FhirError {
  const names = [...query.keys()].filter((name) => !isFormat(name));
  const missing = query.get('subject:missing') === 'true';
  const subject = query.get('subject');
  const known = names.length === 2 && names.includes('code') && (missing || (subject !== null && subject !== ''));
  if (!known) return fhirError(400, 'invalid', 'a search names code, and subject or subject:missing=true');
  const code = query.get('code') ?? '';
  if (!/^[^|\s]+\|[^|\s]+$/.test(code)) return fhirError(400, 'value', 'code is system|code');
  return { kind: 'search', key: { code, ...(missing || subject === null ? {} : { subject }) } };
}

/** RFC 9110 §13.1.1; a weak tag is FHIR's form of a version. */
function versionOf(request: Request): number | FhirError {
  const condition = request.headers.get('if-match');
  if (condition === null) return fhirError(428, 'required', 'a change names the version that it is made on: If-Match');
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(condition)?.[1];
  return version === undefined ? fhirError(412, 'conflict', 'If-Match is the ETag of a state') : Number(version);
}

async function readBody(request: Request, bytes: number): Promise<string | FhirError> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!['application/fhir+json', 'application/json', 'application/json+fhir'].includes(type))
    return fhirError(415, 'not-supported', 'the body is application/fhir+json');
  const tooLong = fhirError(413, 'too-long', `a state has at most ${bytes} bytes`);
  if (Number(request.headers.get('content-length') ?? 0) > bytes) return tooLong;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > bytes) return tooLong;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @param path under the base */
export async function parseAsked(request: Request, path: string, bytes: number): Promise<Asked | FhirError> {
  const { method } = request;
  const [, id] = /^\/Basic(?:\/([A-Za-z0-9.-]{1,64}))?$/.exec(path) ?? ['', ''];
  if (id === '') return fhirError(404, 'not-found', 'there is nothing but Basic here');
  if (id === undefined) {
    if (method === 'GET') return parseSearch(new URL(request.url).searchParams);
    if (method !== 'POST') return fhirError(405, 'not-supported', 'GET searches and POST adds');
    const body = await readBody(request, bytes);
    const state = body instanceof FhirError ? body : parseState(body);
    return state instanceof FhirError ? state : { kind: 'create', state };
  }
  if (method === 'GET') return { kind: 'read', id };
  if (method !== 'PUT' && method !== 'DELETE') return fhirError(405, 'not-supported', 'GET, PUT and DELETE');
  const version = versionOf(request);
  if (version instanceof FhirError) return version;
  if (method === 'DELETE') return { kind: 'delete', id, version };
  const body = await readBody(request, bytes);
  const state = body instanceof FhirError ? body : parseState(body, id);
  return state instanceof FhirError ? state : { kind: 'update', id, version, state };
}
