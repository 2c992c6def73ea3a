/** What every part of the client is given: who the app is, the way out, the clock, and the limits. */
import { isAllowedAddress } from './address.ts';

export interface Limits {
  /** longest wait for one HTTP answer */
  readonly timeoutMs: number;
  /** how long a person may take to sign in */
  readonly launchSeconds: number;
  /** how long what a server says of itself is believed */
  readonly discoverySeconds: number;
  /** how far clocks may differ */
  readonly toleranceSeconds: number;
  /** how long before its end an access token is renewed */
  readonly renewAheadSeconds: number;
  /** longest Retry-After that is waited for; a longer one is reported at once */
  readonly retryAfterSeconds: number;
  /** most pages that readAll follows */
  readonly pages: number;
}

export const defaultLimits: Limits = {
  timeoutMs: 10_000,
  launchSeconds: 600,
  discoverySeconds: 600,
  toleranceSeconds: 60,
  renewAheadSeconds: 30,
  retryAfterSeconds: 5,
  pages: 10,
};

export interface Neighbours {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** milliseconds since 1970 */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly limits: Limits;
}

export class AddressError extends Error {
  override readonly name = 'AddressError';
}

export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}

/** A fetch that leaves only for allowed addresses, never follows a redirect (a token would travel with it), and gives up in time. */
export const guardFetch =
  (fetch: typeof globalThis.fetch, timeoutMs: number, allowInsecureLoopback: boolean): Neighbours['fetch'] =>
  async (url, init) => {
    if (!isAllowedAddress(new URL(url), allowInsecureLoopback)) throw new AddressError();
    const patience = AbortSignal.timeout(timeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, patience]) : patience;
    try {
      return await fetch(url, { ...init, redirect: 'manual', signal });
    } catch {
      throw new NetworkError();
    }
  };
