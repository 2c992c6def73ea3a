/** The token endpoint: which app, which grant type, which key, and the audit record before the answer. RFC 6749 §3.2, §5; RFC 9449 §5. */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { type BackChannelNeighbours, backChannel, type Call, jsonResponse, noStore } from './back-channel.ts';
import { deviceCodeGrant } from './clients.ts';
import { tokenExchangeGrant } from './exchange-policy.ts';
import type { ProofOfKey } from './proof-of-key.ts';
import { grantToService } from './token-client-credentials.ts';
import { redeemCode } from './token-code.ts';
import { pollForDevice } from './token-device.ts';
import { type ExchangeNeighbours, exchangeToken } from './token-exchange.ts';
import type { TokenNeighbours, TokenOutcome, TokenRequest } from './token-grants.ts';
import { refreshTokens } from './token-refresh.ts';

type Handler = (neighbours: ExchangeNeighbours, request: TokenRequest) => Promise<TokenOutcome>;

/** The password grant is not among them (RFC 9700 §2.4). */
const handlers: ReadonlyMap<string, Handler> = new Map([
  ['authorization_code', redeemCode],
  ['refresh_token', refreshTokens],
  ['client_credentials', grantToService],
  [deviceCodeGrant, pollForDevice],
  [tokenExchangeGrant, exchangeToken],
]);

/** What may be kept of the request: never a code, a verifier, a token, a secret or an assertion (J12; IHE IUA ITI-71). */
const recordable = [
  'grant_type',
  'scope',
  'redirect_uri',
  'resource',
  'audience',
  'client_assertion_type',
  'subject_token_type',
];

const recordableForm = (sent: ReadonlyMap<string, string>): string =>
  new URLSearchParams(recordable.flatMap((name) => (sent.has(name) ? [[name, sent.get(name) ?? '']] : [])))
    .toString()
    .slice(0, 2048);

export interface TokenEndpointNeighbours extends TokenNeighbours, BackChannelNeighbours {
  readonly proofs: ProofOfKey;
}

/** The key to which the tokens are bound, where one is proved, and a refusal where one has to be. RFC 9449 §5, §5.2. */
async function bindingOf({ issuer, proofs }: TokenEndpointNeighbours, { request, client }: Call): Promise<Binding> {
  try {
    const jkt = await proofs.prove(request, { url: `${issuer}/token` });
    if (jkt !== undefined) return { kind: 'bound', jkt };
    return client.metadata.dpop_bound_access_tokens === true
      ? { kind: 'refused', error: new OAuthError('invalid_dpop_proof', 'the app has to send a DPoP proof') }
      : { kind: 'unbound' };
  } catch (error) {
    if (error instanceof OAuthError) return { kind: 'refused', error };
    throw error;
  }
}
type Binding =
  | { readonly kind: 'bound'; readonly jkt: string }
  | { readonly kind: 'unbound' }
  | { readonly kind: 'refused'; readonly error: OAuthError };

export function createTokenEndpoint(neighbours: TokenEndpointNeighbours) {
  return backChannel(neighbours, async (call: Call): Promise<Response> => {
    const { client, sent, address } = call;
    const grantType = sent.get('grant_type');
    if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing');
    const handler = handlers.get(grantType);
    if (handler === undefined) throw new OAuthError('unsupported_grant_type', 'grant_type is not supported');
    if (!client.grantTypes.some((type) => type === grantType)) {
      throw new OAuthError('unauthorized_client', 'the app is not registered for this grant_type');
    }
    const binding = await bindingOf(neighbours, call);
    const outcome: TokenOutcome =
      binding.kind === 'refused'
        ? { kind: 'refused', error: binding.error, event: 'token-refused' }
        : await handler(neighbours, { ...call, ...(binding.kind === 'bound' ? { jkt: binding.jkt } : {}) });
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
      if (event === undefined) throw error;
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
    return jsonResponse(outcome.body, 200, { ...noStore, ...neighbours.proofs.headers() });
  });
}
