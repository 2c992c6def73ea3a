/** What an access token is worth at this moment, of either kind: its own claims, bounded by what its grant still says. RFC 7662 §2.2. */
import { withinRemainder } from '@affinity/core/smart/grant-remainder.ts';
import type { AccessTokenClaims } from '@affinity/core/smart/launch-context.ts';
import type { Look } from '@affinity/store/postgres/look.ts';
import type pg from 'pg';
import { type AccessTokens, audiencesOf } from './access-token.ts';
import { canonicalBase } from './audience.ts';
import type { ClientRegistry } from './clients.ts';
import type { CrossReference } from './cross-reference.ts';
import type { GrantConsents } from './grant-consents.ts';
import { grantAt } from './granted-servers.ts';
import type { Grant } from './grants.ts';
import { findPresentGrant } from './present-grant.ts';

export interface LiveTokenNeighbours {
  readonly pool: pg.Pool;
  readonly look: Look;
  readonly consents: GrantConsents;
  readonly clients: ClientRegistry;
  readonly crossReference: CrossReference;
  readonly accessTokens: AccessTokens;
  now(): Date;
}

export interface LiveToken {
  readonly claims: AccessTokenClaims;
  /** as its Consent stands now, and as it is at the token's server; absent for a backend service */
  readonly grant?: Grant;
}

export interface LiveTokens {
  /** Undefined where it is none of ours, over, taken back, its grant or Consent has ended, or its app is gone. */
  find(token: string): Promise<LiveToken | undefined>;
  /** The claims, where it is meant for the server of this base. */
  claimsAt(token: string, base: string): Promise<AccessTokenClaims | undefined>;
  /** The same for claims that were verified. */
  of(claims: AccessTokenClaims): Promise<LiveToken | undefined>;
}

/** A token that one server got for another, for no single record: the grant need not name that other. RFC 8693. */
function passedOn({ act, patient }: AccessTokenClaims, grant: Grant): Grant | undefined {
  const { patient: _, context: __, ...rest } = grant;
  return act === undefined || patient !== undefined ? undefined : rest;
}

export function createLiveTokens(neighbours: LiveTokenNeighbours): LiveTokens {
  const { pool, accessTokens, clients, crossReference, now } = neighbours;
  const of = async (claims: AccessTokenClaims): Promise<LiveToken | undefined> => {
    if ((await clients.find(claims.client_id)) === undefined) return undefined;
    if (claims.grant_id === undefined) return { claims };
    const present = (await findPresentGrant(neighbours, claims.grant_id, now()))?.grant;
    const [audience] = audiencesOf(claims);
    const grant =
      present === undefined
        ? undefined
        : ((await grantAt(pool, crossReference, present, audience)) ?? passedOn(claims, present));
    if (grant === undefined) return undefined;
    const scope = withinRemainder(claims.scope.split(' '), grant.scope.split(' ')).join(' ');
    const exp = Math.min(claims.exp, Math.floor(grant.expiresAt.getTime() / 1000));
    return { claims: { ...claims, scope, exp }, grant };
  };
  const find = async (token: string): Promise<LiveToken | undefined> => {
    const claims = await accessTokens.verify(token);
    return claims === undefined ? undefined : of(claims);
  };
  return {
    of,
    find,
    claimsAt: async (token, base) => {
      const claims = (await find(token))?.claims;
      return claims !== undefined && isFor(claims, base) ? claims : undefined;
    },
  };
}

/** Whether a token is meant for the server at this base. */
export const isFor = (claims: AccessTokenClaims, base: string): boolean =>
  audiencesOf(claims).includes(canonicalBase(base));
