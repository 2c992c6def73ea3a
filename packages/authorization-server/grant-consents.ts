/**
 * A grant and the FHIR Consent that it is: given together, ended together, and the Consent is the present. FHIR R4
 * consent.html; docs/decisions/0014-the-grant-is-a-consent.md. Where the Consents are kept is a neighbour's affair.
 */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import { addGrant, type Grant, grantsOf, type NewGrant } from './grants.ts';

export interface PresentGrant {
  /** as its Consent stands now: never more than was granted */
  readonly grant: Grant;
  /** its scopes say all that the Consent says */
  readonly exact: boolean;
}

/** Each on a connection in a transaction of the caller, which holds the row of the grant too. */
export interface GrantConsents {
  write(client: pg.PoolClient, grant: Grant): Promise<void>;
  /** Undefined where the Consent is inactive, over, gone, not to be understood, or gives nothing of the grant any more. */
  read(client: pg.PoolClient, grant: Grant, at: Date): Promise<PresentGrant | undefined>;
  /** Makes it inactive; what is inactive or deleted already stays as it is. */
  end(client: pg.PoolClient, grantId: string, at: Date): Promise<void>;
  /** As it is stored. @param db the connection of a transaction; absent: outside of any */
  look(grantId: string, db?: pg.PoolClient): Promise<Resource | undefined>;
  /** absolute URL of the Consent */
  urlOf(grantId: string): string;
}

export interface GivingNeighbours {
  readonly pool: pg.Pool;
  readonly consents: GrantConsents;
}

/** The row and the Consent, and what `also` does, or nothing of it. */
export const giveGrant = (
  { pool, consents }: GivingNeighbours,
  given: NewGrant,
  also?: (client: pg.PoolClient, grant: Grant) => Promise<void>,
): Promise<Grant> =>
  transaction(pool, async (client) => {
    const grant = await addGrant(client, given);
    await consents.write(client, grant);
    await also?.(client, grant);
    return grant;
  });

const batch = 100;

/** Grants of before get their Consents, a batch at a time; whoever else does the same takes others. */
export async function giveConsents({ pool, consents }: GivingNeighbours, at: Date): Promise<number> {
  let given = 0;
  for (let found = batch; found === batch; given += found) {
    found = await transaction(pool, async (client) => {
      const grants = await grantsOf(
        client,
        `consent_at is null and ended_at is null and expires_at > $1
         order by created_at limit ${batch} for update skip locked`,
        [at],
      );
      for (const grant of grants) await consents.write(client, grant);
      await client.query('update authorization_grant set consent_at = $2 where id = any($1)', [
        grants.map(({ id }) => id),
        at,
      ]);
      return grants.length;
    });
  }
  return given;
}

/** Grants whose time is over: their tokens have ended by themselves, their Consents are made inactive. */
export async function endExpiredGrants({ pool, consents }: GivingNeighbours, at: Date): Promise<void> {
  for (let ended = batch; ended === batch; ) {
    ended = await transaction(pool, async (client) => {
      const grants = await grantsOf(
        client,
        `ended_at is null and expires_at <= $1 order by expires_at limit ${batch} for update skip locked`,
        [at],
      );
      await client.query(
        `update authorization_grant set ended_at = expires_at, ended_reason = 'expired' where id = any($1)`,
        [grants.map(({ id }) => id)],
      );
      for (const { id } of grants) await consents.end(client, id, at);
      return grants.length;
    });
  }
}

/**
 * Ends again the Consents of grants that ended since then: somebody may have written over one at the moment of its end,
 * not knowing of it. Such a Consent gives nothing, but it should not say that it did.
 */
export async function settleEndedGrants({ pool, consents }: GivingNeighbours, since: Date, at: Date): Promise<void> {
  const grants = await grantsOf(pool, 'ended_at > $1 order by ended_at', [since]);
  for (const { id } of grants) await transaction(pool, (client) => consents.end(client, id, at));
}
