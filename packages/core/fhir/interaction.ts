/** What a request asks of a FHIR server, parsed once at the door. FHIR R4 http.html. */
import type { Content } from './resource.ts';
import type { SearchQuery } from './search-query.ts';

/** The interactions of FHIR R4 http.html that a SMART scope letter speaks of (SMART App Launch 2.2, scopes). */
export const interactionKinds = [
  'read',
  'vread',
  'update',
  'patch',
  'delete',
  'history-instance',
  'history-type',
  'history-system',
  'create',
  'search-type',
  'search-system',
] as const;
export type InteractionKind = (typeof interactionKinds)[number];

/**
 * What is asked of one type: the words of a decision. Interactions of the whole system are decided type by type.
 * `ifMatch` is the bare version id of `If-Match: W/"3"`.
 */
export type Interaction =
  | { readonly kind: 'read'; readonly type: string; readonly id: string }
  | { readonly kind: 'vread'; readonly type: string; readonly id: string; readonly versionId: string }
  | { readonly kind: 'create'; readonly type: string; readonly content: Content }
  | {
      readonly kind: 'update';
      readonly type: string;
      readonly id: string;
      readonly content: Content;
      readonly ifMatch?: string;
    }
  | { readonly kind: 'patch'; readonly type: string; readonly id: string; readonly ifMatch?: string }
  | { readonly kind: 'delete'; readonly type: string; readonly id: string; readonly ifMatch?: string }
  | { readonly kind: 'history-instance'; readonly type: string; readonly id: string; readonly page: HistoryPage }
  | { readonly kind: 'history-type'; readonly type: string; readonly page: HistoryPage }
  | { readonly kind: 'search-type'; readonly type: string; readonly query: SearchQuery };

export interface HistoryPage {
  /** entries wanted, 1…1000 */
  readonly count: number;
  /** where the page begins, as given out by the backend in `HistoryResult.next`; opaque to everybody else */
  readonly before?: string;
  /** only versions at or after this instant (`_since`) */
  readonly since?: string;
  /** only versions that were current at some time of this range (`_at`): epoch milliseconds, end exclusive */
  readonly at?: { readonly start: number; readonly end: number };
}
