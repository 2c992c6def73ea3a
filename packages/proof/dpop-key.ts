/** The public key in a proof: its kind, its size, and that nothing of a private one is with it. RFC 9449 §4.2; RFC 8725 §3.2, §3.5. */
import type { JWK } from 'jose';
import type { Members } from './strict-jws.ts';

/** Signatures by which a proof may be made: asymmetric ones only (RFC 9449 §11.6). */
export const proofAlgorithms = ['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA', 'Ed25519'] as const;
export type ProofAlgorithm = (typeof proofAlgorithms)[number];

export const isProofAlgorithm = (value: unknown): value is ProofAlgorithm =>
  proofAlgorithms.some((known) => known === value);

/** bytes of a coordinate */
const curves: Readonly<Record<string, { readonly kty: string; readonly crv: string; readonly bytes: number }>> = {
  ES256: { kty: 'EC', crv: 'P-256', bytes: 32 },
  ES384: { kty: 'EC', crv: 'P-384', bytes: 48 },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', bytes: 32 },
  Ed25519: { kty: 'OKP', crv: 'Ed25519', bytes: 32 },
};

/** Members of private and symmetric keys. RFC 7518 §6. */
const secret = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** The bytes of a member, where it is written in the one way in which it can be. */
function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]+$/.test(value)) return undefined;
  const bytes = Buffer.from(value, 'base64url');
  return bytes.toString('base64url') === value ? bytes : undefined;
}

/** At least 2048 bits and no more than anybody uses; an exponent that is quick to verify by. */
function rsaKey({ n, e }: Members): JWK | undefined {
  const [modulus, exponent] = [bytesOf(n), bytesOf(e)];
  if (modulus === undefined || exponent === undefined) return undefined;
  const sound = modulus[0] !== 0 && modulus.length >= 256 && modulus.length <= 512 && exponent.length <= 4;
  const odd = ((exponent.at(-1) ?? 0) & 1) === 1 && (exponent.length > 1 || (exponent[0] ?? 0) >= 3);
  return sound && odd && exponent[0] !== 0 ? { kty: 'RSA', n: String(n), e: String(e) } : undefined;
}

/** The bare key: nothing but what its thumbprint is made of. Undefined where it is not one for this algorithm. */
export function publicKeyOf(jwk: unknown, alg: ProofAlgorithm): JWK | undefined {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return undefined;
  const key = jwk as Members;
  if (secret.some((name) => Object.hasOwn(key, name))) return undefined;
  if ((key.alg !== undefined && key.alg !== alg) || (key.use !== undefined && key.use !== 'sig')) return undefined;
  const curve = curves[alg];
  if (curve === undefined) return key.kty === 'RSA' ? rsaKey(key) : undefined;
  const { kty, crv, bytes } = curve;
  if (key.kty !== kty || key.crv !== crv || bytesOf(key.x)?.length !== bytes) return undefined;
  if (kty === 'OKP') return { kty, crv, x: String(key.x) };
  return bytesOf(key.y)?.length === bytes ? { kty, crv, x: String(key.x), y: String(key.y) } : undefined;
}
