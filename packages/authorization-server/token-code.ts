/** The authorization code, redeemed once. RFC 6749 §4.1.3, §10.5; RFC 7636 §4.6; RFC 9700 §2.1; RFC 9449 §10. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { lookOn } from '@affinity/store/postgres/look.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import { hashOf } from './adapter.ts';
import { type CodeFacts, type CodePayload, findCode, signInOf, storeRedemption } from './code-redemption.ts';
import { entitledPerson } from './grant-facts.ts';
import { grantAt } from './granted-servers.ts';
import { type Grant, noteFirstUse } from './grants.ts';
import { renewed } from './lifetimes.ts';
import { tellsIdentifiers } from './person-claims.ts';
import { presentOf } from './present-grant.ts';
import { holdSession } from './session-rows.ts';
import {
  launchStands,
  notGranted,
  type Refusal,
  settleRefusal,
  type TokenNeighbours,
  type TokenOutcome,
  type TokenRequest,
} from './token-grants.ts';
import { type Issue, type MadeTokens, makeTokens, storeTokens } from './token-response.ts';

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

type CodeDecision =
  | (Refusal & { readonly grant?: Grant })
  | { readonly kind: 'issue'; readonly issue: Issue; readonly grant: Grant };

interface CodeSituation extends CodeFacts {
  readonly first: boolean;
  /** of the grant, as it is stored */
  readonly consent: Resource | undefined;
  /** what `launchStands` said */
  readonly stands: boolean;
  readonly at: Date;
}

/** What whoever has proved to be the one that the code was made for is given. @param db in a transaction its own connection */
async function decideCode(
  db: pg.Pool | pg.PoolClient,
  { settings, crossReference }: TokenNeighbours,
  { client, sent, jkt }: TokenRequest,
  { payload, facts: found, session, first, expiresAt, consent, stands, at }: CodeSituation,
): Promise<CodeDecision> {
  const no = (detail: string, more: Partial<Refusal> = {}): Refusal => ({
    kind: 'refused',
    error: invalidGrant(detail),
    ...more,
  });
  if (found === undefined) return no('the grant has ended');
  const grant = renewed(found.grant, settings, at, session?.expiresAt);
  const facts = { ...found, grant };
  if (!first) return no('used before', { event: 'code-replayed', grant, ends: 'code-replayed' });
  if (expiresAt <= at) return no('expired');
  // What was allowed for now, or while signed in, is not given any more to whoever has signed out since.
  if (!grant.lasting && session === undefined) return no('the session has ended', { grant, ends: 'session-ended' });
  const person = entitledPerson(facts, stands);
  if (person === undefined) return no('the person may no longer act');
  const resource = sent.get('resource');
  if ((await grantAt(db, crossReference, grant, resource)) === undefined)
    return { kind: 'refused', error: notGranted(), grant };
  const present = await presentOf(db, crossReference, facts, consent, at);
  if (present === undefined) return no('the consent has ended', { grant, ends: 'consent-withdrawn' });
  const { authTime, nonce } = payload;
  return {
    kind: 'issue',
    issue: {
      grant: { ...present.grant, signIn: signInOf(payload), ...(authTime === undefined ? {} : { authTime }) },
      person,
      acts: facts.acts,
      client,
      scope: present.grant.scope.split(' '),
      ...(resource === undefined ? {} : { resource }),
      ...(nonce === undefined ? {} : { nonce }),
      ...(jkt === undefined ? {} : { jkt }),
      at,
    },
    grant,
  };
}

const issued = ({ response, issued: { jti } }: MadeTokens, grant: Grant): TokenOutcome => ({
  kind: 'issued',
  body: JSON.stringify(response),
  event: 'token-issued',
  token: jti,
  grant,
});

/**
 * The usual case: all that is known is in order, so the tokens are made, and given if one statement can still use the code
 * up. Undefined where anything is otherwise: that is decided with the rows held.
 */
