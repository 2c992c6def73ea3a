/** How strongly somebody signed in, and what an app may ask for. OIDC Core 1.0 §2, §3.1.2.1; RFC 9470 §4, §5; RFC 8176. */

/** One factor: a password, or a sign-in elsewhere. */
export const singleFactor = 'urn:affinity:acr:single-factor';
/** Two factors at least, or a passkey that verified its user. */
export const multiFactor = 'urn:affinity:acr:multi-factor';

/** From the weakest to the strongest: each contains those before it. */
export const authenticationContexts = [singleFactor, multiFactor] as const;
export type AuthenticationContext = (typeof authenticationContexts)[number];

const strengthOf = (acr: string | undefined): number => authenticationContexts.findIndex((known) => known === acr);

/**
 * What has to be reached for a request with these `acr_values`: the weakest of those that it would take. A value that is not
 * ours asks for nothing, as the parameter is voluntary (OIDC Core 1.0 §5.5.1.1).
 */
export function requiredContext(acrValues: string | undefined): AuthenticationContext | undefined {
  const asked = (acrValues ?? '').split(' ');
  return authenticationContexts.find((known) => asked.includes(known));
}

/** Whoever is known to have signed in has reached the weakest. */
export const satisfies = (acr: string | undefined, required: AuthenticationContext | undefined): boolean =>
  required === undefined || Math.max(0, strengthOf(acr)) >= strengthOf(required);
