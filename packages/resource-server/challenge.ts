/** What a 401 or 403 says of how to ask better: WWW-Authenticate. RFC 6750 §3; RFC 9728 §5.1. */

export interface Realm {
  /** the FHIR base */
  readonly base: string;
  /** where the protected-resource metadata is */
  readonly metadata: string;
}

export interface ChallengeError {
  readonly error: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
  readonly description?: string;
  readonly scope?: string;
}

/** RFC 9110 §5.6.4: what a quoted string cannot hold is left out. */
const quoted = (text: string): string => `"${text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '')}"`;

/** Without an error where no token was sent at all (RFC 6750 §3.1). */
export const challenge = ({ base, metadata }: Realm, error?: ChallengeError): string =>
  [
    `Bearer realm=${quoted(base)}`,
    `resource_metadata=${quoted(metadata)}`,
    ...(error === undefined ? [] : [`error=${quoted(error.error)}`]),
    ...(error?.description === undefined ? [] : [`error_description=${quoted(error.description)}`]),
    ...(error?.scope === undefined ? [] : [`scope=${quoted(error.scope)}`]),
  ].join(', ');
