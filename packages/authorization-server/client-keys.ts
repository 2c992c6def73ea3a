/** The public keys of an app: as registered, or from its JWKS URL. SMART App Launch 2.2, client-confidential-asymmetric. */

import type { JWK } from 'jose';
import { type Client, keyFaults } from './clients.ts';
import type { Log } from './log.ts';

export interface ClientKeys {
  /** The one key with this kid and type; undefined where there is none, or more than one. */
  find(client: Client, kid: string, kty: 'RSA' | 'EC'): Promise<JWK | undefined>;
}

interface Cached {
  readonly keys: readonly JWK[];
  readonly fetchedAt: number;
  readonly freshUntil: number;
}

const limits = { bytes: 1_000_000, milliseconds: 5_000, secondsBetweenFetches: 10 };

/** Never beyond what the app's own Cache-Control allows. */
function freshFor(response: Response, most: number): number {
  const control = response.headers.get('cache-control') ?? '';
  if (/\bno-(store|cache)\b/i.test(control)) return 0;
  const told = /\bmax-age=(\d{1,9})\b/i.exec(control)?.[1];
  return told === undefined ? most : Math.min(Number(told), most);
}

async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body !== null) {
    for await (const chunk of response.body) {
      size += chunk.byteLength;
      if (size > limits.bytes) throw new Error('the key set is too long');
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function createClientKeys(cacheSeconds: number, now: () => Date, log: Log): ClientKeys {
  const cache = new Map<string, Cached>();
  const underway = new Map<string, Promise<Cached>>();

  const load = async (uri: string): Promise<Cached> => {
    const fetchedAt = now().getTime();
    try {
      const response = await fetch(uri, {
        redirect: 'error',
        headers: { accept: 'application/json' },
        signal: AbortSignal.timeout(limits.milliseconds),
      });
      const jwks: unknown = JSON.parse(await readLimited(response));
      if (!response.ok || keyFaults(jwks).length > 0) throw new Error('it is no usable key set');
      const { keys } = jwks as { keys: JWK[] };
      return { keys, fetchedAt, freshUntil: fetchedAt + freshFor(response, cacheSeconds) * 1000 };
    } catch (error) {
      log('client keys could not be fetched', { uri, reason: error instanceof Error ? error.message : 'unknown' });
      return { keys: [], fetchedAt, freshUntil: fetchedAt };
    }
  };

  const fetchOnce = (uri: string): Promise<Cached> => {
    const running = underway.get(uri) ?? load(uri).finally(() => underway.delete(uri));
    underway.set(uri, running);
    return running.then((loaded) => {
      cache.set(uri, loaded);
      return loaded;
    });
  };

  const only = (keys: readonly JWK[], kid: string, kty: string): JWK | undefined => {
    const found = keys.filter((key) => key.kid === kid && key.kty === kty);
    return found.length === 1 ? found[0] : undefined;
  };

  return {
    async find({ metadata: { jwks, jwks_uri: uri } }, kid, kty) {
      if (uri === undefined) return only(jwks?.keys ?? [], kid, kty);
      const cached = cache.get(uri);
      const time = now().getTime();
      if (cached === undefined || cached.freshUntil <= time) return only((await fetchOnce(uri)).keys, kid, kty);
      const found = only(cached.keys, kid, kty);
      // An unknown kid may be a new key: asked for again, though not for every wrong assertion.
      if (found !== undefined || time - cached.fetchedAt < limits.secondsBetweenFetches * 1000) return found;
      return only((await fetchOnce(uri)).keys, kid, kty);
    },
  };
}
