/**
 * The entries of a Bundle that a foreign server gave, each cut out of its text. FHIR R4 bundle.html, search.html#entries.
 */
import type { Held } from '../source.ts';
import { fhirJson, type Reading, useless } from './answer.ts';
import type { Answer } from './connection.ts';
import { heldOf } from './held.ts';
import { isMembers } from './json-text.ts';

type Members = Readonly<Record<string, unknown>>;

export interface BundleEntry {
  /** absent: the entry has no resource */
  readonly held?: Held;
  readonly fullUrl?: string;
  readonly search: Members;
  readonly request: Members;
  readonly response: Members;
}
export interface BundleText {
  readonly entries: readonly BundleEntry[];
  /** by relation, the first of each */
  readonly links: ReadonlyMap<string, string>;
}

const membersOf = (value: unknown): Members => (isMembers(value) ? value : {});

const linksOf = (value: unknown): ReadonlyMap<string, string> => {
  const links = new Map<string, string>();
  for (const link of Array.isArray(value) ? (value as readonly unknown[]) : []) {
    const { relation, url } = membersOf(link);
    if (typeof relation === 'string' && typeof url === 'string' && !links.has(relation)) links.set(relation, url);
  }
  return links;
};

/** What a fullUrl says is what the resource says. FHIR R4 bundle.html#bundle-unique, bdl-7. */
const isOf = (fullUrl: string, { type, id }: Held): boolean => {
  if (fullUrl.endsWith(`/${id}`)) return fullUrl === `${type}/${id}` || fullUrl.endsWith(`/${type}/${id}`);
  return /^urn:/i.test(fullUrl) || fullUrl.replace(/\/_history\/[^/]+$/, '').endsWith(`/${type}/${id}`);
};

/** Those of which a search speaks beside its matches are not read: what we have not asked for may be anything. */
const isRead = (search: Members): boolean => search.mode === undefined || search.mode === 'match';

/** @throws FhirError 502 where it is no such Bundle, or an entry of it is not sound */
export const bundleIn = (
  answer: Answer,
  reading: Reading,
  type: 'searchset' | 'history' | 'transaction-response',
): BundleText => {
  const { value, resources } = fhirJson(answer, reading);
  if (value.resourceType !== 'Bundle' || value.type !== type) throw useless(reading, `no ${type}`);
  const given = value.entry === undefined ? [] : value.entry;
  if (!Array.isArray(given)) throw useless(reading, 'no entries');
  let next = 0;
  const entries = (given as readonly unknown[]).map((entry): BundleEntry => {
    const { resource, fullUrl, search, request, response } = membersOf(entry);
    const about = {
      ...(typeof fullUrl === 'string' ? { fullUrl } : {}),
      search: membersOf(search),
      request: membersOf(request),
      response: membersOf(response),
    };
    if (resource === undefined) return about;
    const span = resources[next];
    next += 1;
    if (span === undefined) throw useless(reading, 'no entries');
    if (!isRead(about.search)) return about;
    const { etag, lastModified } = about.response;
    const beside = {
      etag: typeof etag === 'string' ? etag : undefined,
      lastModified: typeof lastModified === 'string' ? lastModified : undefined,
    };
    const held = heldOf(resource, answer.text.slice(span.start, span.end), reading.names, beside);
    if (held === undefined) {
      // An outcome has no id, and is none of what was asked for.
      if (membersOf(resource).resourceType === 'OperationOutcome') return about;
      throw useless(reading, 'an entry without a resource');
    }
    if (about.fullUrl !== undefined && !isOf(about.fullUrl, held)) throw useless(reading, 'an entry of another name');
    return { ...about, held };
  });
  if (next !== resources.length) throw useless(reading, 'no entries');
  const named = entries.find(({ fullUrl = '' }) => /^https?:/i.test(fullUrl));
  // References by that address would be taken for those of somebody else.
  if (named?.fullUrl !== undefined && !reading.names.namesIt(named.fullUrl))
    reading.report({ kind: 'upstream-unknown-address', source: reading.source });
  return { entries, links: linksOf(value.link) };
};
