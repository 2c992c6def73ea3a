/**
 * Proofs of a key at the endpoints of the authorization server, and what is said where one is refused. RFC 9449 §5, §7.1, §8.
 */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { createProofCheck, type Expected, type Proved } from '@affinity/proof/dpop-check.ts';
import { proofAlgorithms } from '@affinity/proof/dpop-key.ts';
import { createNonces, type Nonces } from '@affinity/proof/dpop-nonce.ts';
import { createUsedProofs } from '@affinity/store/used-proofs.ts';
import type pg from 'pg';
import type { Settings } from './settings.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface ProofOfKey {
  readonly nonces: Nonces;
  /** The thumbprint of the key that the request proves; undefined where it comes without a proof. @throws OAuthError */
  prove(request: Request, expected: Omit<Expected, 'method'>): Promise<string | undefined>;
  /** what goes with every answer: the nonce for the next proof, where one is needed */
  headers(): Readonly<Record<string, string>>;
}

/** The challenge of an endpoint that takes tokens with a proof. RFC 9449 §7.1. */
export const proofAlgorithmsText = proofAlgorithms.join(' ');

const descriptions = {
  invalid_dpop_proof: 'the DPoP proof is not valid',
  use_dpop_nonce: 'the DPoP proof needs the nonce of this server',
  invalid_token: 'the access token is not valid',
} as const;

export interface ProofOfKeyNeighbours {
  readonly pool: pg.Pool;
  readonly keys: Pick<SigningKeys, 'seal'>;
  readonly settings: Settings;
  now(): Date;
}

export function createProofOfKey({ pool, keys, settings, now }: ProofOfKeyNeighbours): ProofOfKey {
  const { proofSeconds, proofNonceSeconds, requireProofNonce, proofCharacters, clockSkewSeconds } = settings;
  const time = (): number => now().getTime();
  const nonces = createNonces(keys.seal, proofNonceSeconds, time);
  const check = createProofCheck({
    rules: { seconds: proofSeconds, skewSeconds: clockSkewSeconds, characters: proofCharacters },
    nonces,
    requireNonce: requireProofNonce,
    useOnce: createUsedProofs(pool),
    now: time,
  });
  const headers = (): Readonly<Record<string, string>> => (requireProofNonce ? { 'dpop-nonce': nonces.current() } : {});
  const refusal = ({ error, reason }: Extract<Proved, { kind: 'refused' }>): OAuthError =>
    new OAuthError(error, descriptions[error], { detail: reason, headers: headers() });
  return {
    nonces,
    headers,
    async prove(request, expected) {
      const proved = await check(request.headers, { ...expected, method: request.method });
      if (proved.kind === 'refused') throw refusal(proved);
      return proved.kind === 'proved' ? proved.jkt : undefined;
    },
  };
}
