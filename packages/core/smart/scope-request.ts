/** A whole `scope` value, sorted into what each part asks for. RFC 6749 §3.3; SMART App Launch 2.2; OIDC Core §3.1.2.1. */
import { resourceTypes } from '../fhir/resource-type.ts';
import { isScopeToken, parseResourceScope, type ResourceScope, withoutUriPrefix } from './scope.ts';

/**
 * The numbers by which a person is known in business. SMART wants extensions to be full URIs or to begin with `__`: that
 * is the name which is published; the short one is taken as well.
 */
export const identifierScopes = ['__identifiers', 'identifiers'] as const;
export const identityScopes = [
  'openid',
  'fhirUser',
  'profile',
  'offline_access',
  'online_access',
  ...identifierScopes,
] as const;
export type IdentityScope = (typeof identityScopes)[number];

export type LaunchScope =
  /** `launch`: the context of a launch from a record system */
  | { readonly kind: 'from-record-system' }
  /** `launch/patient`, `launch/encounter`…: `type` as in FHIR; `role` is a wish, the type's context is given without it too */
  | { readonly kind: 'type'; readonly type: string; readonly role?: string };

export interface RequestedScopes {
  readonly resources: readonly ResourceScope[];
  readonly launch: readonly LaunchScope[];
  readonly identity: readonly IdentityScope[];
  /** malformed or unknown: granted to nobody, and said so by leaving them out of the answer */
  readonly rejected: readonly { readonly token: string; readonly reason: string }[];
}

export type ScopesResult =
  | { readonly kind: 'scopes'; readonly scopes: RequestedScopes }
  | { readonly kind: 'too-many'; readonly reason: string };

export interface ScopeLimits {
  readonly characters: number;
  readonly tokens: number;
}
/** Room for every US Core scope several times over. */
export const defaultScopeLimits: ScopeLimits = { characters: 16_384, tokens: 300 };

const typeOfLaunch: ReadonlyMap<string, string> = new Map([...resourceTypes].map((type) => [type.toLowerCase(), type]));

/** `launch` and `launch/<type in lower case>`, with one `role` at most. Undefined: not a launch scope. */
export const parseLaunchScope = (token: string): LaunchScope | undefined => {
  const text = withoutUriPrefix(token);
  if (text === 'launch') return { kind: 'from-record-system' };
  const parts = /^launch\/([a-z]+)(?:\?role=([^&=?]+))?$/.exec(text);
  const type = typeOfLaunch.get(parts?.[1] ?? '');
  if (type === undefined) return undefined;
  const role = parts?.[2];
  return { kind: 'type', type, ...(role === undefined ? {} : { role }) };
};

/** Sorts the tokens; repeated ones count once. Only a value past the limits is refused whole. */
export const parseScopes = (text: string, limits: ScopeLimits = defaultScopeLimits): ScopesResult => {
  if (text.length > limits.characters) {
    return { kind: 'too-many', reason: `scope is longer than ${limits.characters} characters` };
  }
  const tokens = [...new Set(text.split(' ').filter((token) => token !== ''))];
  if (tokens.length > limits.tokens) return { kind: 'too-many', reason: `scope has more than ${limits.tokens} parts` };
  const resources: ResourceScope[] = [];
  const launch: LaunchScope[] = [];
  const identity: IdentityScope[] = [];
  const rejected: { token: string; reason: string }[] = [];
  for (const token of tokens) {
    const name = identityScopes.find((known) => known === token);
    const context = isScopeToken(token) ? parseLaunchScope(token) : undefined;
    if (name !== undefined) identity.push(name);
    else if (context !== undefined) launch.push(context);
    else {
      const result = parseResourceScope(token);
      if (result.kind === 'scope') resources.push(result.scope);
      else rejected.push({ token, reason: result.reason });
    }
  }
  return { kind: 'scopes', scopes: { resources, launch, identity, rejected } };
};

export const printLaunchScope = (scope: LaunchScope): string =>
  scope.kind === 'from-record-system'
    ? 'launch'
    : `launch/${scope.type.toLowerCase()}${scope.role === undefined ? '' : `?role=${scope.role}`}`;
