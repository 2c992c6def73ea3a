/** Who signed in, for the app that holds an access token with `openid`. OIDC Core 1.0 §5.3; RFC 6750 §3. */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import type pg from 'pg';
import type { AccessTokens } from './access-token.ts';
import { answerPreflight, errorResponse, jsonResponse, noStore, shareWithApps } from './back-channel.ts';
import type { ClientRegistry } from './clients.ts';
import { findPresentGrant, type GrantConsents } from './grant-consents.ts';
import { personClaims } from './id-token.ts';
import type { People } from './people.ts';

export interface UserinfoNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly consents: GrantConsents;
  readonly clients: ClientRegistry;
  readonly people: People;
  readonly accessTokens: AccessTokens;
  now(): Date;
}

export function createUserinfoEndpoint(neighbours: UserinfoNeighbours) {
  const { issuer, clients, people, accessTokens, now } = neighbours;
  const answer = async (request: Request): Promise<Response> => {
    if (request.method !== 'GET' && request.method !== 'POST') {
      return jsonResponse({ error: 'invalid_request' }, 405, { ...noStore, allow: 'GET, POST' });
    }
    const authorization = request.headers.get('authorization');
    const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      // RFC 6750 §3.1: nothing is said of an error to whoever brought no token.
      return jsonResponse('', 401, { ...noStore, 'www-authenticate': `Bearer realm="${issuer}"` });
    }
    const invalid = errorResponse(new OAuthError('invalid_token', 'the access token is not valid'), request, issuer);
    const claims = await accessTokens.verify(token);
    const grant =
      claims?.grant_id === undefined ? undefined : await findPresentGrant(neighbours, claims.grant_id, now());
    const person = grant === undefined ? undefined : await people.find(grant.sub);
    if (claims === undefined || grant === undefined || person === undefined) return invalid;
    const scope = claims.scope.split(' ');
    if (!scope.includes('openid')) {
      return errorResponse(
        new OAuthError('insufficient_scope', 'openid was not granted', { status: 403 }),
        request,
        issuer,
      );
    }
    return jsonResponse({ sub: person.sub, ...personClaims(person, scope, grant.audience) });
  };
  return async (request: Request): Promise<Response> =>
    request.method === 'OPTIONS'
      ? answerPreflight(request, clients, 'GET, POST')
      : shareWithApps(await answer(request), request, clients);
}
