/** The one place that knows the OAuth library: every call gives a value, and whatever the library throws becomes a Failure. RFC 6749, RFC 7636, RFC 9126, RFC 9207, OpenID Connect Core 1.0 §3.1.3.7. */
import type { LaunchContext } from '@affinity/core/smart/launch-context.ts';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import { type Failed, type FailureCategory, failed } from './failure.ts';
import { readLaunchContext } from './launch-context.ts';
import { AddressError, type Neighbours, NetworkError } from './neighbours.ts';
import type { IdTokenClaims } from './session.ts';

export type ServerMetadata = oauth.AuthorizationServer;

/** How the app proves who it is. A `private-key-jwt` key is a private CryptoKey or JWK; SMART asks for RS384 or ES384. */
export type ClientAuthentication =
  | { readonly kind: 'public' }
  | { readonly kind: 'secret-basic'; readonly secret: string }
  | {
      readonly kind: 'private-key-jwt';
      readonly key: CryptoKey | jose.JWK;
      readonly kid: string;
      readonly alg: 'RS256' | 'RS384' | 'ES256' | 'ES384';
    };

export interface App {
  readonly clientId: string;
  readonly authentication: ClientAuthentication;
}

/** What a token endpoint gave, verified as far as the id_token goes. */
export interface Tokens {
  readonly accessToken: string;
  readonly expiresIn: number | undefined;
  readonly refreshToken: string | undefined;
  readonly scope: string | undefined;
  readonly patient: unknown;
  readonly context: LaunchContext;
  readonly claims: IdTokenClaims | undefined;
}

export type Got<T> = { readonly kind: 'got'; readonly value: T };

export const randomToken = (): string => oauth.generateRandomState();
export const challengeOf = (verifier: string): Promise<string> => oauth.calculatePKCECodeChallenge(verifier);

/** The error code alone: descriptions, bodies and causes may hold what nobody should read again. */
const errorCode = (code: string): string | undefined => (/^[a-z_]{1,64}$/.test(code) ? code : undefined);

function explain(error: unknown, category: FailureCategory, message: string): Failed {
  if (error instanceof NetworkError) return failed('network', 'The server did not answer in time.');
  if (error instanceof AddressError) return failed('address', 'The server names an address that is not https.');
  if (error instanceof oauth.ResponseBodyError) {
    return failed('token', 'The token endpoint refused.', { code: errorCode(error.error), status: error.status });
  }
  if (error instanceof oauth.AuthorizationResponseError) {
    return failed('authorization', 'The authorization server refused.', { code: errorCode(error.error) });
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    return failed('token', 'The token endpoint does not accept how the app authenticates.', { status: error.status });
  }
  return failed(category, message);
}

async function attempt<T>(
  category: FailureCategory,
  message: string,
  work: () => Promise<T>,
): Promise<Got<T> | Failed> {
  try {
    return { kind: 'got', value: await work() };
  } catch (error) {
    return explain(error, category, message);
  }
}

async function authenticate({ authentication }: App, server: ServerMetadata): Promise<oauth.ClientAuth> {
  if (authentication.kind === 'public') return oauth.None();
  if (authentication.kind === 'secret-basic') return oauth.ClientSecretBasic(authentication.secret);
  const { alg, kid } = authentication;
  const key =
    authentication.key instanceof CryptoKey ? authentication.key : await jose.importJWK(authentication.key, alg);
  if (!(key instanceof CryptoKey)) throw new TypeError('the key is not an asymmetric one');
  return oauth.PrivateKeyJwt(
    { key, kid },
    {
      // The audience of an assertion is the token endpoint: SMART App Launch 2.2, client-confidential-asymmetric.
      [oauth.modifyAssertion]: (_header, payload) => {
        payload.aud = server.token_endpoint ?? server.issuer;
      },
    },
  );
}

