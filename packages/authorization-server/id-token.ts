/** id_tokens: who signed in, told to the app. OIDC Core 1.0 §2, §12.2; SMART App Launch 2.2: RS256, `fhirUser`. */
import { hash } from 'node:crypto';
import { compactVerify, SignJWT } from 'jose';
import type { Client } from './clients.ts';
import type { Grant } from './grants.ts';
import type { KeyUse } from './key-schedule.ts';
import type { Person } from './people.ts';
import type { PersonClaims } from './person-claims.ts';
import { sessionIdFor } from './session-id.ts';
import { kidOf, type SigningKeys } from './signing-keys.ts';

export interface IdTokenFacts {
  readonly grant: Grant;
  readonly person: Person;
  readonly client: Client;
  /** what is told of the person */
  readonly claims: PersonClaims;
  readonly accessToken: string;
  /** only with the code: a refreshed id_token has none */
  readonly nonce?: string;
}

/** What an id_token of ours says of whom and of which session it is, whoever brings it back. */
export interface Hint {
  readonly sub: string;
  readonly clientId: string;
  /** how the app knows the session */
  readonly sid?: string;
}

export interface IdTokens {
  issue(facts: IdTokenFacts): Promise<string>;
  /** Of an id_token that we gave some app, however old. OIDC RP-Initiated Logout 1.0 §2. */
  readHint(idToken: string): Promise<Hint | undefined>;
  /** Of an id_token that we gave this app, however old: who it was about. */
  verifyHint(idToken: string, clientId: string): Promise<{ readonly sub: string } | undefined>;
}

/** How and when the person signed in. OIDC Core 1.0 §2; RFC 9068 §2.2.1. */
export const signInClaims = ({ authTime, signIn }: Grant): { auth_time?: number; acr?: string } => ({
  ...(authTime === undefined ? {} : { auth_time: authTime }),
  ...(signIn?.acr === undefined ? {} : { acr: signIn.acr }),
});

/** RS256 unless the app registered another. SMART App Launch 2.2, scopes; OIDC Registration 1.0 §2. */
export const idTokenUse = ({ metadata }: Client): KeyUse =>
  metadata.id_token_signed_response_alg === 'ES256' ? 'id-token-es256' : 'id-token';

export function createIdTokens(issuer: string, keys: SigningKeys, seconds: number, now: () => Date): IdTokens {
  const readHint = async (idToken: string): Promise<Hint | undefined> => {
    const kid = kidOf(idToken);
    const key = keys.current().retained('id-token', kid) ?? keys.current().retained('id-token-es256', kid);
    if (key === undefined) return undefined;
    try {
      const { payload, protectedHeader } = await compactVerify(idToken, key.public, { algorithms: [key.alg] });
      const claims: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
      if (typeof claims !== 'object' || claims === null || protectedHeader.typ !== 'JWT') return undefined;
      const { iss, aud, sub, sid } = claims as { readonly [name: string]: unknown };
      if (iss !== issuer || typeof aud !== 'string' || typeof sub !== 'string') return undefined;
      return { sub, clientId: aud, ...(typeof sid === 'string' ? { sid } : {}) };
    } catch {
      return undefined;
    }
  };
  return {
    issue({ grant, person, client, claims, accessToken, nonce }) {
      const { alg, kid, private: key } = keys.current().signing[idTokenUse(client)];
      const iat = Math.floor(now().getTime() / 1000);
      const half = hash('sha256', accessToken, 'buffer').subarray(0, 16);
      return new SignJWT({
        ...claims,
        ...(nonce === undefined ? {} : { nonce }),
        ...signInClaims(grant),
        ...(grant.signIn?.amr === undefined ? {} : { amr: [...grant.signIn.amr] }),
        ...(grant.signIn?.session === undefined ? {} : { sid: sessionIdFor(keys, grant.signIn.session, client.id) }),
        at_hash: half.toString('base64url'),
        iss: issuer,
        sub: person.sub,
        aud: grant.clientId,
        iat,
        exp: iat + seconds,
      })
        .setProtectedHeader({ alg, kid, typ: 'JWT' })
        .sign(key);
    },
    readHint,
    async verifyHint(idToken, clientId) {
      const hint = await readHint(idToken);
      return hint?.clientId === clientId ? hint : undefined;
    },
  };
}
