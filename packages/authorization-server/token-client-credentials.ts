/** A backend service, by itself: short tokens over what it was registered for. RFC 6749 §4.4; SMART Backend Services. */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { purposeClaim } from '@affinity/core/smart/purpose-of-use.ts';
import { audienceOf, canonicalBase } from './audience.ts';
import { serviceSeconds } from './lifetimes.ts';
import { purposesAsked } from './purposes.ts';
import { storeReferenceToken } from './reference-token.ts';
import { resolveSystemScope } from './requested-scope.ts';
import type { TokenNeighbours, TokenOutcome, TokenRequest } from './token-grants.ts';

const refused = (error: OAuthError): TokenOutcome => ({ kind: 'refused', error, event: 'token-refused' });

/** Without `resource` (RFC 8707) the token is for every FHIR server of the domain: SMART's request names none. */
export async function grantToService(
  neighbours: TokenNeighbours,
  { client, sent, jkt }: TokenRequest,
): Promise<TokenOutcome> {
  const { pool, resourceServers, accessTokens, settings } = neighbours;
  if (client.authentication !== 'private_key_jwt') {
    return refused(new OAuthError('unauthorized_client', 'client_credentials needs private_key_jwt'));
  }
  const scope = resolveSystemScope(sent.get('scope'), client, settings);
  if (scope.kind === 'fault') return refused(new OAuthError('invalid_scope', scope.description));
  const resource = sent.get('resource');
  const audience = resource === undefined ? undefined : audienceOf(resourceServers, undefined, [resource]);
  if (audience?.kind === 'fault') return refused(new OAuthError(audience.error, audience.description));
  const asked = purposesAsked(sent.get('purpose_of_use'), client);
  if (asked.kind === 'fault') return refused(new OAuthError('invalid_request', asked.reason));
  const purposes = sent.has('purpose_of_use') ? asked.codes : client.purposes;
  const issued = await accessTokens.issue(
    {
      aud: audience?.base ?? resourceServers.map(({ base }) => canonicalBase(base)),
      sub: client.id,
      client_id: client.id,
      scope: scope.tokens.join(' '),
      ...(jkt === undefined ? {} : { cnf: { jkt } }),
      ...(purposes.length === 0 ? {} : { extensions: purposeClaim(purposes) }),
    },
    { seconds: serviceSeconds(settings) },
  );
  await storeReferenceToken(pool, issued.row);
  const body = {
    access_token: issued.token,
    token_type: jkt === undefined ? 'Bearer' : 'DPoP',
    expires_in: issued.expiresIn,
    scope: scope.tokens.join(' '),
  };
  return { kind: 'issued', body: JSON.stringify(body), event: 'token-issued', token: issued.jti };
}
