/** What the guard releases: a value, made into a Response or an entry of a Bundle in one place. FHIR R4 http.html. */
import type { HistoryEntry, SearchResult, Version } from '@affinity/core/fhir/backend.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Understood } from './asked.ts';

/** The rules that narrowed what the answer may speak of, for the log. */
export interface Narrowed {
  readonly because?: readonly string[];
}

export type Answer = Narrowed & Released;

type Released =
  | { readonly kind: 'resource'; readonly version: Version }
  /**
   * `mayRead`: the caller could read what was written, so that it may be shown. `unchanged`: a conditional create found
   * what it would have made.
   */
  | {
      readonly kind: 'written';
      readonly status: 200 | 201;
      readonly version: Version;
      readonly mayRead: boolean;
      readonly unchanged?: true;
    }
  /** `versionId` is of the deletion, where there was something to delete */
  | { readonly kind: 'done'; readonly versionId?: string }
  | {
      readonly kind: 'search';
      /** behind the base: `Observation`, or nothing for the whole system */
      readonly path: string;
      readonly understood: Understood;
      /** the page asked for is the one that this cursor names */
      readonly cursor?: string;
      readonly ignored?: readonly string[];
      readonly result: SearchResult;
    }
  | {
      readonly kind: 'history';
      readonly path: string;
      readonly understood: Understood;
      readonly cursor?: string;
      readonly entries: readonly HistoryEntry[];
      readonly next?: string;
    }
  /** a resource that is made for the answer, as JSON text */
  | {
      readonly kind: 'made';
      readonly json: string;
      readonly of?: Version;
      /** 200 unless told */
      readonly status?: number;
      /** of a server's own operation: what of the records it shows, and whom else it tells about */
      readonly shows?: readonly Version[];
      readonly patients?: readonly string[];
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
    case 'made':
      return answer.status ?? 200;
    default:
      return 200;
  }
};

export const refusal = (error: FhirError): Answer => ({ kind: 'refusal', error });

/** One text for what never was and for what may not be seen: the two are not to be told apart. */
export const notFound = (): Answer => refusal(fhirError(404, 'not-found', 'there is no such resource'));
export const gone = (): Answer => refusal(fhirError(410, 'deleted', 'the resource was deleted'));

/** The versions that an answer holds, for the log. */
export const versionsIn = (answer: Answer): readonly Version[] => {
  switch (answer.kind) {
    case 'resource':
    case 'written':
      return [answer.version];
    case 'search':
      return [...answer.result.matches, ...(answer.result.included ?? [])];
    case 'history':
      return answer.entries.flatMap(({ version }) => ('body' in version ? [version] : []));
    case 'made':
      return [...(answer.of === undefined ? [] : [answer.of]), ...(answer.shows ?? [])];
    default:
      return [];
  }
};
