/** What each grant type needs of the others' world, and how a handler answers. RFC 6749 §4.1.3, §4.4, §6. */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import type pg from 'pg';
import type { ResourceServer } from './audience.ts';
import type { AuthorizationEvent, Record as RecordEvent } from './audit-recorder.ts';
import type { Client } from './clients.ts';
import type { EndGrant, EndReason, Grant } from './grants.ts';
import { closeGrant, grantsOf } from './grants.ts';
import type { LaunchRecords } from './launch-records.ts';
import { findPatientsOf, findPerson, holds, type Person } from './people.ts';
import { isEmergency } from './purposes.ts';
import { longestToken } from './settings.ts';
import type { IssueNeighbours } from './token-response.ts';

export interface TokenNeighbours extends IssueNeighbours {
  readonly pool: pg.Pool;
  readonly resourceServers: readonly ResourceServer[];
  readonly endGrant: EndGrant;
  readonly record: RecordEvent;
  readonly launchRecords: LaunchRecords;
  now(): Date;
}

export interface TokenRequest {
  readonly client: Client;
  readonly sent: ReadonlyMap<string, string>;
  readonly address?: string;
  /** thumbprint of the key that the request proved (RFC 9449) */
  readonly jkt?: string;
}

/** A refusal is a value, so that what was decided on the way (a family revoked) is committed with it. */
export type TokenOutcome =
  | {
      readonly kind: 'issued';
      readonly body: string;
      readonly event: AuthorizationEvent;
      readonly token?: string;
      readonly grant?: Grant;
    }
  | {
      readonly kind: 'refused';
      readonly error: OAuthError;
      /** absent: nothing was decided, the app asks again, and there is nothing to record */
      readonly event?: AuthorizationEvent;
      readonly grant?: Grant;
    };

/** Of several servers in one grant, each token is for one that it covers. RFC 8707 §2.2. */
export const notGranted = (): OAuthError => new OAuthError('invalid_target', 'resource was not granted');

export type EndingNeighbours = Pick<TokenNeighbours, 'endGrant' | 'consents' | 'settings' | 'now'>;

/** Ends a grant: every token of it is dead once the transaction commits. */
export const endFamily = (
  db: pg.PoolClient,
  { endGrant, consents, settings, now }: EndingNeighbours,
  grant: Grant,
  reason: EndReason,
): Promise<boolean> => {
  const at = now();
  const tokensEnd = new Date(at.getTime() + longestToken(settings) * 1000);
  return closeGrant(db, grant.id, reason, { at, tokensEnd, endGrant, endConsent: consents.end });
};

/**
 * Whether what made a launched grant legal still holds: the person reaches the patient's record, as the resource server has
 * it. False of every other grant. Asked before a transaction begins, since whoever answers has connections of their own.
 * @param condition of SQL, which finds the grant
 */
export async function launchStands(
  { pool, launchRecords }: Pick<TokenNeighbours, 'pool' | 'launchRecords'>,
  condition: string,
  value: unknown,
): Promise<boolean> {
  const [grant] = await grantsOf(pool, `launched and ${condition}`, [value]);
  if (grant?.patient === undefined) return grant !== undefined;
  const person = await findPerson(pool, grant.sub);
  return person !== undefined && launchRecords.reaches(person, grant.audience, grant.patient);
}

/**
 * The person as now, if still known and still allowed to act for the patient of the grant, or to declare an emergency.
 * @param stands what `launchStands` said; without it, a launched grant is worth nothing
 * @param db in a transaction its own connection: asking the pool for a second one would let many callers at once wait for
 * connections that none of them gives back
 */
export async function stillEntitled(
  db: pg.Pool | pg.PoolClient,
  grant: Grant,
  at: Date,
  stands = false,
): Promise<Person | undefined> {
  const person = await findPerson(db, grant.sub);
  if (grant.launched === true) return stands ? person : undefined;
  if (person !== undefined && isEmergency(grant)) {
    return (await holds(db, person.sub, 'emergency')) ? person : undefined;
  }
  if (person === undefined || grant.patient === undefined) return person;
  const acts = await findPatientsOf(db, person.sub, at);
  return acts.some(({ patient }) => patient === grant.patient) ? person : undefined;
}
