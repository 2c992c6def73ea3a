/**
 * What is told of a database's failure: that it cannot be reached, that it took too long, or that it failed; never its own
 * words, which speak of tables and columns. FHIR R4 http.html#Status-Codes, security.html#http.
 */
import { BackendTooSlow, BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';

export const unavailable = (): BackendUnavailable =>
  new BackendUnavailable(new Error('the database cannot be reached'));
export const tooSlow = (): BackendTooSlow => new BackendTooSlow(new Error('a statement took too long'));
export const failed = (): FhirError =>
  fhirError(502, 'exception', 'The system that holds these records could not answer this.');

/** What whoever runs the gateway is told beside: a code of the database, as SQLSTATE, never a text. */
export interface DatabaseFailure {
  readonly event: 'database-unavailable' | 'database-too-slow' | 'database-failed';
  readonly code: string;
}
