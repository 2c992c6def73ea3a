/**
 * Access tokens: for one FHIR server, tied to the grant that they came from. Signed (RFC 9068), or a reference where the
 * server asks for that or a signed one would be too long to send in a header. SMART App Launch 2.2, "Scope size".
 */
import { randomUUID } from 'node:crypto';
import type { AccessTokenClaims } from '@affinity/core/smart/launch-context.ts';
import { jwtVerify, SignJWT } from 'jose';
import type pg from 'pg';
import type { ResourceServer } from './audience.ts';
import { findReferenceToken, isReference, makeReferenceToken, type ReferenceTokenRow } from './reference-token.ts';
import type { Settings } from './settings.ts';
import { kidOf, type SigningKeys } from './signing-keys.ts';

export interface IssuedToken {
  readonly token: string;
  readonly jti: string;
  readonly expiresIn: number;
  /** of a reference, to be stored before anybody is given it (reference-token.ts) */
  readonly row?: ReferenceTokenRow;
}

export type TokenFacts = Omit<AccessTokenClaims, 'iss' | 'iat' | 'exp' | 'jti'>;

export interface AccessTokens {
  issue(facts: TokenFacts, lifetime: { readonly seconds: number; readonly until?: Date }): Promise<IssuedToken>;
  /** The claims of a token of ours, of either kind, that has not expired; whether its grant still lives is another question. */
  verify(token: string, db?: pg.Pool | pg.PoolClient): Promise<AccessTokenClaims | undefined>;
}

export interface AccessTokenNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly keys: SigningKeys;
  /** their bases in the one form that `aud` has */
  readonly resourceServers: readonly ResourceServer[];
  readonly settings: Pick<Settings, 'jwtCharacters' | 'rememberedTokens'>;
  now(): Date;
}

export const audiencesOf = ({ aud }: Pick<AccessTokenClaims, 'aud'>): readonly string[] =>
  typeof aud === 'string' ? [aud] : aud;

export function createAccessTokens({
  issuer,
  pool,
  keys,
  resourceServers,
  settings,
  now,
}: AccessTokenNeighbours): AccessTokens {
  /** Of several servers, one that asks for it is enough. */
  const wantsReference = (claims: AccessTokenClaims): boolean =>
    resourceServers.some(({ base, tokens }) => tokens === 'opaque' && audiencesOf(claims).includes(base));

  const sign = (claims: AccessTokenClaims): Promise<string> => {
    const { alg, kid, private: key } = keys.current().signing['access-token'];
    return new SignJWT({ ...claims, aud: typeof claims.aud === 'string' ? claims.aud : [...claims.aud] })
      .setProtectedHeader({ alg, kid, typ: 'at+jwt' })
      .sign(key);
  };

  const verifySigned = async (token: string): Promise<AccessTokenClaims | undefined> => {
    const key = keys.current().published('access-token', kidOf(token));
    if (key === undefined) return undefined;
    try {
      const { payload } = await jwtVerify(token, key.public, {
        issuer,
        typ: 'at+jwt',
        algorithms: [key.alg],
        requiredClaims: ['aud', 'sub', 'client_id', 'iat', 'exp', 'jti', 'scope'],
        currentDate: now(),
      });
      return payload as unknown as AccessTokenClaims;
    } catch {
      return undefined;
    }
  };

  const remembered = new Map<string, AccessTokenClaims>();

  /** A signature that was right is right as long as its key is published and the token has not expired. */
  const verifyRemembered = async (token: string): Promise<AccessTokenClaims | undefined> => {
    const known = remembered.get(token);
    if (known !== undefined && keys.current().published('access-token', kidOf(token)) !== undefined)
      if (known.exp > now().getTime() / 1000) return known;
    remembered.delete(token);
    const claims = await verifySigned(token);
    if (claims === undefined) return undefined;
    remembered.set(token, claims);
    const [oldest] = remembered.keys();
    if (remembered.size > settings.rememberedTokens && oldest !== undefined) remembered.delete(oldest);
    return claims;
  };

  return {
    async issue(facts, { seconds, until }) {
      const iat = Math.floor(now().getTime() / 1000);
      const exp = Math.min(
        iat + seconds,
        until === undefined ? Number.POSITIVE_INFINITY : Math.floor(until.getTime() / 1000),
      );
      const jti = randomUUID();
      const claims: AccessTokenClaims = { ...facts, iss: issuer, iat, exp, jti };
      const signed = wantsReference(claims) ? undefined : await sign(claims);
      const fits = signed !== undefined && signed.length <= settings.jwtCharacters;
      return { ...(fits ? { token: signed } : makeReferenceToken(claims)), jti, expiresIn: exp - iat };
    },
    verify: (token, db = pool) => (isReference(token) ? findReferenceToken(db, token, now()) : verifyRemembered(token)),
  };
}
