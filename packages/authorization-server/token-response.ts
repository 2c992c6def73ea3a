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
import type { Person } from './people.ts';
import { type TellNeighbours, tellClaims } from './person-claims.ts';
import { isEmergency, purposesOf } from './purposes.ts';
import { addRefreshToken } from './refresh-tokens.ts';
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

/**
 * Issues all the tokens of one answer; the refresh token is stored in the caller's transaction.
 * @throws OAuthError where the grant does not cover the resource: handlers refuse that before they use anything up
 */
export async function issueTokens(
  db: pg.PoolClient,
  neighbours: IssueNeighbours,
  { grant: whole, person, client, scope, resource, nonce, jkt, successor, at }: Issue,
): Promise<{ readonly response: TokenResponse; readonly issued: IssuedToken }> {
  const { accessTokens, idTokens, consents, crossReference, settings } = neighbours;
  const grant = await grantAt(db, crossReference, whole, resource);
  if (grant === undefined) throw new OAuthError('invalid_target', 'the grant is for no such server');
  const there = await crossReference.personAt(db, person, grant.audience);
  const purposes = await purposesOf(db, { ...whole, audience: grant.audience }, there, at);
  const { fhirUser } = there;
  const extensions = {
    ...(purposes.length === 0 ? {} : purposeClaim(purposes)),
    ...(grant.patient === undefined
      ? {}
      : consentClaim(`${grant.audience}/Patient/${grant.patient}`, consents.urlOf(grant.id))),
  };
  const issued = await accessTokens.issue(
    db,
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
  const fresh = (ends: Date): Promise<string> => addRefreshToken(db, grant.id, at, ends, refreshKey);
  const refreshToken =
    successor !== undefined ? successor.token : refreshEnds === undefined ? undefined : await fresh(refreshEnds);
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
  return { response, issued };
}
