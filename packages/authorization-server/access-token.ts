/** Access tokens: signed, for one FHIR server, tied to the grant that they came from. RFC 9068; SMART App Launch 2.2. */
import { randomUUID } from 'node:crypto';
import type { AccessTokenClaims } from '@affinity/core/smart/launch-context.ts';
import { jwtVerify, SignJWT } from 'jose';
import { kidOf, type SigningKeys } from './signing-keys.ts';

export interface IssuedToken {
  readonly token: string;
  readonly jti: string;
  readonly expiresIn: number;
}

export type TokenFacts = Omit<AccessTokenClaims, 'iss' | 'iat' | 'exp' | 'jti'>;

export interface AccessTokens {
  issue(facts: TokenFacts, lifetime: { readonly seconds: number; readonly until?: Date }): Promise<IssuedToken>;
  /** The claims of a token of ours that has not expired; whether its grant still lives is another question. */
  verify(token: string): Promise<AccessTokenClaims | undefined>;
}

export function createAccessTokens(issuer: string, keys: SigningKeys, now: () => Date): AccessTokens {
  return {
    async issue(facts, { seconds, until }) {
      const { alg, kid, private: key } = keys.current().signing['access-token'];
      const iat = Math.floor(now().getTime() / 1000);
      const exp = Math.min(
        iat + seconds,
        until === undefined ? Number.POSITIVE_INFINITY : Math.floor(until.getTime() / 1000),
      );
      const jti = randomUUID();
      const { aud, ...rest } = facts;
      const token = await new SignJWT({
        ...rest,
        aud: typeof aud === 'string' ? aud : [...aud],
        iss: issuer,
        iat,
        exp,
        jti,
      })
        .setProtectedHeader({ alg, kid, typ: 'at+jwt' })
        .sign(key);
      return { token, jti, expiresIn: exp - iat };
    },
    async verify(token) {
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
    },
  };
}
