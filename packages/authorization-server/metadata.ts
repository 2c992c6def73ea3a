/** What the server says of itself: the same in every place where it is asked. RFC 8414; OIDC Discovery 1.0; RFC 9207 §3. */
import { identifierScopes } from '@affinity/core/smart/scope-request.ts';
import { usCoreScopes } from '@affinity/core/smart/us-core-scopes.ts';
import { proofAlgorithms } from '@affinity/proof/dpop-key.ts';
import { authenticationContexts } from './authentication-context.ts';
import { assertionAlgorithms, deviceCodeGrant, idTokenAlgorithms } from './clients.ts';
import { tokenExchangeGrant } from './exchange-policy.ts';

export interface Metadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly [name: string]: unknown;
}

/** What not every domain has. */
export interface Offered {
  readonly registration?: boolean;
  readonly requirePushedRequests?: boolean;
  /** where userinfo is a server of its own */
  readonly userinfoEndpoint?: string;
}

/**
 * Each of them can be had, though not by every app. Of the two names of one extension only that which SMART has room for
 * is published.
 */
export const supportedScopes: readonly string[] = [
  'openid',
  'fhirUser',
  'profile',
  identifierScopes[0],
  'launch',
  'launch/patient',
  'launch/encounter',
  'offline_access',
  'online_access',
  'patient/*.cruds',
  'user/*.cruds',
  'system/*.cruds',
  ...usCoreScopes,
];

/** Everything follows the configured issuer, nothing the request. What is not offered is not named. */
export function metadataOf(issuer: string, offered: Offered = {}): Metadata {
  const { registration = false, requirePushedRequests = false, userinfoEndpoint = `${issuer}/userinfo` } = offered;
  const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    ...(requirePushedRequests ? { require_pushed_authorization_requests: true } : {}),
    userinfo_endpoint: userinfoEndpoint,
    jwks_uri: `${issuer}/jwks`,
    revocation_endpoint: `${issuer}/revoke`,
    introspection_endpoint: `${issuer}/introspect`,
    end_session_endpoint: `${issuer}/logout`,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    device_authorization_endpoint: `${issuer}/device_authorization`,
    ...(registration ? { registration_endpoint: `${issuer}/register` } : {}),
    scopes_supported: supportedScopes,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      deviceCodeGrant,
      tokenExchangeGrant,
    ],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: idTokenAlgorithms,
    token_endpoint_auth_methods_supported: ['none', ...methods],
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    revocation_endpoint_auth_methods_supported: ['none', ...methods],
    revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    introspection_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    dpop_signing_alg_values_supported: proofAlgorithms,
    code_challenge_methods_supported: ['S256'],
    acr_values_supported: authenticationContexts,
    authorization_response_iss_parameter_supported: true,
    claims_supported: [
      'iss',
      'sub',
      'aud',
      'exp',
      'iat',
      'auth_time',
      'acr',
      'amr',
      'nonce',
      'sid',
      'at_hash',
      'fhirUser',
      'name',
      ...identifierScopes,
    ],
    prompt_values_supported: ['none', 'login', 'consent'],
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    claims_parameter_supported: true,
  };
}

/** Paths of the two documents: appended to the issuer (OIDC), and between host and path (RFC 8414 §3.1). */
export function metadataPaths(issuer: string): readonly string[] {
  const { pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${path}/.well-known/openid-configuration`,
    `${path}/.well-known/oauth-authorization-server`,
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`,
  ];
}