async function redeemAtOnce(
  neighbours: TokenNeighbours,
  request: TokenRequest,
  code: string,
  known: Omit<CodeSituation, 'first' | 'consent'>,
): Promise<TokenOutcome | undefined> {
  const { pool, commit, consents } = neighbours;
  const { payload, at } = known;
  if (known.consumed || known.session === undefined) return undefined;
  const consent = await consents.look(known.grantId);
  const decision = await decideCode(pool, neighbours, request, { ...known, first: true, consent });
  if (decision.kind !== 'issue') return undefined;
  const { grant, scope } = decision.issue;
  if (tellsIdentifiers({ place: 'id_token', grant, scope })) return undefined;
  const made = await makeTokens(undefined, neighbours, decision.issue);
  const done = await storeRedemption(commit, { code, grant: decision.grant, at, payload, made });
  return done ? issued(made, decision.grant) : undefined;
}

const redeemHolding = (
  neighbours: TokenNeighbours,
  request: TokenRequest,
  code: string,
  { payload, stands, at }: CodeSituation | Omit<CodeSituation, 'first' | 'consent'>,
): Promise<TokenOutcome> =>
  transaction(neighbours.pool, async (db): Promise<TokenOutcome> => {
    const { sessionUid, accountId } = payload;
    // The session in which the code was made, if it lives: held until the tokens are issued.
    if (sessionUid !== undefined) await holdSession(db, sessionUid, accountId, at);
    const first = await consumeCode(db, code, at);
    const known = await findCode(lookOn(db), code, at);
    if (known === undefined) return refused(invalidGrant('unknown'));
    const consent = await neighbours.consents.look(known.grantId, db);
    const decision = await decideCode(db, neighbours, request, { ...known, first, consent, stands, at });
    if (decision.kind === 'refused') return settleRefusal(db, neighbours, decision);
    const { grant, issue } = decision;
    if (!(await noteFirstUse(db, grant, at, payload.authTime, signInOf(payload))))
      return refused(invalidGrant('another code of the same consent was used'));
    const made = await makeTokens(db, neighbours, issue);
    await storeTokens(db, made);
    return issued(made, grant);
  });

export async function redeemCode(neighbours: TokenNeighbours, request: TokenRequest): Promise<TokenOutcome> {
  const { client, sent, jkt } = request;
  const [code, redirectUri, verifier] = [sent.get('code'), sent.get('redirect_uri'), sent.get('code_verifier')];
  if (code === undefined) return refused(new OAuthError('invalid_request', 'code is missing'));
  if (redirectUri === undefined) return refused(new OAuthError('invalid_request', 'redirect_uri is missing'));
  if (verifier === undefined) return refused(new OAuthError('invalid_request', 'code_verifier is missing'));
  const at = neighbours.now();
  const known = await findCode(neighbours.look, code, at);
  if (known === undefined) return refused(invalidGrant('unknown'));
  const { payload, facts } = known;
  // Whoever cannot prove to be the one it was made for neither uses it up nor ends what it gave.
  if (payload.clientId !== client.id) return refused(invalidGrant('of another app'));
  if (payload.redirectUri !== redirectUri) return refused(invalidGrant('another redirect_uri'));
  if (!provesChallenge(verifier, payload)) return refused(invalidGrant('code_verifier does not fit'));
  if (payload.dpopJkt !== undefined && payload.dpopJkt !== jkt) return refused(invalidGrant('another key, or none'));
  const resource = sent.get('resource');
  if (resource !== undefined && facts !== undefined) {
    // Looked at before anything is used up: an app that named the wrong server may ask again.
    const asked = await grantAt(neighbours.pool, neighbours.crossReference, facts.grant, resource);
    if (asked === undefined) return { ...refused(notGranted()), grant: facts.grant };
  }
  const stands = await launchStands(neighbours, facts);
  const situation = { ...known, stands, at };
  return (
    (await redeemAtOnce(neighbours, request, code, situation)) ?? redeemHolding(neighbours, request, code, situation)
  );
}
