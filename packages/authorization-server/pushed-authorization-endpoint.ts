/**
 * An app leaves its authorization request here before it sends a person: everything is checked while the app can still be
 * told, and the browser carries nothing but a reference. RFC 9126 §2; RFC 9449 §10.1.
 */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { checkAuthorizationRequest, type RequestNeighbours } from './authorization-request.ts';
import { type BackChannelNeighbours, backChannel, type Call, jsonResponse, noStore } from './back-channel.ts';
import type { ProofOfKey } from './proof-of-key.ts';
import { addPushedRequest } from './pushed-request.ts';

export interface PushNeighbours extends BackChannelNeighbours, RequestNeighbours {
  readonly proofs: ProofOfKey;
}

/** What proves the app is no part of its request, and is not kept. */
const credentials = ['client_secret', 'client_assertion', 'client_assertion_type'];

/** The code will be bound to the key that is proved here, as to one that the request names (RFC 9449 §10). */
async function requestOf({ issuer, proofs }: PushNeighbours, { request, client, sent }: Call) {
  const jkt = await proofs.prove(request, { url: `${issuer}/par` });
  const named = sent.get('dpop_jkt');
  if (jkt !== undefined && named !== undefined && named !== jkt)
    throw new OAuthError('invalid_request', 'dpop_jkt is another key than that of the DPoP proof');
  const values = new Map([...sent].filter(([name]) => !credentials.includes(name)));
  values.set('client_id', client.id);
  if (jkt !== undefined) values.set('dpop_jkt', jkt);
  return values;
}

export function createPushedAuthorizationEndpoint(neighbours: PushNeighbours) {
  const { issuer, audiences, settings, proofs } = neighbours;
  const push = async (call: Call): Promise<Response> => {
    const { client, resources, address } = call;
    if (!client.grantTypes.includes('authorization_code'))
      throw new OAuthError('unauthorized_client', 'the app is not registered for authorization_code');
    const values = await requestOf(neighbours, call);
    const checked = await checkAuthorizationRequest({ values, resources, repeated: [] }, neighbours, 'pushed');
    if (checked.kind === 'page') throw new OAuthError('invalid_request', checked.detail);
    if (checked.kind === 'fault') throw new OAuthError(checked.error, checked.description);
    const reference = await addPushedRequest(neighbours, client, { values, resources }, address);
    if (reference === undefined)
      throw new OAuthError('temporarily_unavailable', 'too many requests of this app wait', {
        status: 429,
        headers: { 'retry-after': String(settings.pushedRequestSeconds) },
      });
    const body = { request_uri: reference, expires_in: settings.pushedRequestSeconds };
    return jsonResponse(body, 201, { ...noStore, ...proofs.headers() });
  };
  // RFC 9126 §2: an assertion for this endpoint by its own address is one for this server, here and nowhere else.
  return backChannel({ ...neighbours, audiences: [...audiences, `${issuer}/par`] }, push, undefined, ['resource']);
}
