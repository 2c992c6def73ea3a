/** The keys of the issuer, made once per domain and kept in its database. RFC 7517; SMART App Launch 2.2: id_token RS256. */
import { createHmac, randomBytes } from 'node:crypto';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import type pg from 'pg';

export interface SigningKey {
  readonly alg: 'RS256' | 'ES256';
  readonly kid: string;
  readonly private: CryptoKey;
  readonly public: CryptoKey;
  readonly publicJwk: JWK;
}

export interface SigningKeys {
  /** RS256, as SMART wants it */
  readonly idToken: SigningKey;
  /** ES256: short, and quick to verify on every resource server */
  readonly accessToken: SigningKey;
  /** the private JWK of `idToken`, for oidc-provider */
  readonly idTokenJwk: JWK;
  /** public halves only */
  readonly jwks: JSONWebKeySet;
  /** proof that a form came from our own page */
  seal(text: string): string;
}

/** Reads the keys; makes those that are missing. Of several processes that start at once, one makes them. */
export async function loadSigningKeys(pool: pg.Pool): Promise<SigningKeys> {
  const [idTokenJwk, accessJwk, secret] = await Promise.all([
    keyFor(pool, 'id-token', () => makeJwk('RS256')),
    keyFor(pool, 'access-token', () => makeJwk('ES256')),
    keyFor(pool, 'form-seal', async () => ({ kty: 'oct', k: randomBytes(32).toString('base64url') })),
  ]);
  const [idToken, accessToken] = await Promise.all([signingKey(idTokenJwk, 'RS256'), signingKey(accessJwk, 'ES256')]);
  const sealKey = Buffer.from(secret.k ?? '', 'base64url');
  return {
    idToken,
    accessToken,
    idTokenJwk,
    jwks: { keys: [idToken.publicJwk, accessToken.publicJwk] },
    seal: (text) => createHmac('sha256', sealKey).update(text).digest('base64url'),
  };
}

async function keyFor(pool: pg.Pool, use: string, make: () => Promise<JWK>): Promise<JWK> {
  const read = async (): Promise<JWK | undefined> =>
    (await pool.query<{ jwk: JWK }>('select jwk from authorization_key where use = $1', [use])).rows[0]?.jwk;
  const found = await read();
  if (found !== undefined) return found;
  await pool.query('insert into authorization_key (use, jwk) values ($1, $2) on conflict (use) do nothing', [
    use,
    JSON.stringify(await make()),
  ]);
  const stored = await read();
  if (stored === undefined) throw new Error(`The key for ${use} could not be stored.`);
  return stored;
}

async function makeJwk(alg: 'RS256' | 'ES256'): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg, use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}

async function signingKey(jwk: JWK, alg: 'RS256' | 'ES256'): Promise<SigningKey> {
  const { kty, n, e, crv, x, y, kid = '' } = jwk;
  const bare = kty === 'RSA' ? { n, e } : { crv, x, y };
  const publicJwk = { kty, ...bare, kid, alg, use: 'sig' } as JWK;
  const [privateKey, publicKey] = await Promise.all([importJWK(jwk, alg), importJWK(publicJwk, alg)]);
  return { alg, kid, private: privateKey as CryptoKey, public: publicKey as CryptoKey, publicJwk };
}
