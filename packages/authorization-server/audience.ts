/** The FHIR servers that tokens can be for. SMART App Launch 2.2, `aud`; RFC 8707. */

export interface ResourceServer {
  /** FHIR base, absolute */
  readonly base: string;
  readonly name: string;
  /** of its access tokens: signed unless told */
  readonly tokens?: 'jwt' | 'opaque';
}

/** One form for every comparison: a FHIR base with and without a last slash is the same, anything else is not. */
export const canonicalBase = (base: string): string => base.replace(/\/$/, '');

export type Audience =
  | {
      readonly kind: 'audience';
      /** the server of the first access token */
      readonly base: string;
      /** further servers for which the same consent is asked */
      readonly others: readonly string[];
    }
  | { readonly kind: 'fault'; readonly error: 'invalid_request' | 'invalid_target'; readonly description: string };

/**
 * `aud` of SMART and `resource` of RFC 8707 mean the same here, but `resource` may be sent several times (§2): one consent
 * for several servers, of which `aud` is the first. Without `aud` the first `resource` is.
 */
export function audienceOf(
  servers: readonly ResourceServer[],
  aud: string | undefined,
  resources: readonly string[],
): Audience {
  const asked = [...new Set(resources.map(canonicalBase))];
  const base = aud === undefined ? asked[0] : canonicalBase(aud);
  if (base === undefined) return { kind: 'fault', error: 'invalid_request', description: 'aud is missing' };
  if (asked.length > 0 && !asked.includes(base)) {
    return { kind: 'fault', error: 'invalid_target', description: 'aud and resource do not agree' };
  }
  const known = (one: string): boolean => servers.some((server) => canonicalBase(server.base) === one);
  if (!known(base)) {
    return { kind: 'fault', error: 'invalid_target', description: 'aud is not a FHIR server of this domain' };
  }
  return asked.every(known)
    ? { kind: 'audience', base, others: asked.filter((one) => one !== base) }
    : { kind: 'fault', error: 'invalid_target', description: 'resource is not a FHIR server of this domain' };
}
