/** What the guard releases: a value, made into a Response in one place. FHIR R4 http.html. */
import type { HistoryEntry, SearchResult, Version } from '@affinity/core/fhir/backend.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { SearchQuery } from '@affinity/core/fhir/search-query.ts';

export type Answer =
  | { readonly kind: 'resource'; readonly version: Version }
  /** `mayRead`: the caller could read what was written, so that it may be shown */
  | { readonly kind: 'written'; readonly status: 200 | 201; readonly version: Version; readonly mayRead: boolean }
  | { readonly kind: 'done' }
  | { readonly kind: 'search'; readonly query: SearchQuery; readonly result: SearchResult }
  | {
      readonly kind: 'history';
      readonly type: string;
      readonly id: string;
      readonly entries: readonly HistoryEntry[];
      readonly next?: string;
    }
  | { readonly kind: 'refusal'; readonly error: FhirError };

export const statusOf = (answer: Answer): number => {
  switch (answer.kind) {
    case 'refusal':
      return answer.error.status;
    case 'written':
      return answer.status;
    case 'done':
      return 204;
    default:
      return 200;
  }
};

export const refusal = (error: FhirError): Answer => ({ kind: 'refusal', error });

/** One text for what never was and for what may not be seen: the two are not to be told apart. */
export const notFound = (): Answer => refusal(fhirError(404, 'not-found', 'there is no such resource'));
