/** The public keys of an app: as registered, or from its JWKS URL. SMART App Launch 2.2, client-confidential-asymmetric. */

import type { Permissions } from '@affinity/outbound/outbound-url.ts';
import type { SafeFetch } from '@affinity/outbound/safe-fetch.ts';
import type { JWK } from 'jose';
import type { Client } from './clients.ts';
import { keyFaults } from './key-set.ts';
import type { Log } from './log.ts';

export interface ClientKeys {
  /** The one key with this kid and type; undefined where there is none, or more than one. */
  find(client: Client, kid: string, kty: 'RSA' | 'EC'): Promise<JWK | undefined>;
}

export interface ClientKeyNeighbours {
  readonly fetchOutside: SafeFetch;
  /** what the operator's own word may reach: a URL that an app has registered itself is always a stranger's */
  readonly outbound: Permissions;
  /** most that a key set is kept, where its owner's Cache-Control does not say less */
  readonly cacheSeconds: number;
  readonly now: () => Date;
  readonly log: Log;
}

interface Cached {
  readonly keys: readonly JWK[];
  readonly fetchedAt: number;
  readonly freshUntil: number;
  /** times it was fetched in the minute that began then */
  readonly minute: { readonly began: number; readonly fetches: number };
}

/** Whoever sends assertions makes us fetch: what one URL can be asked in a minute, and how many sets are kept. */
const limits = { secondsBetweenFetches: 10, fetchesInMinute: 60, urls: 1_000 } as const;

/** Never beyond what the app's own Cache-Control allows. */
function freshFor(headers: Headers, most: number): number {
  const control = headers.get('cache-control') ?? '';
  if (/\bno-(store|cache)\b/i.test(control)) return 0;
  const told = /\bmax-age=(\d{1,9})\b/i.exec(control)?.[1];
  return told === undefined ? most : Math.min(Number(told), most);
}

type Loaded =
  | { readonly kind: 'keys'; readonly keys: readonly JWK[]; readonly seconds: number }
  | { readonly kind: 'fault' };

export function createClientKeys(neighbours: ClientKeyNeighbours): ClientKeys {
  const { fetchOutside, outbound, cacheSeconds, now, log } = neighbours;
  const cache = new Map<string, Cached>();
  const underway = new Map<string, Promise<Cached>>();

  const load = async (uri: string, permissions: Permissions): Promise<Loaded> => {
    const answer = await fetchOutside({
      url: uri,
      accept: ['application/json', 'application/jwk-set+json'],
      ...permissions,
    });
    const why = answer.kind === 'refused' ? answer.why : answer.status === 200 ? undefined : `status ${answer.status}`;
    const jwks = answer.kind === 'answer' && why === undefined ? parsed(answer.body) : undefined;
    if (answer.kind === 'refused' || jwks === undefined || keyFaults(jwks).length > 0) {
      log('client keys could not be fetched', { uri, reason: why ?? 'it is no usable key set' });
      return { kind: 'fault' };
    }
    return { kind: 'keys', keys: (jwks as { keys: JWK[] }).keys, seconds: freshFor(answer.headers, cacheSeconds) };
  };

  const fetchOnce = (uri: string, permissions: Permissions): Promise<Cached> => {
    const key = keyOf(uri, permissions);
    const fetching = async (): Promise<Cached> => {
      const fetchedAt = now().getTime();
      const before = cache.get(key)?.minute;
      const began = before !== undefined && fetchedAt - before.began < 60_000 ? before.began : fetchedAt;
      const minute = { began, fetches: before?.began === began ? before.fetches + 1 : 1 };
      const loaded = await load(uri, permissions);
      const kept: Cached =
        loaded.kind === 'keys'
          ? { keys: loaded.keys, fetchedAt, freshUntil: fetchedAt + loaded.seconds * 1000, minute }
          : // What failed fails for a while, so that nobody is asked again for each wrong assertion.
            { keys: [], fetchedAt, freshUntil: fetchedAt + limits.secondsBetweenFetches * 1000, minute };
      cache.delete(key);
      cache.set(key, kept);
      for (const oldest of cache.keys()) {
        if (cache.size <= limits.urls) break;
        cache.delete(oldest);
      }
      return kept;
    };
    const running = underway.get(key) ?? fetching().finally(() => underway.delete(key));
    underway.set(key, running);
    return running;
  };

  const only = (keys: readonly JWK[], kid: string, kty: string): JWK | undefined => {
    const found = keys.filter((key) => key.kid === kid && key.kty === kty);
    return found.length === 1 ? found[0] : undefined;
  };

  return {
    async find({ metadata: { jwks, jwks_uri: uri }, registered }, kid, kty) {
      if (uri === undefined) return only(jwks?.keys ?? [], kid, kty);
      const permissions = registered === undefined ? outbound : {};
      const cached = cache.get(keyOf(uri, permissions));
      const time = now().getTime();
      if (cached !== undefined && cached.freshUntil > time) {
        const found = only(cached.keys, kid, kty);
        // An unknown kid may be a new key: asked for again, though not for every wrong assertion.
        if (found !== undefined || time - cached.fetchedAt < limits.secondsBetweenFetches * 1000) return found;
      }
      const spent = cached !== undefined && time - cached.minute.began < 60_000 ? cached.minute.fetches : 0;
      if (spent >= limits.fetchesInMinute) {
        log('client keys are asked for too often', { uri });
        return undefined;
      }
      return only((await fetchOnce(uri, permissions)).keys, kid, kty);
    },
  };
}

/** What a permission has fetched is not there for whoever has none. */
const keyOf = (uri: string, permissions: Permissions): string => JSON.stringify([permissions, uri]);

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
