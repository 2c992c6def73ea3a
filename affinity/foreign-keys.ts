/**
 * The public keys of another domain: as declared, or from its JWKS URL, asked for seldom and kept for as long as it says and we
 * allow. Who cannot be asked has no keys, and nobody waits for them but its own tokens. RFC 7517 §5; RFC 9111 §5.2.2.
 */
import { keyFaults } from '@affinity/authorization-server/key-set.ts';
import type { Permissions } from '@affinity/outbound/outbound-url.ts';
import type { SafeFetch } from '@affinity/outbound/safe-fetch.ts';
import type { JSONWebKeySet, JWK } from 'jose';
import type { Log } from './log.ts';

export interface ForeignKeysNeighbours {
  readonly uri: string;
  readonly fetchOutside: SafeFetch;
  readonly permissions: Permissions;
  /** most that a key set is kept, where Cache-Control does not say less */
  readonly keptSeconds: number;
  /** it is not asked for more often, and not kept for less */
  readonly againSeconds: number;
  /** epoch milliseconds */
  readonly now: () => number;
  readonly log: Log;
}

const mostKeys = 50;

/** The one key with this kid that can verify a signature; none where it is not the only one. */
export const onlyKey = (keys: readonly JWK[], kid: string): JSONWebKeySet => {
  const found = keys.filter((key) => key.kid === kid);
  return { keys: found.length === 1 ? found : [] };
};

/** Keys of kinds that are not used here are passed over, whatever else the set holds. */
const usableKeys = (body: Buffer): readonly JWK[] | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined;
  if (!Array.isArray(keys) || keys.length > mostKeys) return undefined;
  return (keys as readonly JWK[]).filter((key) => keyFaults({ keys: [key] }).length === 0);
};

const maxAge = (headers: Headers): number => {
  const control = headers.get('cache-control') ?? '';
  if (/\bno-(store|cache)\b/i.test(control)) return 0;
  return Number(/\bmax-age=(\d{1,9})\b/i.exec(control)?.[1] ?? Number.POSITIVE_INFINITY);
};

/** @throws Error from what it returns, while the keys cannot be had */
export const createForeignKeys = (neighbours: ForeignKeysNeighbours): ((kid: string) => Promise<JSONWebKeySet>) => {
  const { uri, fetchOutside, permissions, keptSeconds, againSeconds, now, log } = neighbours;
  let held: { readonly keys: readonly JWK[]; readonly until: number } | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let isSilent = false;
  let underway: Promise<void> | undefined;

  const load = async (): Promise<void> => {
    askedAt = now();
    const answer = await fetchOutside({
      url: uri,
      accept: ['application/json', 'application/jwk-set+json'],
      ...permissions,
    });
    const keys = answer.kind === 'answer' && answer.status === 200 ? usableKeys(answer.body) : undefined;
    isSilent = keys === undefined;
    if (answer.kind === 'refused' || keys === undefined) {
      const why = answer.kind === 'refused' ? answer.why : `status ${answer.status}, or no key set`;
      log('the keys of a trusted issuer could not be fetched', { uri, reason: why });
      return;
    }
    const seconds = Math.max(againSeconds, Math.min(keptSeconds, maxAge(answer.headers)));
    held = { keys, until: askedAt + seconds * 1000 };
  };

  const known = (kid: string): JSONWebKeySet | undefined => {
    if (held === undefined || now() >= held.until) return undefined;
    return onlyKey(held.keys, kid);
  };

  return async (kid) => {
    const before = known(kid);
    if (before !== undefined && before.keys.length > 0) return before;
    // An unknown kid may be a new key: asked for again, though not for every wrong token.
    if (underway !== undefined || now() - askedAt >= againSeconds * 1000) {
      underway ??= load().finally(() => {
        underway = undefined;
      });
      await underway;
    }
    const after = known(kid);
    if (after === undefined || (after.keys.length === 0 && isSilent)) throw new Error('the keys cannot be had');
    return after;
  };
};
