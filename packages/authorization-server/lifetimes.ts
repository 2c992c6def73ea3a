/**
 * How long what an app is given may live, by what the app is. An app that can keep a secret, or is installed, goes on for three
 * months from each use (ONC g(10)); a page in a browser ends at a fixed time, which no rotation moves (OAuth 2.0 for
 * Browser-Based Applications; RFC 9700 §4.14.2). docs/decisions/0022-sessions-and-lifetimes.md
 */
import type { Client } from './clients.ts';
import type { NewGrant } from './grants.ts';
import type { Settings } from './settings.ts';

export type ClientClass = 'confidential' | 'native' | 'browser' | 'service';

/** An app without an address in a browser is installed somewhere. */
export function classOf({ authentication, native, redirectUris, grantTypes }: Client): ClientClass {
  if (grantTypes.every((type) => type === 'client_credentials') && grantTypes.length > 0) return 'service';
  if (authentication !== 'none') return 'confidential';
  return native || redirectUris.length === 0 ? 'native' : 'browser';
}

/** Of an access token of an app with a person; SMART App Launch 2.2: at most an hour, whatever is set. */
export const accessSeconds = ({ accessTokenSeconds }: Settings): number => Math.min(accessTokenSeconds, 3600);
/** Of an access token of a service; SMART Backend Services: at most 300 s, whatever is set. */
export const serviceSeconds = ({ backendTokenSeconds }: Settings): number => Math.min(backendTokenSeconds, 300);

const later = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000);
const earliest = (...dates: readonly Date[]): Date => new Date(Math.min(...dates.map((date) => date.getTime())));

/**
 * The grant as it stands after a use: one that renews has its end moved.
 * @param sessionEnds of the session in which it was given, where it lives for as long as that does
 */
export function renewed<Given extends NewGrant>(
  grant: Given,
  settings: Settings,
  at: Date,
  sessionEnds: Date | undefined,
): Given {
  if (grant.online === true) return sessionEnds === undefined ? grant : { ...grant, expiresAt: sessionEnds };
  return grant.renews === true ? { ...grant, expiresAt: later(at, settings.refreshIdleSeconds) } : grant;
}

/** Until when a refresh token that is issued now may be used; undefined where the grant gives none, or no longer. */
export function refreshUntil(client: Client, grant: NewGrant, settings: Settings, at: Date): Date | undefined {
  const scope = grant.scope.split(' ');
  const goesOn = grant.lasting ? scope.includes('offline_access') : grant.online && scope.includes('online_access');
  if (!goesOn || !client.grantTypes.includes('refresh_token')) return undefined;
  const until = earliest(
    later(at, settings.refreshIdleSeconds),
    // The session of an online grant may be prolonged after this: the grant's own end follows it, and bounds the token.
    ...(grant.online === true ? [] : [grant.expiresAt]),
    ...(classOf(client) === 'browser' ? [later(grant.createdAt, settings.browserRefreshSeconds)] : []),
  );
  return until > at ? until : undefined;
}
