/** An app that holds a key and proves it: what tests change of a proof, they say. RFC 9449 §4. */
import { createHash, KeyObject, randomUUID, sign } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export interface Prover {
  readonly jkt: string;
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
  /** A proof for this request, now; a claim or header member that is undefined is left out. */
  proof(asked: Asked): Promise<string>;
  /** a compact JWS over these very texts, however odd; ES256 */
  signed(header: string, payload: string): string;
}

export interface Asked {
  readonly method?: string;
  readonly url: string;
  readonly accessToken?: string;
  /** epoch milliseconds */
  readonly now?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

export async function createProver(alg = 'ES256', options: { readonly modulusLength?: number } = {}): Promise<Prover> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, ...options });
  const [publicJwk, privateJwk] = await Promise.all([exportJWK(publicKey), exportJWK(privateKey)]);
  return {
    jkt: await calculateJwkThumbprint(publicJwk),
    publicJwk,
    privateJwk,
    proof: ({ method = 'POST', url, accessToken, now = Date.now(), claims = {}, header = {} }) => {
      const ath =
        accessToken === undefined ? {} : { ath: createHash('sha256').update(accessToken).digest('base64url') };
      const usual = { jti: randomUUID(), htm: method, htu: url, iat: Math.floor(now / 1000), ...ath };
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk: publicJwk, ...header })
        .sign(privateKey);
    },
    signed: (header, payload) => {
      const text = [header, payload].map((part) => Buffer.from(part).toString('base64url')).join('.');
      const key = { key: KeyObject.from(privateKey), dsaEncoding: 'ieee-p1363' } as const;
      return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
    },
  };
}
