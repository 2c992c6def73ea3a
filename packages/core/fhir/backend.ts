/**
 * One interface for everything that holds records: PostgreSQL, or a foreign system behind the gateway. One method for
 * each FHIR interaction. Whoever calls it gives the Filter that the caller's rights come to; what the Filter does not
 * let through is answered exactly as if it did not exist. Only the guard may call a Backend on behalf of a request.
 */
import type { Filter } from './filter.ts';
import type { HistoryPage } from './interaction.ts';
import type { Content } from './resource.ts';
import type { IndexedType, SearchParameters } from './search-parameter.ts';
import type { SearchQuery, SystemQuery } from './search-query.ts';

/** One version of a resource. `body` is its JSON text and leaves as it is. */
export interface Version {
  readonly type: string;
  readonly id: string;
  readonly versionId: string;
  /** instant with milliseconds, UTC: 2026-05-03T10:15:30.123Z */
  readonly lastUpdated: string;
  readonly body: string;
  /** ids of the patients whose record it is, where the backend knows them without reading the body */
  readonly patients?: readonly string[];
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
  /** `accepts` did not take what is stored */
  | { readonly kind: 'refused' }
  /** `If-Match` names another version than the current one */
  | { readonly kind: 'version-conflict'; readonly current: string }
  /** create with an id that is taken */
  | { readonly kind: 'id-taken' }
  /** another resource has the same canonical `url` and `version` (FHIR R4 references.html#canonical) */
  | { readonly kind: 'canonical-taken' };

export interface HistoryEntry {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly version: Version | Deletion;
}
export type HistoryResult =
  | { readonly kind: 'history'; readonly entries: readonly HistoryEntry[]; readonly next?: string }
  | { readonly kind: 'absent' };

export interface SearchResult {
  readonly matches: readonly Version[];
  /** what `_include` and `_revinclude` add to the matches of this page, each once, none of them a match */
  readonly included?: readonly Version[];
  /** how well matches fit what was asked for, 0…1, by id; absent: nothing is said of it */
  readonly scores?: ReadonlyMap<string, number>;
  /** exact, present when asked for with `_total=accurate` or `_count=0`, or when the page shows everything */
  readonly total?: number;
  /** cursors of the page after this one, of the one before it, and of the last; absent where there is none, or not known */
  readonly next?: string;
  readonly previous?: string;
  readonly last?: string;
}

export type TypeInteraction =
  | 'read'
  | 'vread'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'history-instance'
  | 'history-type'
  | 'search-type';

export type SearchParamType = IndexedType;

/** What a Backend can do, per type: the CapabilityStatement is written from it. */
export interface TypeCapability {
  readonly type: string;
  readonly interactions: readonly TypeInteraction[];
  readonly searchParams: readonly {
    readonly name: string;
    readonly type: SearchParamType;
    readonly definition: string;
  }[];
  /** names that `_sort` takes */
  readonly sort: readonly string[];
  /** `_include` values, as `Type:param`; none: includes are not performed */
  readonly includes?: readonly string[];
  /** `_revinclude` values, as `Type:param` */
  readonly revIncludes?: readonly string[];
}

/** The Filter of each type that an answer may speak of beside the type asked for: `nothing` where it may not. */
export type FilterOf = (type: string) => Filter;

/** What goes with a question beside its Filter. What is left out lets nothing more through. */
export interface Asking {
  /** of the types that chains and `_has` lead through; absent: nothing */
  readonly chained?: FilterOf;
  /** of the types that are included; absent: nothing */
  readonly included?: FilterOf;
  /** the caller has gone, or the time is up: the work is given up, and the promise rejects */
  readonly signal?: AbortSignal;
}

/** What becomes of a resource. */
export interface Update {
  readonly type: string;
  readonly id: string;
  readonly content: Content;
  readonly ifMatch?: string;
  /** whether the content may take the place of what is stored; without it, it may */
  readonly accepts?: (stored: string) => boolean;
}

/** The interactions, each narrowed by the Filter that the caller's rights come to. */
export interface Interactions {
  read(at: { readonly type: string; readonly id: string }, filter: Filter): Promise<ReadResult>;
  vread(
    at: { readonly type: string; readonly id: string; readonly versionId: string },
    filter: Filter,
  ): Promise<ReadResult>;
  /** `id` is chosen by the caller, so that it can be audited before the write. The content has been checked against the Filter already. */
  create(input: { readonly type: string; readonly id: string; readonly content: Content }): Promise<WriteResult>;
  /**
   * `filter` is what the stored version (pre-image) must satisfy, checked in the same transaction as the write; so is
   * `accepts`, which is given its JSON text, of a deleted resource that of its last content.
   */
  update(input: Update, filter: Filter): Promise<WriteResult>;
  delete(
    input: { readonly type: string; readonly id: string; readonly ifMatch?: string },
    filter: Filter,
  ): Promise<WriteResult>;
  /** Newest first; each version is judged by its own content and by the current (or last) one. */
  historyInstance(
    at: { readonly type: string; readonly id: string; readonly page: HistoryPage },
    filter: Filter,
    signal?: AbortSignal,
  ): Promise<HistoryResult>;
  searchType(query: SearchQuery, filter: Filter, asking?: Asking): Promise<SearchResult>;
}

/** The page of a history of several resources: newest first, each version judged as in an instance's history. */
export interface HistoryOf {
  readonly types: readonly string[];
  readonly page: HistoryPage;
}

/** `Patient/[id]/$everything`: the patient, what is in the patient's record, and the shared resources these refer to. */
export interface EverythingOf {
  readonly patient: string;
  /** only resources of these types (`_type`), already narrowed to what was granted */
  readonly types: readonly string[];
  /** only care of this range of dates (`start`, `end`): epoch milliseconds, end exclusive */
  readonly start?: number;
  readonly end?: number;
  /** only resources updated at or after this instant (`_since`) */
  readonly since?: string;
  readonly count: number;
  readonly cursor?: string;
}

/**
 * A Backend within one transaction: nothing of it is seen by anybody else before it is committed, and nobody else's
 * writes change what it has read. A result that is a conflict leaves the transaction as it was.
 */
export type Transaction = Interactions;

export interface Backend extends Interactions {
  /** true: the Filter is applied in the same statement that reads, so what comes out needs no second check */
  readonly appliesFilter: boolean;
  /** what works at this moment; the same array as long as nothing has changed */
  readonly capabilities: readonly TypeCapability[];
  /** the search parameters by which it finds, at this moment */
  readonly parameters?: SearchParameters;
  /** history of types, and of the whole system */
  history?(
    of: HistoryOf,
    filterOf: FilterOf,
    signal?: AbortSignal,
  ): Promise<Extract<HistoryResult, { kind: 'history' }>>;
  searchSystem?(query: SystemQuery, filterOf: FilterOf, signal?: AbortSignal): Promise<SearchResult>;
  everything?(of: EverythingOf, filterOf: FilterOf, signal?: AbortSignal): Promise<SearchResult>;
  /** ids of the patients whose record each of these is, by `Type/id`; what does not exist is left out */
  ownersOf?(
    references: readonly { readonly type: string; readonly id: string }[],
  ): Promise<ReadonlyMap<string, readonly string[]>>;
  /**
   * All that `work` writes, or nothing. What it throws undoes everything and is thrown on. It may be run again, from the
   * start, when another transaction was in its way: it must not leave anything behind outside the transaction.
   * `hold` names what no other transaction may work on at the same time. `readsDecide` false: nothing that `work` reads
   * decides what it writes, so that others' writes need not be kept away from what it has read; true unless told.
   * When `signal` is aborted before all has been done that leads up to it standing, nothing of it stands, and its reason
   * is thrown.
   */
  transact?<Result>(
    work: (within: Transaction) => Promise<Result>,
    hold: readonly string[],
    readsDecide?: boolean,
    signal?: AbortSignal,
  ): Promise<Result>;
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

/** A question took longer than it may, and was given up. */
export class BackendTooSlow extends Error {
  constructor(cause?: unknown) {
    super('the question took too long', { cause });
    this.name = 'BackendTooSlow';
  }
}
