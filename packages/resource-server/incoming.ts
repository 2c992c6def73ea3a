/** One request as the routes see it, whether it came by itself or as an entry of a Bundle. FHIR R4 http.html. */
import type { ExactObject } from '@affinity/core/fhir/exact-json.ts';
import type { FhirError } from '@affinity/core/fhir/outcome.ts';
import { type Expected, type Loaded, loadContent, loadForm, loadJson, loadPatch } from './body.ts';
import type { Limits } from './limits.ts';
import type { PatchBody } from './patch/patch.ts';

export interface Incoming {
  readonly method: string;
  /** what stands behind the base, as it was sent */
  readonly path: string;
  /** raw, without `?` */
  readonly query: string;
  readonly headers: Headers;
  /** JSON text of any resource, whose grammar has been checked */
  json(): Promise<string | FhirError>;
  content(expected: Expected): Promise<Loaded | FhirError>;
  patch(): Promise<PatchBody | FhirError>;
  form(): Promise<URLSearchParams | FhirError>;
  /** of an entry of a transaction: what others refer to it by, and the resource as it was sent */
  readonly entry?: { readonly fullUrl?: string; readonly resource?: ExactObject };
}

/** `basePath` has no trailing slash. */
export const incomingOf = (request: Request, url: URL, basePath: string, limits: Limits): Incoming => ({
  method: request.method,
  path: url.pathname.slice(basePath.length),
  query: url.search.slice(1),
  headers: request.headers,
  json: () => loadJson(request, limits),
  content: (expected) => loadContent(request, expected, limits),
  patch: () => loadPatch(request, limits),
  form: () => loadForm(request, limits.formBytes),
});
