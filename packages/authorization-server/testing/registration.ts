/** An authorization server at which apps may register, and what an app sends to it. RFC 7591; RFC 7592. */
import assert from 'node:assert/strict';
import type { AuthorizationServer } from '../authorization-server.ts';
import type { Registration } from '../registration-endpoint.ts';
import type { Settings } from '../settings.ts';
import { defaultSettings } from '../settings.ts';
import { issuer, startDomain, type TestDomain } from './domain.ts';

export const appCallback = 'https://app.example/cb';

export const startRegistration = (
  t: Parameters<typeof startDomain>[0],
  registration: Registration = { mode: 'open', statementIssuers: [] },
  limits: Partial<Settings['registration']> = {},
): Promise<TestDomain> => {
  const settings = { registration: { ...defaultSettings.registration, perAddress: 10_000, ...limits } };
  return startDomain(t, settings, {}, { registration });
};

export interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly token?: string;
  readonly type?: string;
  readonly address?: string;
}

export const send = (
  { server }: { readonly server: AuthorizationServer },
  body: unknown,
  { path = '/register', method = 'POST', token, type = 'application/json', address = '192.0.2.9' }: Sent = {},
): Promise<Response> =>
  server.fetch(
    new Request(issuer + path, {
      method,
      headers: { 'content-type': type, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    }),
    { address },
  );

export interface Information {
  readonly client_id: string;
  readonly client_id_issued_at: number;
  readonly client_secret?: string;
  readonly client_secret_expires_at?: number;
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
  readonly grant_types: readonly string[];
  readonly scope?: string;
  readonly [name: string]: unknown;
}

export const register = async (
  domain: { readonly server: AuthorizationServer },
  metadata: object = { redirect_uris: [appCallback] },
  sent: Sent = {},
): Promise<Information> => {
  const response = await send(domain, metadata, sent);
  assert.equal(response.status, 201, await response.clone().text());
  return (await response.json()) as Information;
};

/** `status error` of a refusal. */
export const refusalOf = async (response: Response): Promise<string> =>
  `${response.status} ${((await response.json()) as { error?: string }).error}`;

/** Asks with the app's own token. */
export const manage = (
  domain: { readonly server: AuthorizationServer },
  { client_id: id, registration_access_token: token }: Pick<Information, 'client_id' | 'registration_access_token'>,
  method: string,
  body?: unknown,
): Promise<Response> => send(domain, body, { path: `/register/${id}`, method, token });
