/**
 * Signing in with an external OpenID provider: we are its client, as strict as we ask ours to be. OIDC Core 1.0 §3.1; RFC 9700
 * §2.1, §4.4 (mix-up), §4.7; RFC 9207; docs/decisions/0024-sign-in.md.
 */
import type { Permissions } from '@affinity/outbound/outbound-url.ts';
import type { SafeFetch } from '@affinity/outbound/safe-fetch.ts';
import { importJWK, type JWK } from 'jose';
import * as oidc from 'openid-client';
import type { Identity } from './factors/federated-identities.ts';
import type { SigningKeys } from './signing-keys.ts';

/** What a person is shown of one. */
export interface IdentityProviderName {
  /** in the settings and in the redirect URI */
  readonly id: string;
  readonly name: string;
}

/** As the operator registered us there. */
export interface IdentityProvider extends IdentityProviderName {
  readonly issuer: string;
  readonly clientId: string;
  readonly credential:
    | {
        readonly kind: 'secret';
        readonly secret: string;
        readonly method: 'client_secret_basic' | 'client_secret_post';
      }
    | { readonly kind: 'key'; readonly jwk: JWK };
  readonly scope: string;
  /** further parameters that it wants at its authorization endpoint; ours cannot be replaced by them */
  readonly parameters?: Readonly<Record<string, string>>;
  /** values of its `acr` that stand for two factors */
  readonly multiFactor: readonly string[];
}

/** What it said of somebody, checked. */
export interface Elsewhere extends Identity {
  /** id of the provider */
  readonly provider: string;
  /** to be shown, never to find anybody by */
  readonly name?: string;
  readonly multiFactor: boolean;
  readonly amr: readonly string[];
  /** epoch seconds */
  readonly authTime?: number;
}

export type FederationAnswer =
  | { readonly kind: 'signed-in'; readonly elsewhere: Elsewhere }
  /** `reason` for our own log */
  | { readonly kind: 'failed'; readonly why: 'denied' | 'unreachable' | 'failed'; readonly reason: string };

export interface FederationNeighbours {
  readonly issuer: string;
  readonly providers: readonly IdentityProvider[];
  readonly fetchOutside: SafeFetch;
  readonly outbound: Permissions;
  readonly keys: Pick<SigningKeys, 'seal'>;
  now(): Date;
}

export interface Federation {
  readonly providers: readonly IdentityProviderName[];
  /** @param binding a secret of this browser for this one sign-in; @param fresh they are to prove there again who they are */
  begin(id: string, binding: string, fresh: boolean): Promise<URL | undefined>;
  finish(id: string, query: string, binding: string, fresh: boolean): Promise<FederationAnswer>;
}

/** As a page shows it. */
export const shownElsewhere = ({ providers }: Federation, { provider, name }: Elsewhere) => ({
  provider: providers.find(({ id }) => id === provider)?.name ?? provider,
  ...(name === undefined ? {} : { name }),
});

export const federationCallback = (issuer: string, id: string): string => `${issuer}/federation/${id}/callback`;

/** How long ago somebody may have proved who they are, where it is to be now. */
const freshSeconds = 300;
/** How long its metadata are believed. */
const keptSeconds = 600;

class Unreachable extends Error {}

/** openid-client asks for everything through the one way out. Issuers are the operator's word; what they name is theirs. */
const fetchBy =
  (fetchOutside: SafeFetch, outbound: Permissions): oidc.CustomFetch =>
  async (url, { method, headers, body }) => {
    const answer = await fetchOutside({
      url,
      accept: ['application/json', 'application/jwk-set+json'],
      method: method === 'POST' ? 'POST' : 'GET',
      headers: Object.fromEntries(new Headers(headers as HeadersInit)),
      ...(body === undefined || body === null ? {} : { body: String(body) }),
      ...outbound,
    });
    if (answer.kind === 'refused') throw new Unreachable(answer.why);
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers: answer.headers });
  };

const authenticationOf = async ({ credential }: IdentityProvider): Promise<oidc.ClientAuth> => {
  if (credential.kind === 'secret')
    return credential.method === 'client_secret_post'
      ? oidc.ClientSecretPost(credential.secret)
      : oidc.ClientSecretBasic(credential.secret);
  const { jwk } = credential;
  const key = (await importJWK(jwk, jwk.alg)) as oidc.CryptoKey;
  return oidc.PrivateKeyJwt(jwk.kid === undefined ? key : { key, kid: jwk.kid });
};

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value)
    ? value.filter((one): one is string => typeof one === 'string' && /^[\w:./-]{1,60}$/.test(one)).slice(0, 10)
    : [];

