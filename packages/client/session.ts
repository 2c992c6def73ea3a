/** What an app keeps before and after a SMART launch: two types, both plain values that survive JSON. SMART App Launch 2.2, app-launch. */

import type { LaunchContext } from '@affinity/core/smart/launch-context.ts';

/** Between leaving for the authorization server and coming back. Secret; bind it to the person's browser; use it once. */
export interface PendingLaunch {
  readonly state: string;
  readonly nonce: string;
  /** PKCE code verifier. RFC 7636 §4.1 */
  readonly verifier: string;
  /** the authorization server that the person was sent to. RFC 9207 §2.4 */
  readonly issuer: string;
  /** scope that was asked for */
  readonly scope: string;
  /** milliseconds since 1970 */
  readonly createdAt: number;
}

/** What the server that the session belongs to is. */
export interface SessionServer {
  /** FHIR base, no slash at the end */
  readonly fhir: string;
  readonly issuer: string;
  /** where the person may see and change what the app may do, if the server has such a page */
  readonly management?: string;
}

/** Claims of the verified id_token. OpenID Connect Core 1.0 §2. */
export interface IdTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly [claim: string]: unknown;
}

/** A person signed in. Holds tokens: keep it on the server side, encrypted where it is written down. */
export interface Session {
  /** stays the same over every refresh */
  readonly id: string;
  readonly accessToken: string;
  /** milliseconds since 1970 */
  readonly expiresAt: number;
  /** present when offline_access or online_access was granted */
  readonly refreshToken?: string;
  /** scope that was granted, which may be less than what was asked for */
  readonly scope: string;
  /** bare id of the patient in context */
  readonly patient?: string;
  /** what the launch put into context beside the patient; whatever is malformed is left out */
  readonly context?: LaunchContext;
  /** URL of the person's own resource, as the id_token says it */
  readonly fhirUser?: string;
  /** absent when `openid` was not granted */
  readonly idTokenClaims?: IdTokenClaims;
  readonly server: SessionServer;
}

/** Where one person's session is kept. `save(undefined)` ends it. A failing store rejects, and the call rejects with it. */
export interface SessionStore {
  load(): Promise<Session | undefined>;
  save(session: Session | undefined): Promise<void>;
}

/** Why there is no session any more: none was there, its time is over, or the server ended it. */
export type SignedOut = { readonly kind: 'signed-out'; readonly why: 'no-session' | 'expired' | 'ended-by-server' };
