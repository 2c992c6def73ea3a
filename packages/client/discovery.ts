/** What a SMART server says of itself, joined with what its issuer says, and kept for a while. SMART App Launch 2.2 conformance; RFC 8414 §3; OpenID Connect Discovery 1.0 §4. */
import { trimBase } from './address.ts';
import { type Failed, failed } from './failure.ts';
import { AddressError, type Neighbours } from './neighbours.ts';
import type { Got, OAuth, ServerMetadata } from './oauth.ts';
import type { SessionServer } from './session.ts';

export interface Server {
  readonly metadata: ServerMetadata;
  readonly session: SessionServer;
}

export type Discover = () => Promise<Got<Server> | Failed>;

/** One discovery at a time; a good answer is kept for `limits.discoverySeconds`, a failure never. */
export function createDiscovery(fhirBase: string, oauth: OAuth, { fetch, now, limits }: Neighbours): Discover {
  const fhir = trimBase(fhirBase);
  let known: { readonly until: number; readonly answer: Promise<Got<Server> | Failed> } | undefined;

  async function readSmartConfiguration(): Promise<Got<Record<string, unknown>> | Failed> {
    const url = `${fhir}/.well-known/smart-configuration`;
    try {
      const response = await fetch(url, { headers: { accept: 'application/json' } });
      if (response.status !== 200) {
        return failed('discovery', 'The FHIR base has no smart-configuration.', { status: response.status });
      }
      const value: unknown = await response.json().catch(() => undefined);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return failed('discovery', 'The smart-configuration is not a JSON object.');
      }
      return { kind: 'got', value: value as Record<string, unknown> };
    } catch (error) {
      if (error instanceof AddressError) return failed('address', 'The FHIR base is not https.');
      return failed('network', 'The FHIR server did not answer in time.');
    }
  }

  /** OpenID Connect appends the well-known path, RFC 8414 inserts it: whichever the issuer serves. */
  async function readIssuer(issuer: string): Promise<Got<ServerMetadata | undefined> | Failed> {
    if (!URL.canParse(issuer)) return failed('discovery', 'The issuer is not a URL.');
    const oidc = await oauth.readMetadata(issuer, 'oidc');
    if (oidc.kind === 'failed' || oidc.value !== undefined) return oidc;
    return oauth.readMetadata(issuer, 'oauth2');
  }

  async function discover(): Promise<Got<Server> | Failed> {
    const smart = await readSmartConfiguration();
    if (smart.kind === 'failed') return smart;
    const { issuer = fhir, management_endpoint: management } = smart.value;
    if (typeof issuer !== 'string') return failed('discovery', 'The issuer is not a string.');
    const own = 'issuer' in smart.value ? await readIssuer(issuer) : { kind: 'got' as const, value: undefined };
    if (own.kind === 'failed') return own;
    // The issuer's own word wins: a FHIR server must not send its codes to a token endpoint of another.
    const metadata = { ...smart.value, ...own.value, issuer } as ServerMetadata;
    const missing = (['authorization_endpoint', 'token_endpoint'] as const).find(
      (name) => typeof metadata[name] !== 'string' || !URL.canParse(metadata[name]),
    );
    if (missing !== undefined) return failed('discovery', `The server names no ${missing}.`);
    if ('issuer' in smart.value && typeof metadata.jwks_uri !== 'string') {
      return failed('discovery', 'The server has an issuer but names no jwks_uri.');
    }
    const page = typeof management === 'string' && URL.canParse(management) ? { management } : {};
    return { kind: 'got', value: { metadata, session: { fhir, issuer, ...page } } };
  }

  return async () => {
    if (known === undefined || known.until <= now()) {
      known = { until: now() + limits.discoverySeconds * 1000, answer: discover() };
    }
    const asked = known;
    const answer = await asked.answer;
    if (answer.kind === 'failed' && known === asked) known = undefined;
    return answer;
  };
}
