/**
 * One interface for everything that holds records: PostgreSQL, or a foreign system behind the gateway. One method for
 * each FHIR interaction. Whoever calls it gives the Filter that the caller's rights come to; what the Filter does not
 * let through is answered exactly as if it did not exist. Only the guard may call a Backend on behalf of a request.
 */
import type { Filter } from './filter.ts';
import type { HistoryPage } from './interaction.ts';
import type { Content } from './resource.ts';
import type { SearchQuery } from './search-query.ts';

/** One version of a resource. `body` is its JSON text and leaves as it is. */
export interface Version {
  readonly type: string;
  readonly id: string;
  readonly versionId: string;
  /** instant with milliseconds, UTC: 2026-05-03T10:15:30.123Z */
  readonly lastUpdated: string;
  readonly body: string;
}
/** A version that is a deletion: it has no content. */
export interface Deletion {
  readonly type: string;
  readonly id: string;
  readonly versionId: string;
  readonly lastUpdated: string;
}

export type ReadResult =
  | { readonly kind: 'found'; readonly version: Version }
  /** never was, or may not be seen: the two are not to be told apart */
  | { readonly kind: 'absent' }
  /** deleted, and its last content was within the Filter */
  | { readonly kind: 'deleted'; readonly deletion: Deletion };

export type WriteResult =
  | { readonly kind: 'created'; readonly version: Version }
  | { readonly kind: 'updated'; readonly version: Version }
  | { readonly kind: 'deleted'; readonly deletion: Deletion }
  | { readonly kind: 'absent' }
  /** `If-Match` names another version than the current one */
  | { readonly kind: 'version-conflict'; readonly current: string }
  /** create with an id that is taken */
  | { readonly kind: 'id-taken' };

export interface HistoryEntry {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly version: Version | Deletion;
}
export type HistoryResult =
  | { readonly kind: 'history'; readonly entries: readonly HistoryEntry[]; readonly next?: string }
  | { readonly kind: 'absent' };

export interface SearchResult {
  readonly matches: readonly Version[];
  /** exact, present when asked for with `_total=accurate` or `_count=0`, or when the page shows everything */
  readonly total?: number;
  /** cursor of the page after this one; absent on the last */
  readonly next?: string;
}

/** What a Backend can do, per type: the CapabilityStatement is written from it. */
export interface TypeCapability {
  readonly type: string;
  readonly interactions: readonly (
    | 'read'
    | 'vread'
    | 'create'
    | 'update'
    | 'delete'
    | 'history-instance'
    | 'search-type'
  )[];
  readonly searchParams: readonly {
    readonly name: string;
    readonly type: 'token' | 'reference' | 'string' | 'date';
    readonly definition: string;
  }[];
  /** names that `_sort` takes */
  readonly sort: readonly string[];
}

export interface Backend {
  /** true: the Filter is applied in the same statement that reads, so what comes out needs no second check */
  readonly appliesFilter: boolean;
  readonly capabilities: readonly TypeCapability[];
  read(at: { readonly type: string; readonly id: string }, filter: Filter): Promise<ReadResult>;
  vread(
    at: { readonly type: string; readonly id: string; readonly versionId: string },
    filter: Filter,
  ): Promise<ReadResult>;
  /** `id` is chosen by the caller, so that it can be audited before the write. The content has been checked against the Filter already. */
  create(input: { readonly type: string; readonly id: string; readonly content: Content }): Promise<WriteResult>;
  /** `filter` is what the stored version (pre-image) must satisfy, checked in the same transaction as the write. */
  update(
    input: { readonly type: string; readonly id: string; readonly content: Content; readonly ifMatch?: string },
    filter: Filter,
  ): Promise<WriteResult>;
  delete(
    input: { readonly type: string; readonly id: string; readonly ifMatch?: string },
    filter: Filter,
  ): Promise<WriteResult>;
  /** Newest first; each version is judged by its own content and by the current (or last) one. */
  historyInstance(
    at: { readonly type: string; readonly id: string; readonly page: HistoryPage },
    filter: Filter,
  ): Promise<HistoryResult>;
  searchType(query: SearchQuery, filter: Filter): Promise<SearchResult>;
}

/**
 * What holds the records cannot be asked now: the caller may try again. A write that ends so may have been made or not.
 * Nothing else that a Backend throws means anything to a caller.
 */
export class BackendUnavailable extends Error {
  constructor(cause: unknown) {
    super('the records cannot be reached', { cause });
    this.name = 'BackendUnavailable';
  }
}
