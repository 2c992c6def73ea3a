/** What the token endpoint gives: the whole grant restated, with its launch context. RFC 6749 §5.1; SMART App Launch 2.2. */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { consentClaim, type LaunchContext } from '@affinity/core/smart/launch-context.ts';
import { purposeClaim } from '@affinity/core/smart/purpose-of-use.ts';
import type pg from 'pg';
import type { AccessTokens, IssuedToken } from './access-token.ts';
import type { Client } from './clients.ts';
import type { CrossReference } from './cross-reference.ts';
import type { GrantConsents } from './grant-consents.ts';
import { grantAt } from './granted-servers.ts';
import type { Grant } from './grants.ts';
import { type IdTokens, signInClaims } from './id-token.ts';
import { accessSeconds, refreshUntil } from './lifetimes.ts';
import type { ActsFor, Person } from './people.ts';
import { type TellNeighbours, tellClaims } from './person-claims.ts';
import { isEmergency, purposesFrom } from './purposes.ts';
import { storeReferenceToken } from './reference-token.ts';
import { makeRefreshToken, type RefreshTokenRow, storeRefreshToken } from './refresh-tokens.ts';
import type { Settings } from './settings.ts';

export interface TokenResponse extends LaunchContext {
  readonly access_token: string;
  readonly token_type: 'Bearer' | 'DPoP';
  readonly expires_in: number;
  readonly scope: string;
  readonly id_token?: string;
  readonly refresh_token?: string;
  /** bare id */
  readonly patient?: string;
}

export interface IssueNeighbours extends TellNeighbours {
  readonly pool: pg.Pool;
  readonly accessTokens: AccessTokens;
  readonly idTokens: IdTokens;
  readonly consents: GrantConsents;
  readonly crossReference: CrossReference;
  readonly settings: Settings;
}

export interface Issue {
  /** as its Consent stands now */
  readonly grant: Grant;
  readonly person: Person;
  /** for whom that person may act now */
  readonly acts: readonly ActsFor[];
  readonly client: Client;
  /** of this access token: the grant's, or less */
  readonly scope: readonly string[];
  /** the server that it is for; absent: the first of the grant */
  readonly resource?: string;
  readonly nonce?: string;
  /** thumbprint of the key that was proved: its holder alone can use the tokens */
  readonly jkt?: string;
  /** the refresh token of an answer that was given already: there is no second successor */
  readonly successor?: { readonly token: string | undefined };
  readonly at: Date;
}

/** The tokens of one answer, and what has to be stored before anybody is given them. */
export interface MadeTokens {
  readonly response: TokenResponse;
  readonly issued: IssuedToken;
  readonly refresh?: RefreshTokenRow;
}

/**
 * Makes all the tokens of one answer, and stores nothing.
 * @param db the connection of the caller's transaction; absent: there is none, and no claim may be told that needs one
 *   (`tellsIdentifiers`)
 * @throws OAuthError where the grant does not cover the resource: handlers refuse that before they use anything up
 */
export async function makeTokens(
  db: pg.PoolClient | undefined,
  neighbours: IssueNeighbours,
  { grant: whole, person, acts, client, scope, resource, nonce, jkt, successor, at }: Issue,
): Promise<MadeTokens> {
  const { pool, accessTokens, idTokens, consents, crossReference, settings } = neighbours;
  const grant = await grantAt(db ?? pool, crossReference, whole, resource);
  if (grant === undefined) throw new OAuthError('invalid_target', 'the grant is for no such server');
  const there = await crossReference.personAt(db ?? pool, person, grant.audience);
  const purposes = purposesFrom({ ...whole, audience: grant.audience }, there, acts);
  const { fhirUser } = there;
  const extensions = {
    ...(purposes.length === 0 ? {} : purposeClaim(purposes)),
    ...(grant.patient === undefined
      ? {}
      : consentClaim(`${grant.audience}/Patient/${grant.patient}`, consents.urlOf(grant.id))),
  };
  const issued = await accessTokens.issue(
    {
      aud: grant.audience,
      sub: person.sub,
      client_id: client.id,
      scope: scope.join(' '),
      grant_id: grant.id,
      ...(jkt === undefined ? {} : { cnf: { jkt } }),
      ...signInClaims(grant),
      ...(grant.patient === undefined ? {} : { patient: grant.patient }),
      ...(fhirUser === undefined ? {} : { fhirUser }),
      ...(grant.clearance === undefined ? {} : { clearance: grant.clearance }),
      ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
    },
    { seconds: isEmergency(grant) ? settings.emergencySeconds : accessSeconds(settings), until: grant.expiresAt },
  );
  const refreshEnds = refreshUntil(client, grant, settings, at);
  // An app that proves who it is needs no other binding: it may change its key (RFC 9449 §5).
  const refreshKey = client.authentication === 'none' ? jkt : undefined;
  const fresh =
    successor !== undefined || refreshEnds === undefined
      ? undefined
      : makeRefreshToken(grant.id, at, refreshEnds, refreshKey);
  const refreshToken = successor === undefined ? fresh?.token : successor.token;
  const response: TokenResponse = {
    access_token: issued.token,
    token_type: jkt === undefined ? 'Bearer' : 'DPoP',
    expires_in: issued.expiresIn,
    scope: scope.join(' '),
    ...(scope.includes('openid')
      ? {
          id_token: await idTokens.issue({
            grant,
            person,
            client,
            claims: await tellClaims(db, neighbours, { place: 'id_token', grant, person, fhirUser, scope }),
            accessToken: issued.token,
            ...(nonce === undefined ? {} : { nonce }),
          }),
        }
      : {}),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(grant.patient === undefined ? {} : { patient: grant.patient }),
    ...grant.context,
  };
  return { response, issued, ...(fresh === undefined ? {} : { refresh: fresh.row }) };
}

/** In the transaction that decided to give them. */
export async function storeTokens(db: pg.PoolClient, { issued, refresh }: MadeTokens): Promise<void> {
  await storeReferenceToken(db, issued.row);
  await storeRefreshToken(db, refresh);
}
