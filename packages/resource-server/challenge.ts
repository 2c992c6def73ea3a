/** What a 401 or 403 says of how to ask better: WWW-Authenticate. RFC 6750 §3; RFC 9449 §7.1; RFC 9728 §5.1. */
import { proofAlgorithms } from '@affinity/proof/dpop-key.ts';

export interface Realm {
  /** the FHIR base */
  readonly base: string;
  /** where the protected-resource metadata is */
  readonly metadata: string;
  /** whether tokens that are bound to a key are taken here, beside others or alone */
  readonly proofs: 'none' | 'taken' | 'needed';
}

export interface ChallengeError {
  readonly error: 'invalid_request' | 'invalid_token' | 'insufficient_scope' | 'invalid_dpop_proof' | 'use_dpop_nonce';
  readonly description?: string;
  readonly scope?: string;
}

/** RFC 9110 §5.6.4: what a quoted string cannot hold is left out. */
const quoted = (text: string): string => `"${text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '')}"`;

const printError = (error?: ChallengeError): readonly string[] => [
  ...(error === undefined ? [] : [`error=${quoted(error.error)}`]),
  ...(error?.description === undefined ? [] : [`error_description=${quoted(error.description)}`]),
  ...(error?.scope === undefined ? [] : [`scope=${quoted(error.scope)}`]),
];

/**
 * Without an error where no token was sent at all (RFC 6750 §3.1).
 * @param bound the error is of a token that is bound to a key, or was presented as one
 */
export const challenge = ({ base, metadata, proofs }: Realm, error?: ChallengeError, bound = false): string => {
  const where = [`realm=${quoted(base)}`, `resource_metadata=${quoted(metadata)}`];
  const algorithms = `algs=${quoted(proofAlgorithms.join(' '))}`;
  const [ofBearer, ofProof] = bound || proofs === 'needed' ? [undefined, error] : [error, undefined];
  const bearer = `Bearer ${[...where, ...printError(proofs === 'none' ? error : ofBearer)].join(', ')}`;
  if (proofs === 'none') return bearer;
  const proof = `DPoP ${[...(proofs === 'needed' ? where : []), algorithms, ...printError(ofProof)].join(', ')}`;
  return proofs === 'needed' ? proof : `${bearer}, ${proof}`;
};
