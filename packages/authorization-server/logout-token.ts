/** What an app is told when a session of its person has ended, signed like an id_token and unlike one. OIDC Back-Channel Logout 1.0 §2.4, §2.6. */
import { SignJWT } from 'jose';
import type { Client } from './clients.ts';
import { idTokenUse } from './id-token.ts';
import { sessionIdFor } from './session-id.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface EndedSession {
  /** of this telling: the same in every attempt of it */
  readonly id: string;
  readonly sub: string;
  readonly session: string;
}

/** It is used at once: a copy that turns up later is refused by its `exp`. */
const seconds = 120;

/** No `nonce`, and a `typ` of its own, so that it can never be taken for an id_token. */
export function issueLogoutToken(
  { issuer, keys, now }: { readonly issuer: string; readonly keys: SigningKeys; now(): Date },
  client: Client,
  { id, sub, session }: EndedSession,
): Promise<string> {
  const { alg, kid, private: key } = keys.current().signing[idTokenUse(client)];
  const iat = Math.floor(now().getTime() / 1000);
  return new SignJWT({
    iss: issuer,
    aud: client.id,
    iat,
    exp: iat + seconds,
    jti: id,
    sub,
    sid: sessionIdFor(keys, session, client.id),
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  })
    .setProtectedHeader({ alg, kid, typ: 'logout+jwt' })
    .sign(key);
}
