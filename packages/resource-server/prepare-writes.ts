/**
 * What a server makes of writes before they are judged: references settled, entries added to a transaction. Nothing is decided
 * here: whatever comes out is judged by the guard as if it had been sent. FHIR R4 http.html#transaction.
 */
import type { ExactObject } from '@affinity/core/fhir/exact-json.ts';
import type { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';

export interface SentWrites {
  /** a write by itself is as a transaction with one entry */
  readonly kind: 'transaction' | 'create' | 'update';
  /** canonical URLs in `meta.profile` of the Bundle */
  readonly profiles: readonly string[];
  /** as in `Bundle.entry` */
  readonly entries: readonly ExactObject[];
  readonly principal: Principal;
}

export interface PreparedWrite {
  readonly entry: ExactObject;
  /** of one that creates: the id that it gets, where the server has chosen it already */
  readonly id?: string;
  /** of one that is added: the place of the sent entry for whose sake it is, where a fault of it is told */
  readonly because?: number;
  /** what is wrong with it, told once the decision permits it */
  readonly fault?: FhirError;
}

/** First those that were sent, in their order; then those that are added, of which the answer says nothing. */
export type PrepareWrites = (sent: SentWrites) => Promise<readonly PreparedWrite[] | FhirError>;
