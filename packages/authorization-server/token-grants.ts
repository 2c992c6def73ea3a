/** What each grant type needs of the others' world, and how a handler answers. RFC 6749 §4.1.3, §4.4, §6. */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import type { Look } from '@affinity/store/postgres/look.ts';
import type pg from 'pg';
import type { ResourceServer } from './audience.ts';
import type { AuthorizationEvent, Record as RecordEvent } from './audit-recorder.ts';
import type { Client } from './clients.ts';
import type { GrantFacts } from './grant-facts.ts';
import type { EndGrant, EndReason, Grant } from './grants.ts';
import { closeGrant } from './grants.ts';
import type { LaunchRecords } from './launch-records.ts';
import { longestToken } from './settings.ts';
import type { IssueNeighbours } from './token-response.ts';

export interface TokenNeighbours extends IssueNeighbours {
  readonly pool: pg.Pool;
  /** for short statements by a key */
  readonly look: Look;
  /** for single statements that change something and wait for no lock */
  readonly commit: Look;
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
 */
export async function launchStands(
  { launchRecords }: Pick<TokenNeighbours, 'launchRecords'>,
  facts: GrantFacts | undefined,
): Promise<boolean> {
  if (facts?.grant.launched !== true) return false;
  const { grant, person } = facts;
  if (grant.patient === undefined) return true;
  return person !== undefined && launchRecords.reaches(person, grant.audience, grant.patient);
}

/** A refusal on which something may have to follow: the end of the whole family. */
export interface Refusal {
  readonly kind: 'refused';
  readonly error: OAuthError;
  readonly event?: AuthorizationEvent;
  readonly grant?: Grant;
  readonly ends?: EndReason;
}

/** Does what has to follow on a refusal, in the transaction that decided it. */
export async function settleRefusal(
  db: pg.PoolClient,
  neighbours: EndingNeighbours,
  { error, event = 'token-refused', grant, ends }: Refusal,
): Promise<TokenOutcome> {
  if (grant !== undefined && ends !== undefined) await endFamily(db, neighbours, grant, ends);
  return { kind: 'refused', error, event, ...(grant === undefined ? {} : { grant }) };
}