/** What is safe to write down of a failure: its kind, and never what was sent. */
const reasonOf = (error: unknown): string => {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown';
};

const isUnreachable = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof Error && error.cause !== undefined && isUnreachable(error.cause));

export function createFederation(neighbours: FederationNeighbours): Federation {
  const { issuer, providers, fetchOutside, outbound, keys, now } = neighbours;
  const known = new Map<string, { readonly until: number; readonly configuration: Promise<oidc.Configuration> }>();

  const discover = async (provider: IdentityProvider): Promise<oidc.Configuration> => {
    const server = new URL(provider.issuer);
    const configuration = await oidc.discovery(server, provider.clientId, undefined, await authenticationOf(provider), {
      [oidc.customFetch]: fetchBy(fetchOutside, outbound),
      execute: [oidc.enableNonRepudiationChecks, ...(server.protocol === 'http:' ? [oidc.allowInsecureRequests] : [])],
    });
    return configuration;
  };

  const configurationOf = (provider: IdentityProvider): Promise<oidc.Configuration> => {
    const kept = known.get(provider.id);
    if (kept !== undefined && kept.until > now().getTime()) return kept.configuration;
    const configuration = discover(provider);
    known.set(provider.id, { until: now().getTime() + keptSeconds * 1000, configuration });
    // What failed is not kept: the next who tries finds out anew.
    configuration.catch(() => known.delete(provider.id));
    return configuration;
  };

  // Nothing of the request is stored: all of it follows from what the browser alone holds.
  const secretsOf = (id: string, binding: string) => ({
    state: keys.seal(`federation state ${id} ${binding}`),
    nonce: keys.seal(`federation nonce ${id} ${binding}`),
    verifier: keys.seal(`federation verifier ${id} ${binding}`),
  });

  const find = (id: string): IdentityProvider | undefined => providers.find((one) => one.id === id);

  return {
    providers: providers.map(({ id, name }) => ({ id, name })),
    async begin(id, binding, fresh) {
      const provider = find(id);
      if (provider === undefined) return undefined;
      const { state, nonce, verifier } = secretsOf(id, binding);
      try {
        const target = oidc.buildAuthorizationUrl(await configurationOf(provider), {
          ...provider.parameters,
          redirect_uri: federationCallback(issuer, id),
          scope: provider.scope,
          state,
          nonce,
          code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
          ...(fresh ? { prompt: 'login', max_age: String(freshSeconds) } : {}),
        });
        // Its metadata are its word: a browser is sent to nothing less than its issuer is reached by.
        return ['https:', new URL(provider.issuer).protocol].includes(target.protocol) ? target : undefined;
      } catch {
        return undefined;
      }
    },
    async finish(id, query, binding, fresh) {
      const provider = find(id);
      if (provider === undefined) return { kind: 'failed', why: 'failed', reason: 'no such provider' };
      const { state, nonce, verifier } = secretsOf(id, binding);
      try {
        const tokens = await oidc.authorizationCodeGrant(
          await configurationOf(provider),
          new URL(federationCallback(issuer, id) + query),
          {
            expectedState: state,
            expectedNonce: nonce,
            pkceCodeVerifier: verifier,
            idTokenExpected: true,
            ...(fresh ? { maxAge: freshSeconds } : {}),
          },
        );
        const claims = tokens.claims();
        if (claims === undefined) return { kind: 'failed', why: 'failed', reason: 'no id_token' };
        const { name, acr, auth_time } = claims;
        return {
          kind: 'signed-in',
          elsewhere: {
            provider: id,
            issuer: claims.iss,
            subject: claims.sub,
            ...(typeof name === 'string' ? { name: name.slice(0, 200) } : {}),
            multiFactor: typeof acr === 'string' && provider.multiFactor.includes(acr),
            amr: texts(claims.amr),
            ...(typeof auth_time === 'number' ? { authTime: Math.floor(auth_time) } : {}),
          },
        };
      } catch (error) {
        if (error instanceof oidc.AuthorizationResponseError)
          return {
            kind: 'failed',
            why: error.error === 'access_denied' ? 'denied' : 'failed',
            reason: 'its answer is an error',
          };
        return { kind: 'failed', why: isUnreachable(error) ? 'unreachable' : 'failed', reason: reasonOf(error) };
      }
    },
  };
}
