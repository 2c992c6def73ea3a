/** FHIR requests with the session's token: only to its own base, renewed when it ends, repeated only where that is harmless. RFC 6750 §3; RFC 9110 §9.2.2, §10.2.3. */
import { resolveBelow, resolveLink, trimBase } from './address.ts';
import { type Failed, failed } from './failure.ts';
import { AddressError, type Neighbours } from './neighbours.ts';
import type { Renewed } from './renewal.ts';
import type { Session, SessionStore, SignedOut } from './session.ts';

/** `session` is the one that the answer was got with: newer than the one before, if it was renewed on the way. */
export type Answered =
  | { readonly kind: 'response'; readonly response: Response; readonly session: Session }
  | SignedOut
  | Failed;

export interface FhirRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export type SendRequest = (store: SessionStore, path: string, init?: FhirRequest) => Promise<Answered>;

const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);

export function createRequest(
  fhirBase: string,
  renew: (store: SessionStore, id: string, used: string) => Promise<Renewed>,
  { fetch, now, sleep, limits }: Neighbours,
): SendRequest {
  const base = trimBase(fhirBase);

  async function send(url: URL, init: FhirRequest, session: Session): Promise<Response | Failed> {
    const headers = new Headers({ accept: 'application/fhir+json', ...init.headers });
    headers.set('authorization', `Bearer ${session.accessToken}`);
    const { method = 'GET', body, signal } = init;
    const options = { method, headers, ...(body === undefined ? {} : { body }), ...(signal ? { signal } : {}) };
    try {
      const response = await fetch(url.href, options);
      if (response.status < 300 || response.status >= 400 || response.status === 304) return response;
      await response.body?.cancel();
      return failed('answer', 'The FHIR server points elsewhere.', { status: response.status });
    } catch (error) {
      if (error instanceof AddressError) return failed('address', 'The FHIR base is not https.');
      return failed('network', 'The FHIR server did not answer in time.');
    }
  }

  /** Milliseconds that the server asks to wait, if it may be repeated and the wait is within the limit. */
  function pause(response: Response, repeatable: boolean): number | undefined {
    if (!repeatable || (response.status !== 429 && response.status !== 503)) return undefined;
    const asked = response.headers.get('retry-after');
    if (asked === null) return undefined;
    const wait = /^\d+$/.test(asked) ? Number(asked) * 1000 : Math.max(0, Date.parse(asked) - now());
    return wait <= limits.retryAfterSeconds * 1000 ? wait : undefined;
  }

  async function sendPatiently(url: URL, init: FhirRequest, session: Session, repeatable: boolean) {
    const response = await send(url, init, session);
    if ('kind' in response) return response;
    const wait = pause(response, repeatable);
    if (wait === undefined) return response;
    await response.body?.cancel();
    await sleep(wait);
    return send(url, init, session);
  }

  /**
   * `path` is relative to the FHIR base (`Patient/12`) or an absolute link below it. A 401 renews the session; the
   * request is repeated once if its method is idempotent, otherwise the 401 is the answer and the next request will do.
   */
  return async (store, path, init = {}) => {
    let session = await store.load();
    if (session === undefined) return { kind: 'signed-out', why: 'no-session' };
    const url = resolveBelow(base, path) ?? resolveLink(base, path);
    if (url === undefined || trimBase(session.server.fhir) !== base) {
      return failed('address', 'The address is not below the FHIR base of the session.');
    }
    const ahead = session.refreshToken === undefined ? 0 : limits.renewAheadSeconds * 1000;
    if (session.expiresAt - now() <= ahead) {
      const renewed = await renew(store, session.id, session.accessToken);
      if (renewed.kind === 'renewed') session = renewed.session;
      // A token that cannot be renewed just now is still good until its end.
      else if (renewed.kind === 'signed-out' || session.expiresAt <= now()) return renewed;
    }
    const repeatable = idempotent.has((init.method ?? 'GET').toUpperCase());
    const first = await sendPatiently(url, init, session, repeatable);
    if ('kind' in first) return first;
    if (first.status !== 401) return { kind: 'response', response: first, session };

    const renewed = await renew(store, session.id, session.accessToken);
    if (renewed.kind !== 'renewed') return renewed;
    if (!repeatable) return { kind: 'response', response: first, session: renewed.session };
    await first.body?.cancel();
    const second = await sendPatiently(url, init, renewed.session, repeatable);
    if ('kind' in second) return second;
    if (second.status !== 401) return { kind: 'response', response: second, session: renewed.session };
    await second.body?.cancel();
    return { kind: 'signed-out', why: 'ended-by-server' };
  };
}
