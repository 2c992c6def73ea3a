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
  | { readonly kind: 'audience'; readonly base: string }
  | { readonly kind: 'fault'; readonly error: 'invalid_request' | 'invalid_target'; readonly description: string };

/** `aud` of SMART and `resource` of RFC 8707 mean the same here; where both are sent they must agree. */
export function audienceOf(
  servers: readonly ResourceServer[],
  aud: string | undefined,
  resource: string | undefined,
): Audience {
  const asked = aud ?? resource;
  if (asked === undefined) return { kind: 'fault', error: 'invalid_request', description: 'aud is missing' };
  if (resource !== undefined && canonicalBase(asked) !== canonicalBase(resource)) {
    return { kind: 'fault', error: 'invalid_target', description: 'aud and resource do not agree' };
  }
  const base = canonicalBase(asked);
  return servers.some((server) => canonicalBase(server.base) === base)
    ? { kind: 'audience', base }
    : { kind: 'fault', error: 'invalid_target', description: 'aud is not a FHIR server of this domain' };
}
