/**
 * The one statement in which a refresh token is used up and followed by its successor, or nothing happens: of several at once,
 * at whichever process, exactly one does it, and none for a grant or a session that has ended. RFC 9700 §4.14.2.
 */
import type { Look } from '@affinity/store/postgres/look.ts';
import { hashOf } from './adapter.ts';
import type { Grant } from './grants.ts';
import type { ReferenceTokenRow } from './reference-token.ts';
import { type RefreshTokenRow, sealAnswer } from './refresh-tokens.ts';

export interface Rotation {
  readonly token: string;
  /** what this use is answered, kept for who asks the same at the same time */
  readonly answer: string;
  /** with the end that it has from now on */
  readonly grant: Grant;
  readonly at: Date;
  /** the session without which it does not go on, by its name */
  readonly session: string | undefined;
  readonly successor: RefreshTokenRow | undefined;
  readonly reference: ReferenceTokenRow | undefined;
}

/**
 * Rows are locked in the order in which everybody does it: the session, the grant, its tokens. The grant's row is the lock of
 * the whole family, and a condition on a row that somebody else has just written is looked at again once it is held. It waits
 * for nobody: after a wait the moment for which all was decided would be over.
 */
const statement = {
  name: 'refresh-rotation',
  text: `with session as materialized (
      select from sign_in_session where uid = $5 and ended_at is null and expires_at > $3 for share skip locked
    ), held as materialized (
      select id from authorization_grant
      where id = $1 and (ended_at is null)::int = 1 and expires_at > $3 and ($5::text is null or exists (select from session))
      for no key update skip locked
    ), consumed as (
      update refresh_token set consumed_at = $3, answer = $6
      where token = $2 and grant_id = $1 and consumed_at is null and expires_at > $3 and exists (select from held)
      returning grant_id
    ), used as (
      update authorization_grant set last_used_at = $3, redeemed_at = coalesce(redeemed_at, $3), expires_at = $4
      where id = (select grant_id from consumed)
    ), followed as (
      insert into refresh_token (token, grant_id, created_at, expires_at, jkt)
      select $7::bytea, grant_id, $3, $8::timestamptz, $9::text from consumed where $7::bytea is not null
    ), kept as (
      insert into access_token (token, claims, grant_id, expires_at)
      select $10::bytea, $11::jsonb, grant_id, $12::timestamptz from consumed where $10::bytea is not null
    )
    select grant_id from consumed`,
};

/** @returns false where nothing was done: it was used before, what it is of has ended, or somebody else holds it */
export async function rotateRefreshToken(
  look: Look,
  { token, answer, grant, at, session, successor, reference }: Rotation,
): Promise<boolean> {
  const rows = await look({
    ...statement,
    values: [
      grant.id,
      hashOf(token),
      at,
      grant.expiresAt,
      session ?? null,
      sealAnswer(token, answer),
      successor?.hash ?? null,
      successor?.expiresAt ?? null,
      successor?.jkt ?? null,
      reference?.hash ?? null,
      reference?.claims ?? null,
      reference?.expiresAt ?? null,
    ],
  });
  return rows.length === 1;
}
