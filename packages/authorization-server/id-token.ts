/** id_tokens: who signed in, told to the app. OIDC Core 1.0 §2, §12.2; SMART App Launch 2.2: RS256, `fhirUser`. */
import { createHash } from 'node:crypto';
import { compactVerify, SignJWT } from 'jose';
import type { Grant } from './grants.ts';
import type { Person } from './people.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface IdTokenFacts {
  readonly grant: Grant;
  readonly person: Person;
  readonly scope: readonly string[];
  readonly accessToken: string;
  /** only with the code: a refreshed id_token has none */
  readonly nonce?: string;
}

export interface IdTokens {
  issue(facts: IdTokenFacts): Promise<string>;
  /** An id_token that we gave this app, however old. */
  verifyHint(idToken: string, clientId: string): Promise<boolean>;
}

/** The person's resource as an absolute URL: on the server that the token is for, unless it names another. */
export const fhirUserUrl = (person: Person, audience: string): string | undefined =>
  person.fhirUser === undefined || /^https?:/.test(person.fhirUser)
    ? person.fhirUser
    : `${audience}/${person.fhirUser}`;

/** What a scope tells of a person. */
export function personClaims(
  person: Person,
  scope: readonly string[],
  audience: string,
): { fhirUser?: string; name?: string } {
  const fhirUser = scope.includes('fhirUser') ? fhirUserUrl(person, audience) : undefined;
  return {
    ...(fhirUser === undefined ? {} : { fhirUser }),
    ...(scope.includes('profile') ? { name: person.name } : {}),
  };
}

export function createIdTokens(issuer: string, keys: SigningKeys, seconds: number, now: () => Date): IdTokens {
  const { alg, kid } = keys.idToken;
  return {
    issue({ grant, person, scope, accessToken, nonce }) {
      const iat = Math.floor(now().getTime() / 1000);
      const half = createHash('sha256').update(accessToken).digest().subarray(0, 16);
      return new SignJWT({
        ...personClaims(person, scope, grant.audience),
        ...(nonce === undefined ? {} : { nonce }),
        ...(grant.authTime === undefined ? {} : { auth_time: grant.authTime }),
        at_hash: half.toString('base64url'),
        iss: issuer,
        sub: person.sub,
        aud: grant.clientId,
        iat,
        exp: iat + seconds,
      })
        .setProtectedHeader({ alg, kid, typ: 'JWT' })
        .sign(keys.idToken.private);
    },
    async verifyHint(idToken, clientId) {
      try {
        const { payload, protectedHeader } = await compactVerify(idToken, keys.idToken.public, { algorithms: [alg] });
        const claims: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
        if (typeof claims !== 'object' || claims === null || protectedHeader.typ !== 'JWT') return false;
        return 'iss' in claims && claims.iss === issuer && 'aud' in claims && claims.aud === clientId;
      } catch {
        return false;
      }
    },
  };
}
