/**
 * A refresh token for new tokens: rotated at every use, the same answer for honest callers who ask at once, the end of the
 * whole family for a replay. RFC 6749 §6; RFC 9700 §4.14.2; SMART App Launch 2.2, "Refresh access token".
 */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { lookOn } from '@affinity/store/postgres/look.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { noteGrantUse } from './grants.ts';
import { tellsIdentifiers } from './person-claims.ts';
import { printAnswer } from './refresh-answer.ts';
import { decideRefresh, invalidGrant, type RefreshDecision } from './refresh-decision.ts';
import { rotateRefreshToken } from './refresh-rotation.ts';
import { findRefreshToken, type RefreshFacts } from './refresh-tokens.ts';
import { holdSessionOf } from './session-rows.ts';
import {
  launchStands,
  settleRefusal,
  type TokenNeighbours,
  type TokenOutcome,
  type TokenRequest,
} from './token-grants.ts';
import { type MadeTokens, makeTokens, storeTokens } from './token-response.ts';

const refused = (error: OAuthError): TokenOutcome => ({ kind: 'refused', error, event: 'token-refused' });
type Issuing = Extract<RefreshDecision, { kind: 'issue' }>;

const issued = (body: string, { issued: { jti } }: MadeTokens, { grant }: Issuing): TokenOutcome => ({
  kind: 'issued',
  body,
  event: 'token-refreshed',
  token: jti,
  grant,
});

const rotationOf = (
  token: string,
  body: string,
  { asked, grant, issue }: Issuing,
  made: MadeTokens,
  facts: RefreshFacts,
) => ({
  token,
  answer: printAnswer(asked, body),
  grant,
  at: issue.at,
  session: grant.online === true ? facts.session?.uid : undefined,
  successor: made.refresh,
  reference: made.issued.row,
});

/**
 * The usual case: all that is known is in order, so the tokens are made, and given if one statement can still use the old one
 * up. Undefined where anything is otherwise: that is decided under the lock.
 */
async function refreshAtOnce(
  neighbours: TokenNeighbours,
  request: TokenRequest,
  token: string,
  known: RefreshFacts,
  stands: boolean,
  at: Date,
): Promise<TokenOutcome | undefined> {
  const { pool, commit, consents } = neighbours;
  if (known.row.consumedAt !== null) return undefined;
  const consent = await consents.look(known.row.grantId);
  const decision = await decideRefresh(pool, neighbours, request, { ...known, token, consent, stands, at });
  if (decision.kind !== 'issue') return undefined;
  const { grant, scope } = decision.issue;
  if (tellsIdentifiers({ place: 'id_token', grant, scope })) return undefined;
  const made = await makeTokens(undefined, neighbours, decision.issue);
  const body = JSON.stringify(made.response);
  const done = await rotateRefreshToken(commit, rotationOf(token, body, decision, made, known));
  return done ? issued(body, made, decision) : undefined;
}

/** The grant's row is the lock of the whole family: whoever comes second waits here and then sees what the first did. */
const refreshUnderLock = (
  neighbours: TokenNeighbours,
  request: TokenRequest,
  token: string,
  grantId: string,
  stands: boolean,
): Promise<TokenOutcome> =>
  transaction(neighbours.pool, async (db): Promise<TokenOutcome> => {
    const { consents, now } = neighbours;
    await holdSessionOf(db, grantId, now());
    await db.query('select from authorization_grant where id = $1 for update', [grantId]);
    // The time at which the lock is held: whoever had to wait for it is not late by the wait.
    const at = now();
    const known = await findRefreshToken(lookOn(db), token, at);
    if (known === undefined) return refused(invalidGrant('the grant has ended'));
    const consent = await consents.look(grantId, db);
    const decision = await decideRefresh(db, neighbours, request, { ...known, token, consent, stands, at });
    if (decision.kind === 'refused') return settleRefusal(db, neighbours, decision);
    if (decision.kind === 'given')
      return { kind: 'issued', body: decision.body, event: 'token-refreshed', grant: decision.grant };
    const made = await makeTokens(db, neighbours, decision.issue);
    const body = JSON.stringify(made.response);
    if (decision.given !== undefined) {
      await noteGrantUse(db, decision.grant, at);
      await storeTokens(db, made);
    } else if (!(await rotateRefreshToken(lookOn(db), rotationOf(token, body, decision, made, known))))
      throw new Error('A refresh token was consumed outside its lock.');
    return issued(body, made, decision);
  });

export async function refreshTokens(neighbours: TokenNeighbours, request: TokenRequest): Promise<TokenOutcome> {
  const token = request.sent.get('refresh_token');
  if (token === undefined) return refused(new OAuthError('invalid_request', 'refresh_token is missing'));
  const at = neighbours.now();
  const known = await findRefreshToken(neighbours.look, token, at);
  if (known === undefined) return refused(invalidGrant('unknown'));
  const stands = await launchStands(neighbours, known.facts);
  return (
    (await refreshAtOnce(neighbours, request, token, known, stands, at)) ??
    refreshUnderLock(neighbours, request, token, known.row.grantId, stands)
  );
}
