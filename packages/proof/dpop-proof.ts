/** One proof that its sender holds a key, for one request. Pure but for the signature. RFC 9449 §4.2, §4.3. */
import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose';
import { isProofAlgorithm, publicKeyOf } from './dpop-key.ts';
import { isInstant, type Members, readJws, smuggles } from './strict-jws.ts';

export interface ProofRules {
  /** how old a proof may be */
  readonly seconds: number;
  /** how far it may lie ahead */
  readonly skewSeconds: number;
  readonly characters: number;
}

export interface ProvedRequest {
  readonly method: string;
  /** absolute, as this server is known: never by what the request says of its host */
  readonly url: string;
  /** the access token that comes with it, at a resource */
  readonly accessToken?: string;
}

export type Proof =
  | {
      readonly kind: 'proof';
      /** SHA-256 thumbprint of the key (RFC 7638) */
      readonly jkt: string;
      /** stands for this proof where it is remembered as used; holds nothing of it */
      readonly id: Buffer;
      /** when it is dead by itself, on whatever clock */
      readonly until: Date;
      readonly nonce?: string;
    }
  /** `reason` is for the log: it holds nothing of the proof */
  | { readonly kind: 'refused'; readonly reason: string };

/** How far the clock of the database may go ahead of ours before a used proof is forgotten too early. */
const clockMarginSeconds = 60;

/** RFC 3986 §6.2.2, §6.2.3, without query and fragment: `%7e` and `~`, `:443` and none, are the same. */
function normalUri(uri: string): string | undefined {
  if (!/^https?:\/\/[^/\\]/i.test(uri) || !/^[\x21-\x5b\x5d-\x7e]+$/.test(uri)) return undefined;
  const parsed = URL.parse(uri);
  if (parsed === null || parsed.username !== '' || parsed.password !== '') return undefined;
  const path = parsed.pathname.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const char = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(char) ? char : encoded.toUpperCase();
  });
  return parsed.origin + path;
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

function claimsFault(claims: Members, rules: ProofRules, request: ProvedRequest, now: number): string | undefined {
  const { jti, htm, htu, iat, exp, nbf, ath, nonce } = claims;
  const time = Math.floor(now / 1000);
  if (typeof jti !== 'string' || jti === '' || jti.length > 255) return 'jti is missing';
  if (htm !== request.method) return 'htm is another method';
  const asked = typeof htu === 'string' ? normalUri(htu) : undefined;
  if (asked === undefined || asked !== normalUri(request.url)) return 'htu is another address';
  if (!isInstant(iat)) return 'iat is not a whole number of seconds';
  if (iat > time + rules.skewSeconds) return 'iat is in the future';
  if (iat < time - rules.seconds) return 'iat is too long ago';
  if (exp !== undefined && !(isInstant(exp) && exp > time - rules.skewSeconds)) return 'exp is over';
  if (nbf !== undefined && !(isInstant(nbf) && nbf <= time + rules.skewSeconds)) return 'nbf is in the future';
  if (nonce !== undefined && (typeof nonce !== 'string' || nonce === '')) return 'nonce is not a string';
  const { accessToken } = request;
  if (accessToken !== undefined && ath !== digestOf(accessToken).toString('base64url'))
    return 'ath is of another token';
  return undefined;
}

/** @param now epoch milliseconds */
export async function verifyProof(
  text: string,
  rules: ProofRules,
  request: ProvedRequest,
  now: number,
): Promise<Proof> {
  const refused = (reason: string): Proof => ({ kind: 'refused', reason });
  const read = readJws(text, rules.characters);
  if (read === undefined) return refused('not one compact JWS of two JSON objects');
  const { header, claims } = read;
  const { typ, alg, jwk } = header;
  if (typ !== 'dpop+jwt') return refused('typ is not dpop+jwt');
  if (!isProofAlgorithm(alg)) return refused('alg is not offered');
  if (smuggles(header, ['jwk'])) return refused('a header that is not allowed');
  const key = publicKeyOf(jwk, alg);
  if (key === undefined) return refused('jwk is no public key for alg');
  const fault = claimsFault(claims, rules, request, now);
  if (fault !== undefined) return refused(fault);
  try {
    await compactVerify(text, await importJWK(key, alg), { algorithms: [alg] });
  } catch {
    return refused('the signature is wrong');
  }
  const jkt = await calculateJwkThumbprint(key, 'sha256');
  const { jti, iat, nonce } = claims as { readonly jti: string; readonly iat: number; readonly nonce?: string };
  return {
    kind: 'proof',
    jkt,
    id: digestOf(JSON.stringify([jkt, jti])),
    until: new Date((iat + rules.seconds + rules.skewSeconds + clockMarginSeconds) * 1000),
    ...(nonce === undefined ? {} : { nonce }),
  };
}
