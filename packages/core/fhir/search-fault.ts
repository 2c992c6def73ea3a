/** What a search is refused for. FHIR R4 search.html#errors. */
import type { IssueType } from './outcome.ts';

export interface Fault {
  readonly kind: 'search-fault';
  readonly code: IssueType;
  /** for the caller */
  readonly diagnostics: string;
}
export const fault = (code: IssueType, diagnostics: string): Fault => ({ kind: 'search-fault', code, diagnostics });
export const isFault = (value: object): value is Fault => 'kind' in value && value.kind === 'search-fault';
