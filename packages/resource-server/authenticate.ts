/** Who asks: a token verified offline, tied to the live state of its grant. RFC 9068 §4; RFC 6750 §3.1; RFC 7009 §3. */
import type { GrantState } from '@affinity/core/smart/grant-state.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { JSONWebKeySet } from 'jose';
import { type TokenRules, verifyAccessToken } from './access-token.ts';
import { carriedToken } from './bearer.ts';

export type Authentication =
  | { readonly kind: 'principal'; readonly principal: Principal }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'invalid-request'; readonly reason: string }
  | { readonly kind: 'invalid-token'; readonly reason: string; readonly principal?: Principal }
  /** nothing can be said of the token now: fail closed */
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface AuthenticateOptions {
  readonly rules: TokenRules;
  /** the issuer's public keys, as known now; called for every request, so it should remember them */
  readonly keys: () => Promise<JSONWebKeySet>;
  readonly grants: GrantState;
  readonly limits: { readonly tokenCharacters: number; readonly tokenCacheEntries: number };
  /** epoch milliseconds */
  readonly now: () => number;
}

interface Remembered {
  readonly principal: Principal;
  readonly expires: number;
}

/** The whole token is the key: nothing that differs in one bit is taken for it. */
const createMemory = (entries: number) => {
  const memory = new Map<string, Remembered>();
  return {
    forget: () => memory.clear(),
    recall: (token: string, now: number): Principal | undefined => {
      const found = memory.get(token);
      if (found === undefined) return undefined;
      memory.delete(token);
      if (now >= found.expires) return undefined;
      memory.set(token, found);
      return found.principal;
    },
    remember: (token: string, found: Remembered): void => {
      memory.set(token, found);
      const [oldest] = memory.keys();
      if (memory.size > entries && oldest !== undefined) memory.delete(oldest);
    },
  };
};

/** Asked for every request, whatever is remembered: the end of a grant is felt at once. */
export const checkGrant = (
  principal: Principal,
  grants: GrantState,
): Extract<Authentication, { kind: 'principal' | 'unavailable' | 'invalid-token' }> => {
  const { grant } = principal;
  if (grant === undefined) return { kind: 'principal', principal };
  if (!grants.isFresh()) return { kind: 'unavailable', reason: 'the state of grants is not known' };
  return grants.isLive(grant)
    ? { kind: 'principal', principal }
    : { kind: 'invalid-token', reason: 'the grant has ended', principal };
};

export type Authenticate = (headers: Headers, query: URLSearchParams) => Promise<Authentication>;

export const createAuthenticate = ({ rules, keys, grants, limits, now }: AuthenticateOptions): Authenticate => {
  const memory = createMemory(limits.tokenCacheEntries);
  let known: { readonly set: JSONWebKeySet; readonly text: string } | undefined;

  /** The keys now; when they have changed, what was verified with the old ones is verified again. */
  const currentKeys = async (): Promise<JSONWebKeySet> => {
    const set = await keys();
    if (set === known?.set) return set;
    const text = JSON.stringify(set);
    if (text !== known?.text) memory.forget();
    known = { set, text };
    return set;
  };

  const verify = async (token: string): Promise<Authentication> => {
    const set = await currentKeys();
    const remembered = memory.recall(token, now());
    if (remembered !== undefined) return { kind: 'principal', principal: remembered };
    const verified = await verifyAccessToken(token, set, rules, now());
    if (verified.kind === 'invalid') return { kind: 'invalid-token', reason: verified.reason };
    memory.remember(token, verified);
    return { kind: 'principal', principal: verified.principal };
  };

  return async (headers, query) => {
    const carried = carriedToken(headers, query);
    if (carried.kind === 'none') return { kind: 'anonymous' };
    if (carried.kind === 'refused') return { kind: 'invalid-request', reason: carried.reason };
    if (carried.token.length > limits.tokenCharacters) return { kind: 'invalid-token', reason: 'too long' };
    const authentication = await verify(carried.token).catch(
      (): Authentication => ({ kind: 'unavailable', reason: 'the keys of the issuer are not known' }),
    );
    return authentication.kind === 'principal' ? checkGrant(authentication.principal, grants) : authentication;
  };
};
