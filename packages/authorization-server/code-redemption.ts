/**
 * What is known of an authorization code, in one statement; and the one in which it is used up and its first tokens are
 * stored, or nothing happens. RFC 6749 §4.1.3, §10.5; RFC 9700 §2.1.
 */
import { asJson, type Look, lookOne } from '@affinity/store/postgres/look.ts';
import { hashOf } from './adapter.ts';
import { factColumns, factsOf, type GrantFacts, type GrantFactsRow, grantLives, joinedPerson } from './grant-facts.ts';
import type { Grant, SignIn } from './grants.ts';
import type { LivingSession } from './session-rows.ts';
import type { MadeTokens } from './token-response.ts';

/** What oidc-provider stored with the code. */
export interface CodePayload {
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

export const signInOf = ({ sessionUid, acr, amr }: CodePayload): SignIn => ({
  ...(sessionUid === undefined ? {} : { session: sessionUid }),
  ...(acr === undefined ? {} : { acr }),
  ...(amr === undefined ? {} : { amr }),
});

export interface CodeFacts {
  readonly payload: CodePayload;
  readonly grantId: string;
  readonly expiresAt: Date;
  readonly consumed: boolean;
  /** of its grant, where that lives */
  readonly facts?: GrantFacts;
  /** in which it was made, where that lives */
  readonly session?: LivingSession;
}

interface FactsRow extends GrantFactsRow {
  readonly payload: CodePayload;
  readonly code_grant: string;
  readonly code_expires_at: Date;
  readonly consumed_at: Date | null;
  readonly living_uid: string | null;
  readonly session_shared: boolean | null;
  readonly session_expires_at: Date | null;
}

const byCode = {
  name: 'code-facts',
  text: asJson(`select c.payload, c.grant_id as code_grant, c.expires_at as code_expires_at, c.consumed_at,
      s.uid as living_uid, s.shared as session_shared, s.expires_at as session_expires_at, ${factColumns}
    from authorization_state c left join authorization_grant g on g.id = c.grant_id and ${grantLives} ${joinedPerson}
      left join sign_in_session s on s.uid = c.payload->>'sessionUid' and s.sub::text = c.payload->>'accountId'
        and s.ended_at is null and s.expires_at > $2
    where c.model = 'AuthorizationCode' and c.id = $1`),
};

/** Undefined where nobody knows the code. */
export async function findCode(look: Look, code: string, at: Date): Promise<CodeFacts | undefined> {
  const row = await lookOne<FactsRow>(look, { ...byCode, values: [hashOf(code), at] });
  if (row === undefined) return undefined;
  const { living_uid: uid, session_shared: shared, session_expires_at: until } = row;
  const facts = factsOf(row);
  return {
    payload: row.payload,
    grantId: row.code_grant,
    expiresAt: new Date(row.code_expires_at),
    consumed: row.consumed_at !== null,
    ...(facts === undefined ? {} : { facts }),
    ...(uid === null || shared === null || until === null
      ? {}
      : { session: { uid, shared, expiresAt: new Date(until) } }),
  };
}

export interface Redemption {
  readonly code: string;
  /** with the end that it has from now on */
  readonly grant: Grant;
  readonly at: Date;
  readonly payload: CodePayload;
  readonly made: MadeTokens;
}

/** Rows are locked in the order in which everybody does it: the session, the code, the grant. It waits for nobody. */
const statement = {
  name: 'code-redemption',
  text: `with session as materialized (
      select from sign_in_session where uid = $5 and sub = $6 and ended_at is null and expires_at > $3 for share skip locked
    ), code as materialized (
      select grant_id from authorization_state
      where model = 'AuthorizationCode' and id = $1 and grant_id = $2 and consumed_at is null and expires_at > $3
        and exists (select from session)
      for update skip locked
    ), held as materialized (
      select id from authorization_grant
      where id = (select grant_id from code) and redeemed_at is null and (ended_at is null)::int = 1 and expires_at > $3
      for no key update skip locked
    ), consumed as (
      update authorization_state set consumed_at = $3
      where model = 'AuthorizationCode' and id = $1 and exists (select from held) returning grant_id
    ), used as (
      update authorization_grant set last_used_at = $3, redeemed_at = $3, expires_at = $4, session_uid = $5,
        auth_time = $7, acr = $8, amr = $9
      where id = (select grant_id from consumed)
    ), followed as (
      insert into refresh_token (token, grant_id, created_at, expires_at, jkt)
      select $10::bytea, grant_id, $3, $11::timestamptz, $12::text from consumed where $10::bytea is not null
    ), kept as (
      insert into access_token (token, claims, grant_id, expires_at)
      select $13::bytea, $14::jsonb, grant_id, $15::timestamptz from consumed where $13::bytea is not null
    )
    select grant_id from consumed`,
};

/** @returns false where nothing was done: it was used before, what it is of has ended, or somebody else holds it */
export async function storeRedemption(
  look: Look,
  { code, grant, at, payload, made: { refresh, issued } }: Redemption,
): Promise<boolean> {
  const rows = await look({
    ...statement,
    values: [
      hashOf(code),
      grant.id,
      at,
      grant.expiresAt,
      payload.sessionUid ?? null,
      payload.accountId,
      payload.authTime ?? null,
      payload.acr ?? null,
      payload.amr ?? null,
      refresh?.hash ?? null,
      refresh?.expiresAt ?? null,
      refresh?.jkt ?? null,
      issued.row?.hash ?? null,
      issued.row?.claims ?? null,
      issued.row?.expiresAt ?? null,
    ],
  });
  return rows.length === 1;
}
