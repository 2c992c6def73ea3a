/** What went wrong, as the caller is told and as operators are. FHIR R4 http.html#Status-Codes. */
import { BackendTooSlow, BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { FactsUnavailable } from './facts/unavailable.ts';

const isNamed = (error: unknown, name: string): boolean => error instanceof Error && error.name === name;

/** Errors of backends that mean something to the caller are FhirErrors; all others are ours to know. */
export const faultOf = (error: unknown, seconds: number): FhirError => {
  if (error instanceof FhirError) return error;
  if (error instanceof BackendTooSlow || isNamed(error, 'TimeoutError'))
    return fhirError(400, 'too-costly', `this took longer than ${seconds} s and was given up; narrow it`);
  // The caller has gone: nobody reads this, but it is recorded.
  if (isNamed(error, 'AbortError')) return fhirError(400, 'timeout', 'the caller did not wait for the answer');
  return error instanceof BackendUnavailable || error instanceof FactsUnavailable
    ? fhirError(503, 'transient', 'the request cannot be completed now')
    : fhirError(500, 'exception', 'the request could not be completed');
};

/** A message may hold values of a record: the log is told the kind and where it was thrown. */
export const nameOf = (error: unknown): string =>
  error instanceof Error
    ? `${error.name} ${
        error.stack
          ?.split('\n')
          .find((line) => line.includes(' at '))
          ?.trim() ?? ''
      }`
    : typeof error;
