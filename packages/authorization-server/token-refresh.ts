/**
 * A refresh token for new tokens: rotated at every use, the same answer for honest callers who ask at once, the end of the
 * whole family for a replay. RFC 6749 §6; RFC 9700 §4.14.2; SMART App Launch 2.2, "Refresh access token".
 */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { withinRemainder } from '@affinity/core/smart/grant-remainder.ts';
import { parseResourceScope } from '@affinity/core/smart/scope.ts';
import { setCovers } from '@affinity/core/smart/scope-order.ts';
import { parseScopes } from '@affinity/core/smart/scope-request.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { hashOf } from './adapter.ts';
import { grantAt } from './granted-servers.ts';
import { findLiveGrant, noteGrantUse } from './grants.ts';
import { renewed } from './lifetimes.ts';
import { type Asked, printAnswer, readAnswer, sameAsked } from './refresh-answer.ts';
import { consumeRefreshToken, findRefreshToken, openAnswer } from './refresh-tokens.ts';
import { holdSessionOf } from './session-rows.ts';
import type { Settings } from './settings.ts';
import {
  endFamily,
  launchStands,
  notGranted,
  stillEntitled,
  type TokenNeighbours,
  type TokenOutcome,
  type TokenRequest,
} from './token-grants.ts';
import { issueTokens } from './token-response.ts';

const refused = (error: OAuthError): TokenOutcome => ({ kind: 'refused', error, event: 'token-refused' });
const invalidGrant = (detail: string): OAuthError =>
  new OAuthError('invalid_grant', 'the refresh token is not valid', { detail });

/** The scope of the new access token: all of the grant, or the part that was asked. Undefined where more was asked. */
export function refreshedScope(
  granted: string,
  asked: string | undefined,
  settings: Settings,
): readonly string[] | undefined {
  const whole = granted.split(' ');
  if (asked === undefined) return whole;
  const limits = { characters: settings.scopeCharacters, tokens: settings.scopeTokens };
  const [ours, theirs] = [parseScopes(granted, limits), parseScopes(asked, limits)];
  if (ours.kind !== 'scopes' || theirs.kind !== 'scopes') return undefined;
  const tokens = [...new Set(asked.split(' ').filter((token) => token !== ''))];
  const within = tokens.every((token) => {
    if (whole.includes(token)) return true;
    const parsed = parseResourceScope(token);
    return parsed.kind === 'scope' && setCovers(ours.scopes.resources, [parsed.scope]);
  });
  return within && tokens.length > 0 ? tokens : undefined;
}

export async function refreshTokens(
  neighbours: TokenNeighbours,
  { client, sent, jkt }: TokenRequest,
): Promise<TokenOutcome> {
  const token = sent.get('refresh_token');
  if (token === undefined) return refused(new OAuthError('invalid_request', 'refresh_token is missing'));
  const { pool, consents, settings, now } = neighbours;
  const stands = await launchStands(
    neighbours,
    'id = (select grant_id from refresh_token where token = $1)',
    hashOf(token),
  );
  return transaction(pool, async (db): Promise<TokenOutcome> => {
    const known = await findRefreshToken(db, token);
    if (known === undefined) return refused(invalidGrant('unknown'));
    const session = await holdSessionOf(db, known.grantId, now());
    // The grant's row is the lock of the whole family: whoever comes second waits here and then sees what the first did.
    await db.query('select from authorization_grant where id = $1 for update', [known.grantId]);
    // The time at which the lock is held: whoever had to wait for it is not late by the wait.
    const at = now();
    const found = await findLiveGrant(db, known.grantId, at);
    const grant = found === undefined ? undefined : renewed(found, settings, at, session?.expiresAt);
    const row = await findRefreshToken(db, token);
    if (grant === undefined || row === undefined) return refused(invalidGrant('the grant has ended'));
    if (grant.clientId !== client.id) return refused(invalidGrant('of another app'));
    if (row.jkt !== null && row.jkt !== jkt) return refused(invalidGrant('another key, or none'));
    const age = row.consumedAt === null ? 0 : at.getTime() - row.consumedAt.getTime();
    if (row.consumedAt !== null && (age > settings.refreshGraceSeconds * 1000 || row.answer === null)) {
      await endFamily(db, neighbours, grant, 'refresh-token-replayed');
      return { kind: 'refused', error: invalidGrant('used before'), event: 'refresh-token-replayed', grant };
    }
    if (grant.online === true && session === undefined) {
      await endFamily(db, neighbours, grant, 'session-ended');
      return { ...refused(invalidGrant('the session has ended')), grant };
    }
    if (row.consumedAt === null && row.expiresAt <= at) return refused(invalidGrant('expired'));
    const present = await consents.read(db, grant, at);
    if (present === undefined) {
      await endFamily(db, neighbours, grant, 'consent-withdrawn');
      return { ...refused(invalidGrant('the consent has ended')), grant };
    }
    const resource = sent.get('resource');
    const placed = await grantAt(db, neighbours.crossReference, grant, resource);
    if (placed === undefined) return { ...refused(notGranted()), grant };
    const asked: Asked = [placed.audience, sent.get('scope') ?? null, jkt ?? null];
    const given = row.answer === null ? undefined : readAnswer(openAnswer(token, row.answer));
    if (given !== undefined && sameAsked(given.asked, asked))
      return { kind: 'issued', body: given.body, event: 'token-refreshed', grant };
    const scope = refreshedScope(grant.scope, sent.get('scope'), settings);
    if (scope === undefined) return refused(new OAuthError('invalid_scope', 'scope is more than was granted'));
    const person = await stillEntitled(db, grant, at, stands);
    if (person === undefined) {
      await endFamily(db, neighbours, grant, 'person-gone');
      return { ...refused(invalidGrant('the person may no longer act')), grant };
    }
    const left = withinRemainder(scope, present.grant.scope.split(' '));
    if (left.length === 0) return refused(new OAuthError('invalid_scope', 'nothing of scope is allowed any more'));
    await noteGrantUse(db, grant, at);
    const { response, issued } = await issueTokens(db, neighbours, {
      grant: present.grant,
      person,
      client,
      scope: left,
      at,
      ...(resource === undefined ? {} : { resource }),
      ...(jkt === undefined ? {} : { jkt }),
      ...(given === undefined ? {} : { successor: { token: given.refreshToken } }),
    });
    const body = JSON.stringify(response);
    if (given === undefined && !(await consumeRefreshToken(db, token, at, printAnswer(asked, body))))
      throw new Error('A refresh token was consumed outside its lock.');
    return { kind: 'issued', body, event: 'token-refreshed', token: issued.jti, grant };
  });
}
