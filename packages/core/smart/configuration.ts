/** The document at `.well-known/smart-configuration` of a FHIR server. SMART App Launch 2.2, conformance. */

/** SMART App Launch 2.2, conformance, "Capability Sets": those that something of ours shows. */
export type SmartCapability =
  | 'launch-ehr'
  | 'launch-standalone'
  | 'authorize-post'
  | 'client-public'
  | 'client-confidential-symmetric'
  | 'client-confidential-asymmetric'
  | 'sso-openid-connect'
  | 'context-banner'
  | 'context-style'
  | 'context-ehr-patient'
  | 'context-ehr-encounter'
  | 'context-standalone-patient'
  | 'context-standalone-encounter'
  | 'permission-offline'
  | 'permission-online'
  | 'permission-patient'
  | 'permission-user'
  | 'permission-v1'
  | 'permission-v2';

/** The members of the authorization server's metadata (RFC 8414) that SMART repeats; absolute URLs. */
const repeated = [
  'issuer',
  'jwks_uri',
  'authorization_endpoint',
  'token_endpoint',
  'registration_endpoint',
  'introspection_endpoint',
  'revocation_endpoint',
  'pushed_authorization_request_endpoint',
  'token_endpoint_auth_methods_supported',
  'token_endpoint_auth_signing_alg_values_supported',
  'grant_types_supported',
  'response_types_supported',
  'scopes_supported',
  'code_challenge_methods_supported',
] as const;

export interface SmartConfiguration {
  readonly issuer?: string;
  readonly jwks_uri?: string;
  readonly authorization_endpoint?: string;
  readonly token_endpoint?: string;
  readonly registration_endpoint?: string;
  readonly introspection_endpoint?: string;
  readonly revocation_endpoint?: string;
  readonly management_endpoint?: string;
  readonly pushed_authorization_request_endpoint?: string;
  readonly token_endpoint_auth_methods_supported?: readonly string[];
  readonly token_endpoint_auth_signing_alg_values_supported?: readonly string[];
  readonly grant_types_supported?: readonly string[];
  readonly response_types_supported?: readonly string[];
  readonly scopes_supported?: readonly string[];
  /** never `plain` */
  readonly code_challenge_methods_supported?: readonly string[];
  /** a Bundle of the brands that stand behind the server, and the one of them that this server is */
  readonly user_access_brand_bundle?: string;
  readonly user_access_brand_identifier?: { readonly system: string; readonly value: string };
  /** other servers that take the same tokens */
  readonly associated_endpoints?: readonly AssociatedEndpoint[];
  readonly capabilities: readonly SmartCapability[];
}

export interface AssociatedEndpoint {
  readonly url: string;
  readonly capabilities: readonly string[];
}

/** What the authorization server knows nothing of. */
export type OwnMembers = Pick<
  SmartConfiguration,
  'user_access_brand_bundle' | 'user_access_brand_identifier' | 'associated_endpoints'
>;

/**
 * What the authorization server says of itself, so that the two documents cannot disagree, and what the whole can
 * do. `issuer` and `jwks_uri` are there exactly when `sso-openid-connect` is (SMART App Launch 2.2, conformance).
 */
export const smartConfiguration = (
  authorizationMetadata: Readonly<Record<string, unknown>>,
  capabilities: readonly SmartCapability[],
  managementEndpoint?: string,
  own: OwnMembers = {},
): SmartConfiguration => ({
  ...Object.fromEntries(
    repeated.flatMap((name) => {
      const value = authorizationMetadata[name];
      const forSignIn = name === 'issuer' || name === 'jwks_uri';
      const left = value === undefined || (forSignIn && !capabilities.includes('sso-openid-connect'));
      return left ? [] : [[name, value]];
    }),
  ),
  ...(managementEndpoint === undefined ? {} : { management_endpoint: managementEndpoint }),
  ...own,
  capabilities,
});
