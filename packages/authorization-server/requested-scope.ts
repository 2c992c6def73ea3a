/** What of a requested scope an app may have at all, before a person is asked. RFC 6749 §3.3; SMART App Launch 2.2, scopes. */

import { parseResourceScope, printScope, type ResourceScope, withoutUriPrefix } from '@affinity/core/smart/scope.ts';
import { intersectSets, setCovers } from '@affinity/core/smart/scope-order.ts';
import {
  identifierScopes,
  type LaunchScope,
  parseLaunchScope,
  parseScopes,
  type RequestedScopes,
} from '@affinity/core/smart/scope-request.ts';
import type { Client } from './clients.ts';
import type { Settings } from './settings.ts';

export type ScopeLimits = Pick<Settings, 'scopeCharacters' | 'scopeTokens'>;

/** What is told of a person beside that somebody signed in. */
const ofPerson: readonly string[] = ['fhirUser', 'profile', ...identifierScopes];

export type ResolvedScope =
  | { readonly kind: 'scopes'; readonly tokens: readonly string[] }
  | { readonly kind: 'fault'; readonly description: string };

const fault = (description: string): ResolvedScope => ({ kind: 'fault', description });

const allows = (allowed: RequestedScopes | undefined, token: string): boolean =>
  allowed === undefined ||
  allowed.identity.some((name) => name === token) ||
  allowed.launch.some((launch) => contextToken(launch) === token);

/** What can be put into context here. A role is a wish that is not granted: the type's context is given without it. */
const contextToken = (launch: LaunchScope | undefined): string | undefined => {
  if (launch === undefined) return undefined;
  if (launch.kind === 'from-record-system') return 'launch';
  return launch.type === 'Patient' || launch.type === 'Encounter' ? `launch/${launch.type.toLowerCase()}` : undefined;
};

/** As it was asked where the app may have all of it, else what it may have; nothing where they share nothing. */
function narrow(token: string, scope: ResourceScope, allowed: RequestedScopes | undefined): string[] {
  if (allowed === undefined || setCovers(allowed.resources, [scope])) return [withoutUriPrefix(token)];
  return intersectSets(allowed.resources, [scope]).map(printScope);
}

/** Asks for refresh tokens: while the person is away, or while they are signed in. SMART App Launch 2.2, scopes. */
export const goesOn = (token: string): boolean => token === 'offline_access' || token === 'online_access';

/**
 * For an authorization request: in the order asked, without what is unknown, malformed or not for people, each once.
 * Nothing left is a fault. `launch` alone asks for what only a record system can give: without one it is left out.
 */
export function resolveScope(
  text: string | undefined,
  client: Client,
  limits: ScopeLimits,
  launched = false,
): ResolvedScope {
  if (text === undefined) return fault('scope is missing: say what the app asks for, such as patient/Observation.rs');
  const parsed = parseScopes(text, { characters: limits.scopeCharacters, tokens: limits.scopeTokens });
  if (parsed.kind === 'too-many') return fault(parsed.reason);
  const kept = text.split(' ').flatMap((token) => {
    if (token === 'openid' || ofPerson.includes(token)) {
      return allows(client.allowed, token) ? [token] : [];
    }
    const context = contextToken(parseLaunchScope(token));
    if (context !== undefined) return allows(client.allowed, context) ? [context] : [];
    if (goesOn(token)) {
      return client.grantTypes.includes('refresh_token') && allows(client.allowed, token) ? [token] : [];
    }
    const resource = parseResourceScope(token);
    return resource.kind === 'scope' && resource.scope.compartment !== 'system'
      ? narrow(token, resource.scope, client.allowed)
      : [];
  });
  const tokens = [...new Set(kept)].filter(
    (token) => (kept.includes('openid') || !ofPerson.includes(token)) && (launched || token !== 'launch'),
  );
  if (tokens.every(goesOn)) return fault('nothing in scope can be granted to this app');
  return { kind: 'scopes', tokens };
}

/** For a backend service: what of `system/` it was registered for. SMART Backend Services, "Obtain access token". */
export function resolveSystemScope(text: string | undefined, client: Client, limits: ScopeLimits): ResolvedScope {
  if (text === undefined)
    return fault('scope is missing: say what the service asks for, such as system/Observation.rs');
  const parsed = parseScopes(text, { characters: limits.scopeCharacters, tokens: limits.scopeTokens });
  if (parsed.kind === 'too-many') return fault(parsed.reason);
  const allowed = client.allowed ?? { resources: [], launch: [], identity: [], rejected: [] };
  const kept = text.split(' ').flatMap((token) => {
    const resource = parseResourceScope(token);
    return resource.kind === 'scope' && resource.scope.compartment === 'system'
      ? narrow(token, resource.scope, allowed)
      : [];
  });
  return kept.length === 0
    ? fault('nothing in scope was registered for this service')
    : { kind: 'scopes', tokens: [...new Set(kept)] };
}

/** A patient has to be known: `launch/patient`, a visit of one, or any right over a patient's record. */
export const needsPatient = (tokens: readonly string[]): boolean =>
  tokens.some((token) => token === 'launch/patient' || token === 'launch/encounter' || token.startsWith('patient/'));

export const needsEncounter = (tokens: readonly string[]): boolean => tokens.includes('launch/encounter');

/** Where no visit is in context, `launch/encounter` was not granted, and the answer says so by leaving it out. */
export const withoutEncounter = <Asked extends { readonly tokens: readonly string[] }>(asked: Asked): Asked => ({
  ...asked,
  tokens: asked.tokens.filter((token) => token !== 'launch/encounter'),
});

/** Any right over records at all. */
export const asksForRecords = (tokens: readonly string[]): boolean =>
  tokens.some((token) => /^(patient|user)\//.test(token));
