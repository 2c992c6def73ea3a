/** Whether a request comes with a proof of a key: one header, fresh, made for this request, used once. RFC 9449 §4.3, §8, §11.1. */
import type { Nonces } from './dpop-nonce.ts';
import { type ProofRules, type ProvedRequest, verifyProof } from './dpop-proof.ts';

export interface ProofNeighbours {
  readonly rules: ProofRules;
  readonly nonces: Nonces;
  readonly requireNonce: boolean;
  /** One statement: of several at once, exactly one is told true. Rejects where it cannot be known. */
  readonly useOnce: (id: Uint8Array, until: Date) => Promise<boolean>;
  /** epoch milliseconds */
  readonly now: () => number;
}

export interface Expected extends ProvedRequest {
  /** thumbprint of the key that has to be proved; absent: whichever is */
  readonly key?: string;
}

export type Proved =
  | { readonly kind: 'none' }
  | { readonly kind: 'proved'; readonly jkt: string }
  | {
      readonly kind: 'refused';
      readonly error: 'invalid_dpop_proof' | 'use_dpop_nonce' | 'invalid_token';
      readonly reason: string;
    };

export type CheckProof = (headers: Headers, expected: Expected) => Promise<Proved>;

/** @throws what `useOnce` throws: then nothing is proved */
export const createProofCheck =
  ({ rules, nonces, requireNonce, useOnce, now }: ProofNeighbours): CheckProof =>
  async (headers, { key, ...request }) => {
    const refused = (error: Extract<Proved, { kind: 'refused' }>['error'], reason: string): Proved => ({
      kind: 'refused',
      error,
      reason,
    });
    // Two headers arrive joined by a comma, which no JWS holds.
    const text = headers.get('dpop');
    if (text === null) return { kind: 'none' };
    const proof = await verifyProof(text, rules, request, now());
    if (proof.kind === 'refused') return refused('invalid_dpop_proof', proof.reason);
    if (key !== undefined && proof.jkt !== key) return refused('invalid_token', 'bound to another key');
    if (requireNonce && (proof.nonce === undefined || !nonces.accepts(proof.nonce)))
      return refused('use_dpop_nonce', 'a nonce of this server is needed');
    return (await useOnce(proof.id, proof.until))
      ? { kind: 'proved', jkt: proof.jkt }
      : refused('invalid_dpop_proof', 'used before');
  };
