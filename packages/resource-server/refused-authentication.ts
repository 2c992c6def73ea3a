/** Who is not let in, and why: the answer to a token that is missing, not valid, or cannot be judged now. RFC 6750 §3; RFC 9449 §7.1. */
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Authentication } from './authenticate.ts';
import { challenge, type Realm } from './challenge.ts';
import type { TooMany } from './open-reads.ts';

/** No decision, and so no answer: never an answer without one. */
export const undecided = (): FhirError => {
  const issue = { severity: 'error', code: 'transient', diagnostics: 'access cannot be decided now' } as const;
  return new FhirError(503, [issue], { 'Retry-After': '1' });
};

export const createRefusal =
  (realm: Realm) =>
  (authentication: Exclude<Authentication, { kind: 'principal' }> | TooMany): FhirError => {
    const denied = (status: number, diagnostics: string, header: string): FhirError =>
      new FhirError(status, [{ severity: 'error', code: 'login', diagnostics }], { 'WWW-Authenticate': header });
    switch (authentication.kind) {
      case 'anonymous':
        return denied(401, 'an access token is needed', challenge(realm));
      case 'invalid-token':
        return denied(
          401,
          authentication.proof === undefined || authentication.proof === 'invalid_token'
            ? 'the access token is not valid'
            : 'the DPoP proof is not valid',
          challenge(realm, { error: authentication.proof ?? 'invalid_token' }, authentication.proof !== undefined),
        );
      case 'invalid-request': {
        const error = { error: 'invalid_request', description: authentication.reason } as const;
        return denied(400, authentication.reason, challenge(realm, error));
      }
      case 'too-many': {
        const issue = { severity: 'error', code: 'throttled', diagnostics: authentication.reason } as const;
        return new FhirError(429, [issue], { 'Retry-After': '60' });
      }
      case 'unavailable':
        return undecided();
    }
  };
