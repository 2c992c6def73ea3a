/**
 * The one way out: every request to a URL that somebody else gave goes through here. The name is looked up once, every
 * address is checked, and the connection is made to no other. OWASP ASVS 5 §1.3.6; CWE-918; RFC 7591 §5.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import { isIPv6, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { literalOf, mayReach, type Permissions, readOutboundUrl } from './outbound-url.ts';

export interface OutboundRequest extends Permissions {
  readonly url: string;
  /** types that the answer may have, such as `application/json`; without them its body is not read at all */
  readonly accept?: readonly string[];
  readonly method?: 'GET' | 'POST';
  /** of ours: nothing that a stranger chose, and never a cookie */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** of the answer's body */
  readonly bytes?: number;
  /** for looking up, connecting and reading together */
  readonly milliseconds?: number;
  /** the work is given up when whoever waits for it has gone */
  readonly signal?: AbortSignal;
}

/** Why there is no answer: for our own log. Whoever gave the URL learns no more than that it could not be used. */
export type Refusal = 'url' | 'address' | 'unreachable' | 'redirect' | 'content-type' | 'too-long' | 'too-slow';

export type OutboundAnswer =
  /** whatever its status is, but for redirects: they are never followed */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Headers;
      readonly body: Buffer;
    }
  | { readonly kind: 'refused'; readonly why: Refusal };

export type SafeFetch = (request: OutboundRequest) => Promise<OutboundAnswer>;
/** Every address of a name, as the system knows them. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

const most = { bytes: 1_000_000, milliseconds: 5_000, headerBytes: 16_384 } as const;

const systemResolve: Resolve = async (hostname) =>
  (await systemLookup(hostname, { all: true, verbatim: true })).map(({ address }) => address);

/** Knows these addresses alone, whatever it is asked: a name that changes its mind is not heard again. */
const pinnedTo =
  (addresses: readonly string[]): LookupFunction =>
  (_hostname, options, callback) => {
    const known = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    const [first] = known;
    if (options.all === true) callback(null, known);
    else callback(null, first?.address ?? '', first?.family ?? 4);
  };

const essence = (type: string | null): string => (type ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/** Rejects when the time is over, even where what is waited for cannot be stopped. */
const within = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });

export const createSafeFetch =
  (resolve: Resolve = systemResolve): SafeFetch =>
  async (asked) => {
    const refused = (why: Refusal): OutboundAnswer => ({ kind: 'refused', why });
    const read = readOutboundUrl(asked.url, asked);
    if (read.kind === 'fault') return refused('url');
    const { url } = read;
    const time = AbortSignal.timeout(asked.milliseconds ?? most.milliseconds);
    const signal = asked.signal === undefined ? time : AbortSignal.any([time, asked.signal]);
    const literal = literalOf(url);
    let addresses: readonly string[];
    try {
      addresses = literal === undefined ? await within(resolve(url.hostname), signal) : [literal];
    } catch {
      return refused(signal.aborted ? 'too-slow' : 'unreachable');
    }
    if (addresses.length === 0) return refused('unreachable');
    // One address that is not public spoils them all: whoever answers so does not mean well.
    if (!addresses.every((address) => mayReach(url, address, asked))) return refused('address');
    const agent = new Agent({
      connect: { lookup: pinnedTo(addresses), rejectUnauthorized: true, maxCachedSessions: 0 },
      maxHeaderSize: most.headerBytes,
      pipelining: 0,
    });
    try {
      return await exchange(url, asked, agent, signal);
    } catch {
      return refused(signal.aborted ? 'too-slow' : 'unreachable');
    } finally {
      await agent.destroy();
    }
  };

async function exchange(url: URL, asked: OutboundRequest, agent: Agent, signal: AbortSignal): Promise<OutboundAnswer> {
  const { accept, bytes = most.bytes } = asked;
  const response = await request(url, {
    dispatcher: agent,
    method: asked.method ?? 'GET',
    signal,
    headers: {
      'user-agent': 'Affinity',
      ...asked.headers,
      'accept-encoding': 'identity',
      ...(accept === undefined ? {} : { accept: accept.join(', ') }),
    },
    body: asked.body ?? null,
  });
  // The agent is destroyed right after; a body that is not read to its end must not fail elsewhere.
  response.body.on('error', () => {});
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers))
    for (const one of [value ?? []].flat()) headers.append(name, one);
  const status = response.statusCode;
  if (status >= 300 && status < 400) return { kind: 'refused', why: 'redirect' };
  if (accept === undefined || status === 204) return { kind: 'answer', status, headers, body: Buffer.alloc(0) };
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (!accept.includes(essence(headers.get('content-type'))) || encoding.toLowerCase() !== 'identity')
    return { kind: 'refused', why: 'content-type' };
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > bytes) return { kind: 'refused', why: 'too-long' };
    chunks.push(chunk);
  }
  return { kind: 'answer', status, headers, body: Buffer.concat(chunks) };
}
