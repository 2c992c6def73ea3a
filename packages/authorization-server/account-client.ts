/**
 * People's own pages as an app of the authorization server: a way to the sign-in page and back, and nothing else. Its id
 * holds a space, which no registered app's can (clients.ts), and only the inside of the server knows it: from outside it is
 * an unknown app, and its codes are never redeemed. RFC 6749 §2.2; OIDC Core 1.0 §3.1.2.
 */
import type { Client, ClientRegistry } from './clients.ts';

export const accountClientId = 'affinity account';
/** Where the authorization endpoint leads back to. */
export const signedInPath = '/account/signed-in';

/** The registry with our own pages in it, for the inside alone. */
export function withAccountClient(clients: ClientRegistry, issuer: string): ClientRegistry {
  const own: Client = {
    id: accountClientId,
    name: 'Your account',
    metadata: { client_id: accountClientId },
    native: false,
    authentication: 'none',
    grantTypes: ['authorization_code'],
    redirectUris: [issuer + signedInPath],
    purposes: [],
  };
  return { ...clients, find: async (id, db) => (id === accountClientId ? own : clients.find(id, db)) };
}
