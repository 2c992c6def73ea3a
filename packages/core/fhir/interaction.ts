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

/** The interactions that a Backend of ours performs. `ifMatch` is the bare version id of `If-Match: W/"3"`. */
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
  | { readonly kind: 'delete'; readonly type: string; readonly id: string; readonly ifMatch?: string }
  | { readonly kind: 'history-instance'; readonly type: string; readonly id: string; readonly page: HistoryPage }
  | { readonly kind: 'search-type'; readonly type: string; readonly query: SearchQuery };

export interface HistoryPage {
  /** entries wanted, 1…1000 */
  readonly count: number;
  /** only versions older than this version id (paging) */
  readonly before?: string;
  /** only versions at or after this instant (`_since`) */
  readonly since?: string;
}
