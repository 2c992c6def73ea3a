/**
 * An operation that is a server's own, behind the guard like everything else: it names the rights that it needs, sees the
 * records as far as the caller may, and what it answers is recorded before it leaves. FHIR R4 operations.html.
 */
import type { Asking, FilterOf, ReadResult, SearchResult, Version } from '@affinity/core/fhir/backend.ts';
import type { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { SearchQuery } from '@affinity/core/fhir/search-query.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { Intent } from '@affinity/policy/decision.ts';
import type { PageCursors } from './page-cursor.ts';

/** Where it was asked: no type, the whole system; no id, the type. */
export interface OperationPlace {
  readonly type?: string;
  readonly id?: string;
}

export interface OperationAsked extends OperationPlace {
  /** the parameters of the URL, without the caller's token */
  readonly query: URLSearchParams;
  /** what was sent: a Parameters, or the resource that stands for its one parameter `resource` */
  readonly body?: Resource;
  /** the same as JSON text, as it was sent */
  readonly bodyText?: string;
  readonly principal: Principal;
  readonly requestId: string;
  /** that the caller sent: for an exchange at the issuer (RFC 8693), and for nobody else */
  readonly accessToken: string;
  /** the caller has gone, or the time is up */
  readonly signal?: AbortSignal;
  /** to make links to further pages with, and to read them */
  readonly pages: PageCursors;
  /** of the server, without trailing slash */
  readonly base: string;
}

/** The records as far as the caller may see them. What may not be asked for is absent. */
export interface OperationView {
  read(type: string, id: string): Promise<ReadResult>;
  search(query: SearchQuery, asking?: Pick<Asking, 'signal'>): Promise<SearchResult>;
  /** what of each type the caller may read, and what a search of theirs may find */
  readonly readable: FilterOf;
  readonly findable: FilterOf;
}

export type OperationAnswer =
  | {
      readonly kind: 'made';
      /** JSON text of a resource */
      readonly json: string;
      /** 200 unless told */
      readonly status?: number;
      /** what of the records it shows: only what the view gave */
      readonly shows?: readonly Version[];
      /** whom else it tells about: ids of patients, as this server knows them */
      readonly patients?: readonly string[];
    }
  | { readonly kind: 'refused'; readonly error: FhirError };

export interface OwnOperation {
  /** without `$` */
  readonly name: string;
  readonly on: 'system' | 'type' | 'instance' | 'type-or-instance';
  /** of these, be they offered or not; of all that are offered unless told */
  readonly types?: readonly string[];
  readonly methods: readonly ('GET' | 'POST')[];
  /** canonical URL of its OperationDefinition */
  readonly definition: string;
  /** Whether it changes anything: then it is recorded before it is performed too, and only POST will do. */
  readonly affectsState?: boolean;
  /**
   * It is a create by other means: what is made of the JSON text that was sent is written as a resource of this type, as if it
   * had been sent, and the answer refers to it. Then nothing is performed.
   */
  readonly creates?: { readonly type: string; content(json: string): string | FhirError };
  /** All of them are needed. None: whoever has a token may ask. */
  needs(at: OperationPlace): readonly Intent[];
  /** @throws FhirError when it cannot be done */
  perform(asked: OperationAsked, view: OperationView): Promise<OperationAnswer>;
}

/** Whether it is asked at this kind of place. */
export const isAt = ({ on, types }: OwnOperation, type: string, place: 'system' | 'type' | 'instance'): boolean =>
  (on === place || (on === 'type-or-instance' && place !== 'system')) &&
  (place === 'system' || types === undefined || types.includes(type));
