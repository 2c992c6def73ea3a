/** External OpenID providers that people may sign in with: which there are, and how each is spoken with. OIDC Core 1.0 §3.1. */

/** What a person is shown of one. */
export interface IdentityProviderName {
  /** in the settings and in the redirect URI */
  readonly id: string;
  readonly name: string;
}
