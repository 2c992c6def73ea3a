/** Renewing and ending a session: a refresh token is never sent twice at once. RFC 6749 §6; RFC 9700 §4.14; RFC 7009. */
import type { Discover } from './discovery.ts';
import { type Failed, failed } from './failure.ts';
import { expiry } from './launch.ts';
import type { Neighbours } from './neighbours.ts';
import type { OAuth, Tokens } from './oauth.ts';
import type { Session, SessionStore, SignedOut } from './session.ts';

export type Renewed = { readonly kind: 'renewed'; readonly session: Session } | SignedOut | Failed;

/** Refusals of a refresh that are about the person's grant; others are about the app or the server, and may pass. */
const endings = new Set(['invalid_grant', 'invalid_token', 'access_denied']);

export function createRenewal(discover: Discover, oauth: OAuth, { now }: Neighbours) {
  const exchanges = new Map<string, Promise<Renewed>>();
  const renewals = new Map<string, Promise<Renewed>>();

  async function exchange(session: Session, refreshToken: string): Promise<Renewed> {
    const server = await discover();
    if (server.kind === 'failed') return server;
    const tokens = await oauth.exchangeRefresh(server.value.metadata, refreshToken);
    if (tokens.kind === 'got') return succeed(session, tokens.value, now());
    return endings.has(tokens.failure.code ?? '') ? { kind: 'signed-out', why: 'ended-by-server' } : tokens;
  }

  /** A new access token for a session, once however many ask at the same time. Saves nothing. */
  async function refresh(session: Session): Promise<Renewed> {
    const { refreshToken } = session;
    if (refreshToken === undefined) return { kind: 'signed-out', why: 'expired' };
    return once(exchanges, refreshToken, () => exchange(session, refreshToken));
  }

  /**
   * The session of a store with another access token than `used`, refreshed only if nobody did so meanwhile. All that
   * reads and writes the store happens inside one flight for each session, so a late caller cannot send an old token.
   */
  const renew = (store: SessionStore, id: string, used: string): Promise<Renewed> =>
    once(renewals, id, async () => {
      const current = await store.load();
      if (current === undefined) return { kind: 'signed-out', why: 'no-session' };
      if (current.accessToken !== used) return { kind: 'renewed', session: current };
      const renewed = await refresh(current);
      if (renewed.kind === 'failed') return renewed;
      const after = await store.load();
      if (after?.id !== id) {
        // Signed out while the answer was on its way: what it brought must not live on.
        if (renewed.kind === 'renewed') await revoke(renewed.session);
        return { kind: 'signed-out', why: 'no-session' };
      }
      await store.save(renewed.kind === 'renewed' ? renewed.session : undefined);
      return renewed;
    });

  /** Ends the tokens at the server: first the refresh token, and with it the grant, then the access token. */
  async function revoke(session: Session): Promise<{ readonly kind: 'revoked' } | Failed> {
    const server = await discover();
    if (server.kind === 'failed') return server;
    const { metadata } = server.value;
    if (metadata.revocation_endpoint === undefined)
      return failed('discovery', 'The server has no revocation endpoint.');
    const first =
      session.refreshToken === undefined
        ? undefined
        : await oauth.revoke(metadata, session.refreshToken, 'refresh_token');
    const second = await oauth.revoke(metadata, session.accessToken, 'access_token');
    // A server may be unable to revoke access tokens (RFC 7009 §2.2.1); without its refresh token it dies soon.
    if (first?.kind === 'failed') return first;
    return second.kind === 'failed' && first === undefined ? second : { kind: 'revoked' };
  }

  return { refresh, renew, revoke };
}

/** RFC 6749 §6: what the answer leaves out stays as it was. The person and the patient never change under a session. */
function succeed(session: Session, tokens: Tokens, now: number): Renewed {
  if (tokens.patient !== undefined && tokens.patient !== session.patient) {
    return failed('token', 'The refreshed token is for another patient.');
  }
  const { claims } = tokens;
  if (claims !== undefined && session.idTokenClaims !== undefined && claims.sub !== session.idTokenClaims.sub) {
    return failed('identity', 'The refreshed token is for another person.');
  }
  return {
    kind: 'renewed',
    session: {
      ...session,
      accessToken: tokens.accessToken,
      expiresAt: expiry(tokens.expiresIn, now),
      ...(tokens.refreshToken === undefined ? {} : { refreshToken: tokens.refreshToken }),
      ...(tokens.scope === undefined ? {} : { scope: tokens.scope }),
    },
  };
}

function once<T>(flights: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> {
  const under = flights.get(key);
  if (under !== undefined) return under;
  const flight = work().finally(() => flights.delete(key));
  flights.set(key, flight);
  return flight;
}
