/**
 * References resolved to the identity of what they point to, before anything is compared. FHIR R4 references.html.
 * Whatever cannot be resolved stays so: it never counts as a resource of this server.
 */
import { isResourceId } from './resource.ts';
import { isResourceType } from './resource-type.ts';

export type Target =
  /** a resource of this server, by a relative reference or by an absolute one under an own base */
  | { readonly kind: 'local'; readonly type: string; readonly id: string; readonly versionId?: string }
  /**
   * Somewhere else: an absolute URL (without version and trailing slash), `urn:uuid:`, `urn:oid:`, a canonical. `type`
   * is what a RESTful URL says.
   */
  | { readonly kind: 'foreign'; readonly url: string; readonly type?: string }
  /** `#id`: a contained resource has no identity of its own */
  | { readonly kind: 'contained'; readonly id: string }
  /** neither: `patient/1`, `../Patient/1`, an empty string */
  | { readonly kind: 'unknown' };

const unknown: Target = { kind: 'unknown' };

/** `Type/id`, `Type/id/`, `Type/id/_history/2`; undefined for anything else. */
const parseRelative = (path: string): { type: string; id: string; versionId?: string } | undefined => {
  const [type, id, history, versionId, ...rest] = (path.endsWith('/') ? path.slice(0, -1) : path).split('/');
  if (type === undefined || id === undefined || rest.length > 0) return undefined;
  if (!isResourceType(type) || !isResourceId(id)) return undefined;
  if (history === undefined) return { type, id };
  if (history !== '_history' || versionId === undefined || !isResourceId(versionId)) return undefined;
  return { type, id, versionId };
};

const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/;

const parseUrl = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);
const withoutTrailingSlash = (text: string): string => (text.endsWith('/') ? text.slice(0, -1) : text);

/** Path below one of our own bases. Scheme, host and default port are compared as URLs are; the path case-sensitively. */
const pathUnder = (url: URL, ownBases: readonly string[]): string | undefined => {
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') return undefined;
  for (const base of ownBases) {
    const own = parseUrl(base);
    if (own === undefined || own.origin !== url.origin) continue;
    const prefix = `${withoutTrailingSlash(own.pathname)}/`;
    if (url.pathname.startsWith(prefix)) return url.pathname.slice(prefix.length);
  }
  return undefined;
};

/** The `Type/id` that an absolute URL ends in, if it does, and what stands before it. */
const restfulTail = (url: string): { readonly type: string; readonly bare: string } | undefined => {
  const [, bare, type, id] =
    /^(.+?\/([A-Za-z]+)\/([A-Za-z0-9\-.]{1,64}))(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/.exec(url) ?? [];
  return bare !== undefined && type !== undefined && id !== undefined && isResourceType(type)
    ? { type, bare }
    : undefined;
};

/** `ownBases` are the absolute URLs at which this server's resources are known, with or without trailing slash. */
export const parseReference = (reference: string, ownBases: readonly string[]): Target => {
  if (reference.startsWith('#')) return { kind: 'contained', id: reference.slice(1) };
  if (!scheme.test(reference)) {
    const relative = parseRelative(reference);
    return relative === undefined ? unknown : { kind: 'local', ...relative };
  }
  if (/^urn:/i.test(reference)) return { kind: 'foreign', url: reference };
  const url = parseUrl(reference);
  if (url === undefined) return unknown;
  const path = pathUnder(url, ownBases);
  const own = path === undefined ? undefined : parseRelative(path);
  if (own !== undefined) return { kind: 'local', ...own };
  const plain = withoutTrailingSlash(reference);
  const tail = restfulTail(plain);
  return tail === undefined ? { kind: 'foreign', url: plain } : { kind: 'foreign', url: tail.bare, type: tail.type };
};

/** The reference as FHIR writes it for a resource of this server. */
export const relativeReference = (target: { readonly type: string; readonly id: string }): string =>
  `${target.type}/${target.id}`;
