/** What a token stands for, told to those whom it concerns. RFC 7662; RFC 9449 §6.2; SMART App Launch 2.2, token introspection. */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import type { AccessTokenClaims } from '@affinity/core/smart/launch-context.ts';
import { type BackChannelNeighbours, backChannel, jsonResponse } from './back-channel.ts';
import type { Client } from './clients.ts';
import { entitledPerson, type GrantFacts } from './grant-facts.ts';
import { grantAt } from './granted-servers.ts';
import { signInClaims } from './id-token.ts';
import { isFor, type LiveTokens } from './live-token.ts';
import { findPresentGrant } from './present-grant.ts';
import type { PresentToken } from './presented-token.ts';
import { findRefreshToken } from './refresh-tokens.ts';
import { launchStands, type TokenNeighbours } from './token-grants.ts';

interface Description {
  readonly active: boolean;
  readonly jti?: string;
  readonly patient?: string | undefined;
  readonly [claim: string]: unknown;
}

const inactive: Description = { active: false };

/** The app that it is of, the server that holds it for the app, or the resource server that it is for. For anyone else it does not exist. */
function concerns({ id, metadata: { resource_server: own } }: Client, claims: AccessTokenClaims): boolean {
  return id === claims.client_id || id === claims.act?.sub || (own !== undefined && isFor(claims, own));
}

export interface IntrospectionNeighbours extends TokenNeighbours, BackChannelNeighbours {
  readonly presentToken: PresentToken;
  readonly liveTokens: LiveTokens;
}

export function createIntrospectionEndpoint(neighbours: IntrospectionNeighbours) {
  const { pool, look, crossReference, presentToken, liveTokens, clients, issuer, now } = neighbours;

  const describe = async (token: string, client: Client): Promise<Description> => {
    const live = await liveTokens.find(token);
    if (live !== undefined) {
      const { claims, grant } = live;
      if (!concerns(client, claims)) return inactive;
      const {
        iss,
        aud,
        sub,
        client_id,
        iat,
        exp,
        jti,
        scope,
        patient,
        fhirUser,
        extensions,
        cnf,
        act,
        auth_time,
        acr,
      } = claims;
      const token_type = cnf === undefined ? 'Bearer' : 'DPoP';
      const rights = { scope, patient, fhirUser, extensions, act, auth_time, acr };
      return { active: true, client_id, exp, iat, iss, aud, sub, jti, token_type, cnf, ...rights, ...grant?.context };
    }
    const { row } = (await findRefreshToken(look, token, now())) ?? {};
    const facts: GrantFacts | undefined =
      row === undefined || row.consumedAt !== null || row.expiresAt <= now()
        ? undefined
        : await findPresentGrant(neighbours, row.grantId, now());
    if (row === undefined || facts?.grant.clientId !== client.id) return inactive;
    const { grant } = facts;
    const person = entitledPerson(facts, await launchStands(neighbours, facts));
    if (person === undefined) return inactive;
    const exp = Math.floor(Math.min(row.expiresAt.getTime(), grant.expiresAt.getTime()) / 1000);
    const placed = await grantAt(pool, crossReference, grant, undefined);
    if (placed === undefined) return inactive;
    const { scope, clientId, sub, patient, audience, context } = placed;
    return {
      active: true,
      scope,
      client_id: clientId,
      exp,
      iss: issuer,
      sub,
      patient,
      fhirUser: (await crossReference.personAt(pool, person, audience)).fhirUser,
      ...(row.jkt === null ? {} : { cnf: { jkt: row.jkt } }),
      ...signInClaims(grant),
      ...context,
    };
  };

  // SMART lets an app introspect with an access token of its own (App Launch 2.2, token-introspection).
  const byToken = async (request: Request): Promise<Client | undefined> => {
    const claims = await presentToken(request, `${issuer}/introspect`);
    const live = claims === undefined ? undefined : await liveTokens.of(claims);
    // Whoever holds a token that was exchanged is not its app.
    return live === undefined || live.claims.act !== undefined ? undefined : await clients.find(live.claims.client_id);
  };

  return backChannel(
    neighbours,
    async ({ client, sent, address }) => {
      const token = sent.get('token');
      if (token === undefined) throw new OAuthError('invalid_request', 'token is missing');
      const answer = await describe(token, client);
      const { jti, patient } = answer;
      await neighbours.record('token-introspected', 'permitted', {
        client: client.id,
        status: 200,
        ...(jti === undefined ? {} : { token: jti }),
        ...(patient === undefined ? {} : { patient }),
        ...(address === undefined ? {} : { address }),
      });
      return jsonResponse(answer);
    },
    byToken,
  );
}
