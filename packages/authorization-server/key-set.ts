/** Key sets of apps: public keys that can be used, each with a kid of its own. RFC 7517; SMART App Launch 2.2, client-confidential-asymmetric. */
import { createPublicKey } from 'node:crypto';

const mostKeys = 50;
const bits = { least: 2048, most: 8192 } as const;
const curves: readonly unknown[] = ['P-256', 'P-384', 'P-521'];
/** Everything by which a key could be private, symmetric, or somebody else's word. RFC 7518 §6; RFC 7517 §4. */
const privateMembers = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is wrong with a key set, as sentences that say where; empty where all of it can be used. */
export function keyFaults(jwks: unknown): string[] {
  if (!isRecord(jwks) || !Array.isArray(jwks.keys) || jwks.keys.length === 0) return ['jwks must be {"keys": […]}'];
  if (jwks.keys.length > mostKeys) return [`jwks may hold ${mostKeys} keys`];
  const kids = new Set<unknown>();
  return jwks.keys.flatMap((key: unknown, at) => {
    if (!isRecord(key)) return [`jwks.keys[${at}] must be an object`];
    const faults: string[] = [];
    if (typeof key.kid !== 'string' || key.kid === '' || key.kid.length > 255)
      faults.push(`jwks.keys[${at}].kid is missing`);
    else if (kids.has(key.kid)) faults.push(`jwks.keys[${at}].kid is used twice`);
    kids.add(key.kid);
    return [...faults, ...materialFaults(key).map((fault) => `jwks.keys[${at}]${fault}`)];
  });
}

function materialFaults(key: Record<string, unknown>): string[] {
  const { kty, n, e, crv, x, y } = key;
  if (kty !== 'RSA' && kty !== 'EC') return ['.kty must be RSA or EC'];
  if (privateMembers.some((name) => Object.hasOwn(key, name))) return [' holds a private key'];
  if (kty === 'EC' && !curves.includes(crv)) return ['.crv must be P-256, P-384 or P-521'];
  const material = kty === 'RSA' ? { kty, n, e } : { kty, crv, x, y };
  if (!Object.values(material).every((value) => typeof value === 'string')) return [' is no whole public key'];
  try {
    // By itself, so that neither zeros in front nor a point off its curve pass for a key.
    const { asymmetricKeyDetails } = createPublicKey({ key: material as Record<string, string>, format: 'jwk' });
    if (kty === 'EC') return [];
    const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
    if (modulusLength < bits.least || modulusLength > bits.most)
      return [` must have at least ${bits.least} bits, and at most ${bits.most}`];
    return publicExponent < 3n || publicExponent % 2n === 0n ? ['.e must be an odd number from 3'] : [];
  } catch {
    return [' is no whole public key'];
  }
}
