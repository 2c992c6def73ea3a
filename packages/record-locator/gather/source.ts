/**
 * A server of the domain, as the locator asks it: by its own token, within its own time, and never beyond its base. FHIR R4
 * http.html; RFC 8707 §2; CWE-918.
 */

import { type Confidentiality, confidentialityLevels } from '@affinity/core/fhir/filter.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';

/** What a request to one server carries; good for no other. */
export interface SourceToken {
  /** for this very request: a proof of a key is of one method and one URL (RFC 9449 §4.2) */
  headersFor(method: 'GET' | 'POST', url: string): Promise<Readonly<Record<string, string>>>;
}

export interface SourceRequest {
  readonly method: 'GET' | 'POST';
  /** absolute, and under the base of the source */
  readonly url: string;
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export type SourceReply =
  | { readonly kind: 'reply'; readonly status: number; readonly body: string }
  | { readonly kind: 'failed'; readonly why: Failure };

/** Why there is nothing from a server. What is told of it says nothing of a person. */
export type Failure =
  /** it did not answer in its time */
  | 'timeout'
  /** it could not be reached, or it said that it cannot answer now */
  | 'unreachable'
  /** its answer is not one that may be shown */
  | 'malformed'
  /** it cannot be asked in this way */
  | 'not-supported'
  /** no token could be had for it now */
  | 'no-token';

/** One of the domain: what is asked of another base is asked of nobody. */
export interface Source {
  /** as people read it */
  readonly title: string;
  /** absolute URL of its FHIR base, without trailing slash */
  readonly base: string;
  /** that somebody is known there says something of them by itself: who may not see so much is told nothing of it */
  readonly confidentiality?: Confidentiality;
  /** Never follows a redirect, and never rejects. */
  readonly ask: (request: SourceRequest) => Promise<SourceReply>;
}

/** Those of which this caller may know at all. */
export const sourcesFor = (sources: readonly Source[], { clearance = 'N' }: Principal): readonly Source[] =>
  sources.filter(
    ({ confidentiality = 'N' }) =>
      confidentialityLevels.indexOf(confidentiality) <= confidentialityLevels.indexOf(clearance),
  );

/** Whether a URL that a server gave is one of that server. */
export const isUnder = (base: string, url: string): boolean => {
  if (!URL.canParse(url)) return false;
  const { href, username, password, hash } = new URL(url);
  if (username !== '' || password !== '' || hash !== '') return false;
  return href === base || href.startsWith(`${base}/`) || href.startsWith(`${base}?`);
};
