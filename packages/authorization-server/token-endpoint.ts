/** The token endpoint: which app, which grant type, and the audit record before the answer. RFC 6749 §3.2, §5. */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { type BackChannelNeighbours, backChannel, type Call, jsonResponse } from './back-channel.ts';
import { grantToService } from './token-client-credentials.ts';
import { redeemCode } from './token-code.ts';
import type { TokenNeighbours, TokenOutcome, TokenRequest } from './token-grants.ts';
import { refreshTokens } from './token-refresh.ts';

type Handler = (neighbours: TokenNeighbours, request: TokenRequest) => Promise<TokenOutcome>;

/** The password grant is not among them (RFC 9700 §2.4). */
const handlers: ReadonlyMap<string, Handler> = new Map([
  ['authorization_code', redeemCode],
  ['refresh_token', refreshTokens],
  ['client_credentials', grantToService],
]);

/** What may be kept of the request: never a code, a verifier, a token, a secret or an assertion (J12; IHE IUA ITI-71). */
const recordable = ['grant_type', 'scope', 'redirect_uri', 'resource', 'client_assertion_type'];

const recordableForm = (sent: ReadonlyMap<string, string>): string =>
  new URLSearchParams(recordable.flatMap((name) => (sent.has(name) ? [[name, sent.get(name) ?? '']] : [])))
    .toString()
    .slice(0, 2048);

export function createTokenEndpoint(neighbours: TokenNeighbours & BackChannelNeighbours) {
  return backChannel(neighbours, async (call: Call): Promise<Response> => {
    const { client, sent, address } = call;
    const grantType = sent.get('grant_type');
    if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing');
    const handler = handlers.get(grantType);
    if (handler === undefined) throw new OAuthError('unsupported_grant_type', 'grant_type is not supported');
    if (!client.grantTypes.some((type) => type === grantType)) {
      throw new OAuthError('unauthorized_client', 'the app is not registered for this grant_type');
    }
    const outcome = await handler(neighbours, call);
    const facts = {
      client: client.id,
      method: 'POST',
      form: recordableForm(sent),
      ...(address === undefined ? {} : { address }),
      ...(outcome.grant === undefined ? {} : { grant: outcome.grant.id, user: outcome.grant.sub }),
      ...(outcome.grant?.patient === undefined ? {} : { patient: outcome.grant.patient }),
      ...(outcome.grant?.purpose === undefined ? {} : { purpose: outcome.grant.purpose }),
    };
    if (outcome.kind === 'refused') {
      const { error, event } = outcome;
      await neighbours.record(event, 'denied', {
        ...facts,
        status: error.status,
        reason: error.detail ?? error.description,
      });
      throw error;
    }
    await neighbours.record(outcome.event, 'permitted', {
      ...facts,
      status: 200,
      ...(outcome.token === undefined ? {} : { token: outcome.token }),
    });
    return jsonResponse(outcome.body);
  });
}