/** The functions that speak OAuth for one app. Addresses are judged by `fetch`, so the library's own judgement is left out. */
export function createOAuth(app: App, { fetch, now, limits }: Neighbours) {
  const http = {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url: string, init: object) => fetch(url, init),
  } as const;
  const client = (): oauth.Client => ({
    client_id: app.clientId,
    [oauth.clockSkew]: Math.round((now() - Date.now()) / 1000),
    [oauth.clockTolerance]: limits.toleranceSeconds,
  });

  /** The signature by the server's keys; a key that is not known yet is looked for once more, since keys rotate. */
  async function verifySignature(server: ServerMetadata, response: Response): Promise<void> {
    try {
      await oauth.validateApplicationLevelSignature(server, response, http);
    } catch (error) {
      if (!(error instanceof oauth.OperationProcessingError) || error.code !== oauth.KEY_SELECTION) throw error;
      await oauth.validateApplicationLevelSignature({ ...server }, response, http);
    }
  }

  /** What the library leaves open: `azp` whenever it is there, and a window for `iat`. OpenID Connect Core §3.1.3.7 (5), (10). */
  function checkClaims(claims: oauth.IDToken, notBefore: number): void {
    const tolerance = limits.toleranceSeconds;
    if (claims.azp !== undefined && claims.azp !== app.clientId) throw new TypeError('azp');
    if (claims.iat > now() / 1000 + tolerance || claims.iat < notBefore / 1000 - tolerance) throw new TypeError('iat');
    if (claims.sub === '') throw new TypeError('sub');
  }

  async function readTokens(
    server: ServerMetadata,
    response: Response,
    body: oauth.TokenEndpointResponse,
    notBefore: number,
  ): Promise<Tokens> {
    if (body.token_type !== 'bearer') throw new TypeError('token_type');
    const claims = oauth.getValidatedIdTokenClaims(body);
    if (claims !== undefined) {
      checkClaims(claims, notBefore);
      await verifySignature(server, response);
    }
    return {
      accessToken: body.access_token,
      expiresIn: body.expires_in,
      refreshToken: body.refresh_token,
      scope: body.scope,
      patient: body.patient,
      context: readLaunchContext(body),
      claims,
    };
  }

  return {
    /** A metadata document that names exactly this issuer; undefined where there is none. */
    readMetadata: (issuer: string, algorithm: 'oidc' | 'oauth2'): Promise<Got<ServerMetadata | undefined> | Failed> =>
      attempt('discovery', 'The metadata of the authorization server does not hold.', async () => {
        const response = await oauth.discoveryRequest(new URL(issuer), { ...http, algorithm });
        if (response.status === 404) return undefined;
        const metadata = await oauth.processDiscoveryResponse(new URL(issuer), response);
        if (metadata.issuer !== issuer) throw new TypeError('issuer');
        return metadata;
      }),

    /** Leaves the request with the server. @returns its reference, for the browser to bring (RFC 9126 §2) */
    push: (server: ServerMetadata, parameters: Readonly<Record<string, string>>): Promise<Got<string> | Failed> =>
      attempt('launch', 'The server did not take the request.', async () => {
        const auth = await authenticate(app, server);
        const response = await oauth.pushedAuthorizationRequest(server, client(), auth, { ...parameters }, http);
        return (await oauth.processPushedAuthorizationResponse(server, client(), response)).request_uri;
      }),

    /** Checks `state` and `iss` of the address that the person came back to, before anything is sent anywhere. */
    readCallback: (server: ServerMetadata, parameters: URLSearchParams, state: string) =>
      attempt('launch', 'The answer does not belong to this sign-in.', async () =>
        oauth.validateAuthResponse(server, client(), parameters, state),
      ),

    exchangeCode: (
      server: ServerMetadata,
      parameters: URLSearchParams,
      redirectUri: string,
      pending: {
        readonly verifier: string;
        readonly nonce: string;
        readonly createdAt: number;
        readonly scope: string;
      },
    ): Promise<Got<Tokens> | Failed> =>
      attempt('identity', 'The answer of the token endpoint does not hold.', async () => {
        const auth = await authenticate(app, server);
        const response = await oauth.authorizationCodeGrantRequest(
          server,
          client(),
          auth,
          parameters,
          redirectUri,
          pending.verifier,
          http,
        );
        const granted: unknown = await response
          .clone()
          .json()
          .catch(() => undefined);
        const expected = expectsIdToken(granted) ? { expectedNonce: pending.nonce } : {};
        const body = await oauth.processAuthorizationCodeResponse(server, client(), response, expected);
        return readTokens(server, response, body, pending.createdAt);
      }),

    exchangeRefresh: (server: ServerMetadata, refreshToken: string): Promise<Got<Tokens> | Failed> =>
      attempt('token', 'The answer of the token endpoint does not hold.', async () => {
        const begun = now();
        const auth = await authenticate(app, server);
        const response = await oauth.refreshTokenGrantRequest(server, client(), auth, refreshToken, http);
        const body = await oauth.processRefreshTokenResponse(server, client(), response);
        return readTokens(server, response, body, begun);
      }),

    revoke: (server: ServerMetadata, token: string, hint: 'refresh_token' | 'access_token') =>
      attempt('token', 'The token could not be revoked.', async () => {
        const auth = await authenticate(app, server);
        const additionalParameters = { token_type_hint: hint };
        const response = await oauth.revocationRequest(server, client(), auth, token, {
          ...http,
          additionalParameters,
        });
        await oauth.processRevocationResponse(response);
      }),
  };
}

export type OAuth = ReturnType<typeof createOAuth>;

/** A person may leave `openid` out; but where it was granted, or a token came, the id_token must hold in full. */
function expectsIdToken(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  const { id_token, scope } = body as { readonly id_token?: unknown; readonly scope?: unknown };
  return id_token !== undefined || typeof scope !== 'string' || scope.split(' ').includes('openid');
}
