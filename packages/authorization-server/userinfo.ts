/** Who signed in, for the app that holds an access token with `openid`. OIDC Core 1.0 §5.3; RFC 6750 §3; RFC 9449 §7. */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import { answerPreflight, errorResponse, jsonResponse, noStore, shareWithApps } from './back-channel.ts';
import type { ClientRegistry } from './clients.ts';
import type { CrossReference } from './cross-reference.ts';
import type { LiveTokens } from './live-token.ts';
import type { People } from './people.ts';
import { type TellNeighbours, tellClaims } from './person-claims.ts';
import type { PresentToken } from './presented-token.ts';
import { type ProofOfKey, proofAlgorithmsText } from './proof-of-key.ts';

export interface UserinfoNeighbours extends TellNeighbours {
  readonly issuer: string;
  /** as it is published */
  readonly endpoint: string;
  readonly pool: pg.Pool;
  readonly clients: ClientRegistry;
  readonly people: People;
  readonly crossReference: CrossReference;
  readonly liveTokens: LiveTokens;
  readonly presentToken: PresentToken;
  readonly proofs: ProofOfKey;
}

export function createUserinfoEndpoint(neighbours: UserinfoNeighbours) {
  const { issuer, endpoint, pool, clients, people, crossReference, liveTokens, presentToken, proofs } = neighbours;
  const answer = async (request: Request): Promise<Response> => {
    if (request.method !== 'GET' && request.method !== 'POST') {
      return jsonResponse({ error: 'invalid_request' }, 405, { ...noStore, allow: 'GET, POST' });
    }
    const claims = await presentToken(request, endpoint);
    if (claims === undefined) {
      // RFC 6750 §3.1: nothing is said of an error to whoever brought no token.
      const challenge = `Bearer realm="${issuer}", DPoP algs="${proofAlgorithmsText}"`;
      return jsonResponse('', 401, { ...noStore, 'www-authenticate': challenge });
    }
    const grant = (await liveTokens.of(claims))?.grant;
    const person = grant === undefined ? undefined : await people.find(grant.sub);
    if (grant === undefined || person === undefined)
      throw new OAuthError('invalid_token', 'the access token is not valid');
    const scope = claims.scope.split(' ');
    if (!scope.includes('openid'))
      throw new OAuthError('insufficient_scope', 'openid was not granted', { status: 403 });
    const told = await transaction(pool, async (db) => {
      const { fhirUser } = await crossReference.personAt(db, person, grant.audience);
      return tellClaims(db, neighbours, { place: 'userinfo', grant, person, fhirUser, scope });
    });
    return jsonResponse({ sub: person.sub, ...told }, 200, { ...noStore, ...proofs.headers() });
  };
  const answerOrError = (request: Request): Promise<Response> =>
    answer(request).catch((error: unknown) => {
      if (error instanceof OAuthError) return errorResponse(error, request, issuer);
      throw error;
    });
  return async (request: Request): Promise<Response> =>
    request.method === 'OPTIONS'
      ? answerPreflight(request, clients, 'GET, POST')
      : shareWithApps(await answerOrError(request), request, clients);
}
