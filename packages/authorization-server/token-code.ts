/** The authorization code, redeemed once. RFC 6749 §4.1.3, §10.5; RFC 7636 §4.6; RFC 9700 §2.1; RFC 9449 §10. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import { hashOf } from './adapter.ts';
import { grantAt } from './granted-servers.ts';
import { findLiveGrant, noteFirstUse, type SignIn } from './grants.ts';
import { renewed } from './lifetimes.ts';
import { holdSession } from './session-rows.ts';
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

/** What oidc-provider stored with the code. */
interface CodePayload {
  readonly clientId: string;
  readonly accountId: string;
  readonly redirectUri: string;
  readonly codeChallenge?: string;
  readonly codeChallengeMethod?: string;
  readonly nonce?: string;
  readonly authTime?: number;
  readonly sessionUid?: string;
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** thumbprint of the key to whose holder the code is bound */
  readonly dpopJkt?: string;
}

const signInOf = ({ sessionUid, acr, amr }: CodePayload): SignIn => ({
  ...(sessionUid === undefined ? {} : { session: sessionUid }),
  ...(acr === undefined ? {} : { acr }),
  ...(amr === undefined ? {} : { amr }),
});

const refused = (error: OAuthError): TokenOutcome => ({ kind: 'refused', error, event: 'token-refused' });
const invalidGrant = (detail: string): OAuthError =>
  new OAuthError('invalid_grant', 'the code is not valid', { detail });

function provesChallenge(verifier: string, { codeChallenge, codeChallengeMethod }: CodePayload): boolean {
  if (codeChallenge === undefined || codeChallengeMethod !== 'S256' || !/^[A-Za-z0-9._~-]{43,128}$/.test(verifier))
    return false;
  const derived = createHash('sha256').update(verifier).digest('base64url');
  return timingSafeEqual(hashOf(derived), hashOf(codeChallenge));
}

/** One statement: of several at once, exactly one is told that it is the first. */
async function consumeCode(db: pg.PoolClient, code: string, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `update authorization_state set consumed_at = $2
     where model = 'AuthorizationCode' and id = $1 and consumed_at is null`,
    [hashOf(code), at],
  );
  return rowCount === 1;
}

/** The session in which the code was made, if it lives: held until the tokens are issued. */
const sessionOf = async (db: pg.PoolClient, { sessionUid, accountId }: CodePayload, at: Date) =>
  sessionUid === undefined ? undefined : holdSession(db, sessionUid, accountId, at);

export async function redeemCode(
  neighbours: TokenNeighbours,
  { client, sent, jkt }: TokenRequest,
): Promise<TokenOutcome> {
  const [code, redirectUri, verifier] = [sent.get('code'), sent.get('redirect_uri'), sent.get('code_verifier')];
  if (code === undefined) return refused(new OAuthError('invalid_request', 'code is missing'));
  if (redirectUri === undefined) return refused(new OAuthError('invalid_request', 'redirect_uri is missing'));
  if (verifier === undefined) return refused(new OAuthError('invalid_request', 'code_verifier is missing'));
  const stands = await launchStands(
    neighbours,
    "id = (select grant_id from authorization_state where model = 'AuthorizationCode' and id = $1)",
    hashOf(code),
  );
  const at = neighbours.now();
  return transaction(neighbours.pool, async (db): Promise<TokenOutcome> => {
    const { rows } = await db.query<{ payload: CodePayload; grant_id: string; expires_at: Date }>(
      `select payload, grant_id, expires_at from authorization_state where model = 'AuthorizationCode' and id = $1`,
      [hashOf(code)],
    );
    const [row] = rows;
    if (row === undefined) return refused(invalidGrant('unknown'));
    const { payload } = row;
    // Whoever cannot prove to be the one it was made for neither uses it up nor ends what it gave.
    if (payload.clientId !== client.id) return refused(invalidGrant('of another app'));
    if (payload.redirectUri !== redirectUri) return refused(invalidGrant('another redirect_uri'));
    if (!provesChallenge(verifier, payload)) return refused(invalidGrant('code_verifier does not fit'));
    if (payload.dpopJkt !== undefined && payload.dpopJkt !== jkt) return refused(invalidGrant('another key, or none'));
    const session = await sessionOf(db, payload, at);
    const resource = sent.get('resource');
    if (resource !== undefined) {
      // Looked at before anything is used up: an app that named the wrong server may ask again.
      const asked = await findLiveGrant(db, row.grant_id, at);
      if (asked !== undefined && (await grantAt(db, neighbours.crossReference, asked, resource)) === undefined)
        return { ...refused(notGranted()), grant: asked };
    }
    const first = await consumeCode(db, code, at);
    const found = await findLiveGrant(db, row.grant_id, at);
    const grant = found === undefined ? undefined : renewed(found, neighbours.settings, at, session?.expiresAt);
    if (grant === undefined) return refused(invalidGrant('the grant has ended'));
    if (!first) {
      await endFamily(db, neighbours, grant, 'code-replayed');
      return { kind: 'refused', error: invalidGrant('used before'), event: 'code-replayed', grant };
    }
    if (row.expires_at <= at) return refused(invalidGrant('expired'));
    // What was allowed for now, or while signed in, is not given any more to whoever has signed out since.
    if (!grant.lasting && session === undefined) {
      await endFamily(db, neighbours, grant, 'session-ended');
      return { ...refused(invalidGrant('the session has ended')), grant };
    }
    const person = await stillEntitled(db, grant, at, stands);
    if (person === undefined) return refused(invalidGrant('the person may no longer act'));
    if ((await grantAt(db, neighbours.crossReference, grant, resource)) === undefined)
      return { ...refused(notGranted()), grant };
    const present = await neighbours.consents.read(db, grant, at);
    if (present === undefined) {
      await endFamily(db, neighbours, grant, 'consent-withdrawn');
      return { ...refused(invalidGrant('the consent has ended')), grant };
    }
    const signIn = signInOf(payload);
    if (!(await noteFirstUse(db, grant, at, payload.authTime, signIn)))
      return refused(invalidGrant('another code of the same consent was used'));
    const { response, issued } = await issueTokens(db, neighbours, {
      grant: { ...present.grant, signIn, ...(payload.authTime === undefined ? {} : { authTime: payload.authTime }) },
      person,
      client,
      scope: present.grant.scope.split(' '),
      ...(resource === undefined ? {} : { resource }),
      ...(payload.nonce === undefined ? {} : { nonce: payload.nonce }),
      ...(jkt === undefined ? {} : { jkt }),
      at,
    });
    return { kind: 'issued', body: JSON.stringify(response), event: 'token-issued', token: issued.jti, grant };
  });
}
