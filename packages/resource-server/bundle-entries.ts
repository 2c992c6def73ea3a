/** A batch or transaction that was sent, taken apart: each entry as a request of its own. FHIR R4 http.html#transaction. */
import { type Exact, type ExactObject, isExactObject, parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { contentOf, patchOf } from './body.ts';
import type { Incoming } from './incoming.ts';
import type { Limits } from './limits.ts';

export interface SentBundle {
  readonly type: 'batch' | 'transaction';
  readonly entries: readonly (Incoming | FhirError)[];
  /** canonical URLs in its `meta.profile` */
  readonly profiles: readonly string[];
  /** the same entries as they were sent */
  readonly sent: readonly Exact[];
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Elements of `entry.request` and the headers that they stand for. */
const conditions = {
  ifMatch: 'If-Match',
  ifNoneMatch: 'If-None-Match',
  ifModifiedSince: 'If-Modified-Since',
  ifNoneExist: 'If-None-Exist',
} as const;

const text = (value: Exact | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

const headersOf = (request: ExactObject): Headers | undefined => {
  const headers = new Headers();
  for (const [element, name] of Object.entries(conditions)) {
    const value = text(request[element]);
    // FHIR R4 bundle.html gives an instant where HTTP has a date.
    const given = element === 'ifModifiedSince' && value !== undefined ? new Date(value).toUTCString() : value;
    if (given === undefined) continue;
    // A header has one line of Latin characters.
    if (!/^[\x20-\x7e]*$/.test(given)) return undefined;
    headers.set(name, given);
  }
  return headers;
};

/** `url` is relative to the base, or below it; what it says is not tidied. */
const placeOf = (url: string, base: string): { readonly path: string; readonly query: string } | undefined => {
  const relative = url.startsWith(`${base}/`) ? url.slice(base.length + 1) : url;
  if (/^[A-Za-z][A-Za-z0-9+.-]*:|^\/|#/.test(relative)) return undefined;
  const [path = '', query = ''] = relative.split(/\?(.*)/s);
  return { path: `/${path}`, query };
};

const binaryPatch = (resource: ExactObject, limits: Limits) => {
  const data = text(resource.data);
  const type = text(resource.contentType);
  return data === undefined || type === undefined
    ? fhirError(400, 'required', 'a patch is a Binary with contentType and data, or Parameters')
    : patchOf(Buffer.from(data, 'base64').toString('utf8'), new Headers({ 'Content-Type': type }), limits);
};

const bodyless = (): FhirError => fhirError(400, 'required', 'the entry holds no resource', 'resource');

/** One entry as a request of its own. */
export const entryOf = (entry: Exact, base: string, limits: Limits): Incoming | FhirError => {
  const { request, resource, fullUrl } = isExactObject(entry) ? entry : {};
  if (!isExactObject(request)) return fhirError(400, 'required', 'an entry has a request', 'request');
  const method = text(request.method) ?? '';
  if (!methods.has(method)) return fhirError(400, 'value', 'the method is none of HTTP', 'request.method');
  const place = placeOf(text(request.url) ?? '', base);
  if (place === undefined) return fhirError(400, 'value', 'the url is relative to the base', 'request.url');
  const headers = headersOf(request);
  if (headers === undefined) return fhirError(400, 'value', 'a condition has characters that no header has', 'request');
  const body = isExactObject(resource) ? resource : undefined;
  const json = body === undefined ? undefined : printExact(body);
  return {
    method,
    ...place,
    headers,
    json: async () => json ?? bodyless(),
    content: async (expected) => (json === undefined ? bodyless() : contentOf(json, expected, limits)),
    patch: async () => {
      if (body === undefined || json === undefined) return bodyless();
      return body.resourceType === 'Binary'
        ? binaryPatch(body, limits)
        : patchOf(json, new Headers({ 'Content-Type': 'application/fhir+json' }), limits);
    },
    form: async () => fhirError(400, 'not-supported', 'an entry searches by GET', 'request.method'),
    entry: {
      ...(typeof fullUrl === 'string' ? { fullUrl } : {}),
      ...(body === undefined ? {} : { resource: body }),
    },
  };
};

const profilesOf = ({ meta }: ExactObject): readonly string[] => {
  const profiles = isExactObject(meta) ? meta.profile : undefined;
  return Array.isArray(profiles) ? profiles.filter((one) => typeof one === 'string') : [];
};

/** `json` must have passed `parseJson`. */
export const bundleOf = (json: string, base: string, limits: Limits): SentBundle | FhirError => {
  const bundle = parseExact(json);
  if (!isExactObject(bundle) || bundle.resourceType !== 'Bundle')
    return fhirError(400, 'invalid', 'a Bundle is expected', 'resourceType');
  const { type, entry = [] } = bundle;
  if (type !== 'batch' && type !== 'transaction')
    return fhirError(400, 'value', 'the type is batch or transaction', 'Bundle.type');
  if (!Array.isArray(entry)) return fhirError(400, 'structure', 'an array is expected', 'Bundle.entry');
  if (entry.length > limits.bundleEntries)
    return fhirError(413, 'too-costly', `a Bundle has at most ${limits.bundleEntries} entries`, 'Bundle.entry');
  const entries = entry.map((each) => entryOf(each, base, limits));
  return { type, entries, profiles: profilesOf(bundle), sent: entry };
};
