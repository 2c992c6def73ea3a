/**
 * Paths below the base of a foreign FHIR server, made from parts that FHIR's grammar lets through: nothing that is put in
 * leads out of the base. FHIR R4 http.html#general; RFC 3986 §5.2.4, §3.3.
 */
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { isResourceType } from '@affinity/core/fhir/resource-type.ts';

/** FHIR's grammar of an id lets `.` and `..` through, which a path reads as steps. */
const isSegment = (text: string): boolean => isResourceId(text) && text !== '.' && text !== '..';

/** undefined: no resource of FHIR has this place */
export const instancePath = (type: string, id: string): string | undefined =>
  isResourceType(type) && isSegment(id) ? `/${type}/${id}` : undefined;

export const versionPath = (type: string, id: string, versionId: string): string | undefined => {
  const instance = instancePath(type, id);
  return instance === undefined || !isSegment(versionId) ? undefined : `${instance}/_history/${versionId}`;
};

export const typePath = (type: string): string | undefined => (isResourceType(type) ? `/${type}` : undefined);

/** What may follow the base as it stands: no white space, no fragment, no backslash, no step up, no doubled slash. */
const isBelow = (rest: string): boolean => {
  if (!/^(?:[/?][\x21-\x7e]*)?$/.test(rest) || /[#\\]/.test(rest)) return false;
  const [path = ''] = rest.split('?', 1);
  if (/%(?:2f|5c|00|25)/i.test(path)) return false;
  const [, ...segments] = path.split('/');
  return segments.every(
    (segment, i) => !/^(?:\.|%2e){1,2}$/i.test(segment) && (segment !== '' || i === segments.length - 1),
  );
};

/** Where a link may lead: as it stands, and a path alone also below the base. */
const readings = (link: string, base: URL): readonly (URL | null)[] => {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:|^\/\//.test(link)) return [URL.parse(link)];
  const below = URL.parse(link.replace(/^\//, ''), `${base.href.replace(/\/$/, '')}/`);
  return link.startsWith('/') ? [URL.parse(link, base.href), below] : [below];
};

/**
 * What follows the base in a link that the foreign server gave. `spellings` are the addresses by which it calls itself,
 * without trailing slash. undefined: the link leads elsewhere.
 */
export const pathOfLink = (link: string, spellings: readonly string[], most: number): string | undefined => {
  if (link.length > most || /[\s\\#]/.test(link)) return undefined;
  for (const base of spellings.map((spelling) => new URL(spelling))) {
    const prefix = base.pathname.replace(/\/$/, '');
    for (const url of readings(link, base)) {
      if (url === null || url.username !== '' || url.password !== '') continue;
      if (url.origin !== base.origin || !url.pathname.startsWith(prefix)) continue;
      const rest = url.pathname.slice(prefix.length) + url.search;
      const path = rest.startsWith('/?') ? rest.slice(1) : rest;
      if (isBelow(path) && path.length <= most) return path;
    }
  }
  return undefined;
};

/** Whether a path that was given out as a cursor still is one. */
export const isPath = (path: string, most: number): boolean => path.length <= most && isBelow(path);
