/** The claims of an access token, each read down to its type: what is not sound refuses the token. RFC 9068 §2.2; RFC 7519 §4. */
import type { Principal } from '@affinity/core/smart/principal.ts';
import { readPurposeClaim } from '@affinity/core/smart/purpose-of-use.ts';
import { parseScopes, type ScopeLimits } from '@affinity/core/smart/scope-request.ts';

/** A token that is refused; never crosses the files that judge one. */
export class Refused extends Error {}
export const refuse = (reason: string): never => {
  throw new Refused(reason);
};

export type Claims = Readonly<Record<string, unknown>>;

export const text = (claims: Claims, name: string): string => {
  const value = claims[name];
  return typeof value === 'string' && value !== '' ? value : refuse(`${name} is not a string`);
};

/** A claim that may be missing; when it is there it must be sound, since a claim ignored could be one that narrows. */
export const optional = (claims: Claims, name: string): string | undefined =>
  claims[name] === undefined ? undefined : text(claims, name);

/** Seconds since 1970, whole (RFC 7519 §2; a fraction or a millisecond value is nobody's honest token). */
export const seconds = (claims: Claims, name: string): number => {
  const value = claims[name];
  const sound = typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value < 1e11;
  return sound ? value : refuse(`${name} is not a time`);
};

export interface TimeRules {
  readonly expiredSkewSeconds: number;
  readonly futureSkewSeconds: number;
}

/** @returns when it is over, epoch milliseconds */
export const checkTimes = (claims: Claims, rules: TimeRules, now: number): number => {
  const expires = seconds(claims, 'exp') + rules.expiredSkewSeconds;
  if (now / 1000 >= expires) refuse('expired');
  const latest = now / 1000 + rules.futureSkewSeconds;
  if (seconds(claims, 'iat') > latest) refuse('issued in the future');
  if (claims.nbf !== undefined && seconds(claims, 'nbf') > latest) refuse('not valid yet');
  return expires * 1000;
};

export const scopesOf = (claims: Claims, limits: ScopeLimits): Principal['scopes'] => {
  const { scope } = claims;
  const parsed = typeof scope === 'string' ? parseScopes(scope, limits) : refuse('scope is not a string');
  return parsed.kind === 'scopes' ? parsed.scopes.resources : refuse(parsed.reason);
};

/** IHE IUA: only what the token says; a header of the caller says nothing of it. */
export const purposesOf = ({ extensions }: Claims): readonly string[] =>
  readPurposeClaim(extensions) ?? refuse('purpose_of_use is malformed');
