/**
 * What an app may say of itself when it registers, read strictly: unknown members are dropped, what holds is said in the
 * echo, and nothing that only an operator may say is ever taken. RFC 7591 §2, §3.2.2; RFC 9700 §2.1; SMART App Launch 2.2.
 */

import { parseScopes } from '@affinity/core/smart/scope-request.ts';
import { readOutboundUrl } from '@affinity/outbound/outbound-url.ts';
import { type ClientMetadata, faultsOf } from './clients.ts';
import { redirectUriFault } from './redirect-uri.ts';

export type RegistrationErrorCode =
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'invalid_software_statement'
  | 'unapproved_software_statement';

/** Without an id and without a secret. */
export type RegistrableMetadata = Omit<ClientMetadata, 'client_id' | 'client_secret'>;

export type ReadMetadata =
  | { readonly kind: 'metadata'; readonly metadata: RegistrableMetadata }
  | { readonly kind: 'fault'; readonly error: RegistrationErrorCode; readonly description: string };

type Check = (value: unknown) => string | undefined;

const strings = (value: unknown, most: number): value is readonly string[] =>
  Array.isArray(value) && value.length <= most && value.every((item) => typeof item === 'string');

/** One line of words: nothing invisible, nothing that turns the writing round, no markup. */
const words =
  (most: number): Check =>
  (value) =>
    typeof value === 'string' && value.trim() !== '' && value.length <= most && !/[\p{C}\p{Zl}\p{Zp}<>]/u.test(value)
      ? undefined
      : `must be one line of 1 to ${most} characters without markup`;
const text: Check = (value) => (typeof value === 'string' ? undefined : 'must be a string');
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const list =
  (most: number): Check =>
  (value) =>
    strings(value, most) ? undefined : `must be a list of at most ${most} strings`;
/** For people to follow, or for us to fetch: out on the Internet in both cases. */
const page: Check = (value) => {
  const read = readOutboundUrl(typeof value === 'string' ? value : '');
  return read.kind === 'fault' ? read.fault : undefined;
};
const addresses: Check = (value) => {
  if (!strings(value, 50)) return 'must be a list of at most 50 strings';
  for (const uri of value) {
    const fault = redirectUriFault(uri, false);
    if (fault !== undefined) return `${JSON.stringify(uri.slice(0, 200))} ${fault}`;
  }
  return undefined;
};
const contacts: Check = (value) =>
  strings(value, 10) && value.every((one) => words(200)(one) === undefined)
    ? undefined
    : 'must be a list of at most 10 lines';

/** Every member that an app may bring. What is not here is dropped: above all what only an operator may say. */
const members = new Map<string, Check>([
  ['redirect_uris', list(50)],
  ['launch_uris', addresses],
  ['post_logout_redirect_uris', list(50)],
  ['backchannel_logout_uri', page],
  ['backchannel_logout_session_required', flag],
  ['token_endpoint_auth_method', text],
  ['token_endpoint_auth_signing_alg', text],
  ['id_token_signed_response_alg', text],
  ['grant_types', list(10)],
  ['response_types', list(10)],
  ['application_type', text],
  ['client_name', words(100)],
  ['client_uri', page],
  ['logo_uri', page],
  ['policy_uri', page],
  ['tos_uri', page],
  ['contacts', contacts],
  ['scope', text],
  ['id_token_signed_response_alg', text],
  ['dpop_bound_access_tokens', flag],
  ['require_pushed_authorization_requests', flag],
  ['jwks', () => undefined],
  ['jwks_uri', page],
  ['software_id', words(200)],
  ['software_version', words(100)],
]);

export const secretMethods: readonly unknown[] = ['client_secret_basic', 'client_secret_post'];

/** @param given members that a software statement vouches for stand here already, in place of what was sent beside it */
export function readMetadata(given: Readonly<Record<string, unknown>>): ReadMetadata {
  const fault = (description: string): ReadMetadata => ({
    kind: 'fault',
    error: description.startsWith('redirect_uris') ? 'invalid_redirect_uri' : 'invalid_client_metadata',
    description,
  });
  const taken: Record<string, unknown> = {};
  for (const [name, check] of members) {
    const value = given[name];
    if (value === undefined || value === null) continue;
    const wrong = check(value);
    if (wrong !== undefined) return fault(`${name} ${wrong}`);
    taken[name] = value;
  }
  const inconsistent = settleGrants(taken) ?? settleScope(taken);
  if (inconsistent !== undefined) return fault(inconsistent);
  taken.token_endpoint_auth_method ??=
    taken.jwks !== undefined || taken.jwks_uri !== undefined
      ? 'private_key_jwt'
      : taken.application_type === 'native'
        ? 'none'
        : 'client_secret_basic';
  const { token_endpoint_auth_method: method } = taken;
  if (method !== 'private_key_jwt' && (taken.jwks !== undefined || taken.jwks_uri !== undefined))
    return fault('jwks and jwks_uri are for token_endpoint_auth_method private_key_jwt');
  // Checked as an operator's own word is; the secret that it will be given is not known yet.
  const whole = secretMethods.includes(method) ? { ...taken, client_secret: 'x'.repeat(32) } : taken;
  const [first] = faultsOf(whole);
  return first === undefined ? { kind: 'metadata', metadata: taken as RegistrableMetadata } : fault(first);
}

/** Grant types and response types say the same, or are made to where one of them was left out. RFC 7591 §2.1. */
function settleGrants(taken: Record<string, unknown>): string | undefined {
  const wantsRefresh = /(^| )(offline|online)_access( |$)/.test(String(taken.scope ?? ''));
  const grants = (taken.grant_types ?? ['authorization_code', ...(wantsRefresh ? ['refresh_token'] : [])]) as string[];
  if (grants.length === 0) return 'grant_types is empty';
  if (new Set(grants).size < grants.length) return 'grant_types holds a value twice';
  const byCode = grants.includes('authorization_code');
  const responses = (taken.response_types ?? (byCode ? ['code'] : [])) as string[];
  if (responses.some((type) => type !== 'code')) return 'response_types may hold code';
  if (byCode !== responses.length > 0) return 'response_types and grant_types do not fit together';
  if (grants.length === 1 && grants[0] === 'refresh_token') return 'grant_types needs another beside refresh_token';
  taken.grant_types = grants;
  taken.response_types = [...new Set(responses)];
  return undefined;
}

/** What is unknown is left out, and the echo says so. */
function settleScope(taken: Record<string, unknown>): string | undefined {
  if (taken.scope === undefined) return undefined;
  const parsed = parseScopes(String(taken.scope));
  if (parsed.kind === 'too-many') return parsed.reason;
  const unknown = new Set(parsed.scopes.rejected.map(({ token }) => token));
  const kept = [...new Set(String(taken.scope).split(' '))].filter((token) => token !== '' && !unknown.has(token));
  if (kept.length === 0) return 'scope holds nothing that is known here';
  taken.scope = kept.join(' ');
  return undefined;
}
