/** What of a scope may be registered where somebody has said how much, and whether one registration is more than another. RFC 7591 §2. */

import { parseResourceScope } from '@affinity/core/smart/scope.ts';
import { setCovers } from '@affinity/core/smart/scope-order.ts';
import { parseScopes } from '@affinity/core/smart/scope-request.ts';
import type { RegistrableMetadata } from './registrable-metadata.ts';

const tokensOf = (scope: string): readonly string[] => scope.split(' ').filter((token) => token !== '');

/** The tokens of `scope` that `limit` gives; without a limit all but `system/`. */
export function withinLimit(scope: string, limit: string | undefined): readonly string[] {
  if (limit === undefined) return tokensOf(scope).filter((token) => !token.startsWith('system/'));
  const parsed = parseScopes(limit);
  const most = parsed.kind === 'scopes' ? parsed.scopes.resources : [];
  const named = new Set(tokensOf(limit));
  return tokensOf(scope).filter((token) => {
    const resource = parseResourceScope(token);
    return resource.kind === 'scope' ? setCovers(most, [resource.scope]) : named.has(token);
  });
}

/** Of keys and of what only informs, an app may say something new by itself. */
const free = new Set([
  'contacts',
  'software_version',
  'jwks',
  'token_endpoint_auth_signing_alg',
  'id_token_signed_response_alg',
  'response_types',
]);

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Whether somebody who vouches for `before` would have to look at `after`: it is more, or says that it is something else. */
export function isMore(before: RegistrableMetadata, after: RegistrableMetadata): boolean {
  const [old, now]: readonly Readonly<Record<string, unknown>>[] = [{ ...before }, { ...after }];
  return [...new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])].some((name) => {
    const [was, is] = [old?.[name], now?.[name]];
    if (free.has(name) || same(was, is)) return false;
    if (name === 'scope') {
      if (was === undefined || is === undefined) return is === undefined;
      return withinLimit(String(is), String(was)).length < tokensOf(String(is)).length;
    }
    if (Array.isArray(was) && (is === undefined || Array.isArray(is)))
      return !(is ?? []).every((one) => was.includes(one));
    return true;
  });
}
