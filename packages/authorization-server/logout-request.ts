/** A request to sign out, checked before anything is done. OIDC RP-Initiated Logout 1.0 §2, §3; RFC 9700 §4.11. */
import type { Client, ClientRegistry } from './clients.ts';
import type { Parameters } from './form.ts';
import type { Hint, IdTokens } from './id-token.ts';
import { matchesRedirectUri } from './redirect-uri.ts';

export type LogoutRequest =
  | {
      readonly kind: 'fault';
      readonly fault: 'unknown-app' | 'bad-return-address' | 'bad-request';
      readonly detail: string;
    }
  | {
      readonly kind: 'request';
      readonly client?: Client;
      /** an id_token of this app, however old: proof that it is the one whom the person signed in to */
      readonly hint?: Hint;
      /** where to afterwards: an address that the app has registered, with its `state` */
      readonly returnTo?: { readonly address: string; readonly registered: string; readonly state?: string };
    };

export interface LogoutRequestNeighbours {
  readonly clients: ClientRegistry;
  readonly idTokens: IdTokens;
}

const withState = (address: string, state: string | undefined): string => {
  if (state === undefined) return address;
  const url = new URL(address);
  url.searchParams.set('state', state);
  return url.href;
};

export async function checkLogoutRequest(
  { values, repeated }: Parameters,
  { clients, idTokens }: LogoutRequestNeighbours,
): Promise<LogoutRequest> {
  const fault = (kind: 'unknown-app' | 'bad-return-address' | 'bad-request', detail: string): LogoutRequest => ({
    kind: 'fault',
    fault: kind,
    detail,
  });
  if (repeated.length > 0) return fault('bad-request', 'A parameter was sent more than once.');
  if ([...values.values()].some((value) => value.includes('\0')))
    return fault('bad-request', 'A parameter holds a NUL character.');
  const sent = values.get('id_token_hint');
  // One that is not ours is as none: the person is asked.
  const hint = sent === undefined ? undefined : await idTokens.readHint(sent);
  const named = values.get('client_id');
  if (hint !== undefined && named !== undefined && named !== hint.clientId)
    return fault('bad-request', 'id_token_hint is of another app than client_id.');
  const id = named ?? hint?.clientId;
  const client = id === undefined ? undefined : await clients.find(id);
  if (named !== undefined && client === undefined) return fault('unknown-app', 'client_id is not known here.');
  const address = values.get('post_logout_redirect_uri');
  if (address === undefined) return { kind: 'request', ...(client && { client }), ...(hint && client && { hint }) };
  if (client === undefined)
    return fault('bad-return-address', 'post_logout_redirect_uri needs an id_token_hint of the app, or its client_id.');
  if (!matchesRedirectUri(client.metadata.post_logout_redirect_uris ?? [], address, client.native))
    return fault('bad-return-address', 'post_logout_redirect_uri is not one that the app has registered.');
  const state = values.get('state');
  return {
    kind: 'request',
    client,
    ...(hint && { hint }),
    returnTo: { address: withState(address, state), registered: address, ...(state === undefined ? {} : { state }) },
  };
}
