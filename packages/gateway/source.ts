/**
 * What a foreign system must be able to do for the gateway: find, read, and perhaps write. It is trusted with nothing: what
 * it gives is a candidate, and the gateway's Backend (source-backend.ts) judges each by the Filter and by the question before
 * anything of it leaves. FHIR R4 http.html, search.html#errors.
 */
import type { TypeCapability, Version } from '@affinity/core/fhir/backend.ts';
import type { HistoryPage } from '@affinity/core/fhir/interaction.ts';
import type { Content, Resource } from '@affinity/core/fhir/resource.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { SearchClause, SortKey } from '@affinity/core/fhir/search-query.ts';

export interface At {
  readonly type: string;
  readonly id: string;
}

/**
 * One version that the foreign system gave, parsed once. It speaks in our terms already: references to the foreign system's
 * own resources are relative, and its address stands nowhere in it. `body` is the JSON text of `resource`.
 */
export interface Held extends Version {
  readonly resource: Resource;
}

/** A question to the foreign system. */
export interface Wanted {
  readonly type: string;
  /**
   * All of them are demanded of what is shown, and the gateway looks at that itself: a source leaves out those that it cannot
   * ask by, so that it finds more than is wanted, never less.
   */
  readonly clauses: readonly SearchClause[];
  /** only what the type's capability says that it can sort by */
  readonly sort: readonly SortKey[];
  /** how many are wanted at once: a hint */
  readonly count: number;
  /** where the page begins, as the source gave it out; the gateway seals it before anybody sees it */
  readonly cursor?: string;
}
export interface Found {
  /** in the order asked for, only the current version of each, none twice over all pages */
  readonly found: readonly Held[];
  readonly next?: string;
}

export type SourceRead =
  | { readonly kind: 'found'; readonly version: Held }
  | { readonly kind: 'absent' }
  /** deleted: of its last content nothing is known */
  | { readonly kind: 'deleted' };

/** Newest first. */
export interface SourceHistory {
  readonly entries: readonly { readonly method: 'POST' | 'PUT' | 'DELETE'; readonly version: Held | Deleted }[];
  readonly next?: string;
}
export interface Deleted extends At {
  readonly versionId: string;
  readonly lastUpdated: string;
}

export type StagedWrite =
  /** `id`: asked for; the system may choose another, and says which */
  | { readonly kind: 'create'; readonly type: string; readonly id: string; readonly content: Content }
  /** only where `ifMatch` is the current version: the check and the write must see the same one */
  | {
      readonly kind: 'update';
      readonly type: string;
      readonly id: string;
      readonly content: Content;
      readonly ifMatch: string;
    }
  | { readonly kind: 'delete'; readonly type: string; readonly id: string; readonly ifMatch: string };

export type SourceWrite =
  | { readonly kind: 'written'; readonly version: Held }
  | { readonly kind: 'deleted'; readonly deletion: Deleted }
  /** another version is the current one, or the id is taken: nothing was written */
  | { readonly kind: 'conflict' };

export interface SourceWriter {
  write(staged: StagedWrite): Promise<SourceWrite>;
  /** All of them or none, in one request of the foreign system; absent: it has no transactions. */
  transact?(staged: readonly StagedWrite[]): Promise<readonly SourceWrite[] | 'conflict'>;
}

/**
 * What all of them throw: `BackendUnavailable`, `BackendTooSlow`, or a `FhirError` that may be told to the caller, without a
 * word of the foreign system's own. Every method ends early when the signal is aborted, and its promise rejects.
 */
export interface Source {
  /** for the log, the metrics and alerts: never an address */
  readonly name: string;
  /**
   * What it can be asked at this moment. `searchParams` are those by which it finds at least all that is wanted; includes and
   * chains are the gateway's own work, so that `includes` and `revIncludes` are not set here.
   */
  readonly capabilities: readonly TypeCapability[];
  /** definitions of the parameters; HL7's unless told */
  readonly parameters?: SearchParameters;
  read(at: At, signal?: AbortSignal): Promise<SourceRead>;
  find(wanted: Wanted, signal?: AbortSignal): Promise<Found>;
  /** absent: it keeps no earlier versions */
  vread?(at: At & { readonly versionId: string }, signal?: AbortSignal): Promise<SourceRead>;
  historyInstance?(at: At & { readonly page: HistoryPage }, signal?: AbortSignal): Promise<SourceHistory | 'absent'>;
  /** absent: it can only be read */
  readonly writer?: SourceWriter;
}
