/** A server of ours that proves a key of its own, made for the life of the process. RFC 9449 §4.2. */
import { createHash, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export type ProveKey = (of: {
  readonly method: string;
  readonly url: string;
  readonly accessToken?: string;
}) => Promise<string>;

const alg = 'ES256';

/** @param now epoch milliseconds */
export const createDpopProver = async (now: () => number): Promise<ProveKey> => {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const jwk = await exportJWK(publicKey);
  return ({ method, url, accessToken }) => {
    const { origin, pathname } = new URL(url);
    const ath = accessToken === undefined ? {} : { ath: createHash('sha256').update(accessToken).digest('base64url') };
    return new SignJWT({ jti: randomUUID(), htm: method, htu: `${origin}${pathname}`, ...ath })
      .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk })
      .setIssuedAt(Math.floor(now() / 1000))
      .sign(privateKey);
  };
};
