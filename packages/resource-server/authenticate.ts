/**
 * Who asks: a token verified offline, or described by its issuer where it is a reference, tied to the live state of its
 * grant. RFC 9068 §4; RFC 7662; RFC 6750 §3.1; RFC 7009 §3; RFC 9449 §7.
 */
import type { GrantState } from '@affinity/core/smart/grant-state.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { CheckProof } from '@affinity/proof/dpop-check.ts';
import type { JSONWebKeySet } from 'jose';
import { judgeClaims, type TokenRules, type Verified, verifyAccessToken } from './access-token.ts';
import { type Carried, carriedToken } from './bearer.ts';
import { createForeignTokens, type ForeignIssuers } from './foreign-issuers.ts';
import type { Limits } from './limits.ts';

export type Authentication =
  | { readonly kind: 'principal'; readonly principal: Principal }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'invalid-request'; readonly reason: string }
  | {
      readonly kind: 'invalid-token';
      readonly reason: string;
      readonly principal?: Principal;
      /** it is the proof that is at fault, or the token was presented with one */
      readonly proof?: 'invalid_dpop_proof' | 'use_dpop_nonce' | 'invalid_token';
    }
  /** nothing can be said of the token now: fail closed */
  | { readonly kind: 'unavailable'; readonly reason: string };

/**
 * The issuer's description of a token for this server: the claims that a signed one would carry. Undefined where it is
 * worth nothing here; a rejection where the issuer cannot be asked.
 */
export type Introspect = (token: string) => Promise<object | undefined>;

export interface AuthenticateOptions {
  readonly rules: TokenRules;
  /** the issuer's public keys, as known now; called for every request, so it should remember them */
  readonly keys: () => Promise<JSONWebKeySet>;
  readonly grants: GrantState;
  /** asked for tokens that are not signed; without it there are none */
  readonly introspect?: Introspect;
  /** whose tokens count beside those of the issuer; without it nobody's */
  readonly foreign?: ForeignIssuers;
  /** absent: a token that is bound to a key is of no use here */
  readonly checkProof?: CheckProof;
  /** a token that is not bound to a key is of no use here */
  readonly requireProof?: boolean;
  readonly limits: Pick<
    Limits,
    'tokenCharacters' | 'tokenCacheEntries' | 'introspectedSeconds' | 'introspectedServiceSeconds'
  >;
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

export interface Presented {
  readonly headers: Headers;
  readonly query: URLSearchParams;
  readonly method: string;
  /** of the request, as this server is known */
  readonly url: string;
}

export type Authenticate = (presented: Presented) => Promise<Authentication>;

/** What has a dot is a signed token or nothing (RFC 7515 §7.1): its issuer is never asked about it. */
const isSigned = (token: string): boolean => token.includes('.');

export const createAuthenticate = (options: AuthenticateOptions): Authenticate => {
  const { rules, keys, grants, introspect, checkProof, requireProof = false, limits, now } = options;
  const memory = createMemory(limits.tokenCacheEntries);
  const foreign = options.foreign === undefined ? undefined : createForeignTokens(options.foreign, rules);
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

  /** The end of a grant is known without asking again; that of a service's token is not, and so it is remembered briefly. */
  const describe = async (token: string, ask: Introspect): Promise<Verified> => {
    const asked = now();
    const claims = await ask(token);
    if (claims === undefined) return { kind: 'invalid', reason: 'unknown to its issuer' };
    const verified = judgeClaims(claims as Readonly<Record<string, unknown>>, rules, now());
    if (verified.kind === 'invalid') return verified;
    const seconds =
      verified.principal.grant === undefined ? limits.introspectedServiceSeconds : limits.introspectedSeconds;
    return { ...verified, expires: Math.min(verified.expires, asked + seconds * 1000) };
  };

  /** Verified anew for each request: whose record an identifier leads to may change at any moment. */
  const verifyForeign = async (token: string): Promise<Authentication | undefined> => {
    const issuer = foreign?.issuerOf(token);
    if (foreign === undefined || issuer === undefined) return undefined;
    const verified = await foreign.verify(token, issuer, now());
    return verified.kind === 'invalid'
      ? { kind: 'invalid-token', reason: verified.reason }
      : { kind: 'principal', principal: verified.principal };
  };

  const verify = async (token: string): Promise<Authentication> => {
    const ofAnother = isSigned(token) ? await verifyForeign(token) : undefined;
    if (ofAnother !== undefined) return ofAnother;
    const ask = isSigned(token) ? undefined : introspect;
    const set = ask === undefined ? await currentKeys() : { keys: [] };
    const remembered = memory.recall(token, now());
    if (remembered !== undefined) return { kind: 'principal', principal: remembered };
    const verified = ask === undefined ? await verifyAccessToken(token, set, rules, now()) : await describe(token, ask);
    if (verified.kind === 'invalid') return { kind: 'invalid-token', reason: verified.reason };
    if (now() < verified.expires) memory.remember(token, verified);
    return { kind: 'principal', principal: verified.principal };
  };

  /** A token that is bound to a key, or was presented as if it were: never taken for one that anybody may bear. */
  const proveKey = async (
    { token, scheme }: Extract<Carried, { kind: 'token' }>,
    principal: Principal,
    { headers, method, url }: Presented,
  ): Promise<Authentication> => {
    const refused = (reason: string, proof: 'invalid_dpop_proof' | 'use_dpop_nonce' | 'invalid_token') =>
      ({ kind: 'invalid-token', reason, principal, proof }) as const;
    const { key } = principal;
    if (scheme === 'Bearer') return refused('presented without a proof of a key', 'invalid_token');
    if (key === undefined || checkProof === undefined) return refused('not bound to a key', 'invalid_token');
    const proved = await checkProof(headers, { method, url, accessToken: token, key });
    if (proved.kind === 'none') return refused('the proof is missing', 'invalid_dpop_proof');
    return proved.kind === 'refused' ? refused(proved.reason, proved.error) : { kind: 'principal', principal };
  };

  return async (presented) => {
    const carried = carriedToken(presented.headers, presented.query);
    if (carried.kind === 'none') return { kind: 'anonymous' };
    if (carried.kind === 'refused') return { kind: 'invalid-request', reason: carried.reason };
    if (carried.token.length > limits.tokenCharacters) return { kind: 'invalid-token', reason: 'too long' };
    const authentication = await verify(carried.token).catch(
      (): Authentication => ({ kind: 'unavailable', reason: 'the issuer cannot be asked' }),
    );
    if (authentication.kind !== 'principal') return authentication;
    const { principal } = authentication;
    const live = checkGrant(principal, grants);
    // Asked for every request, whatever is remembered of the token.
    const proofFree = carried.scheme === 'Bearer' && principal.key === undefined && !requireProof;
    if (live.kind !== 'principal' || proofFree) return live;
    return proveKey(carried, principal, presented).catch(
      (): Authentication => ({ kind: 'unavailable', reason: 'the proofs that were used are not known' }),
    );
  };
};
