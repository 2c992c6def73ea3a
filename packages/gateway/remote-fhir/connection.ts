/**
 * Connections to one foreign server: limited in number, time and size; redirects are not followed, nothing compressed is
 * taken, and what goes wrong is told without an address. RFC 9110 §15.4, §8.4; RFC 9112 §6.3.
 */
import { type Dispatcher, Pool } from 'undici';
import type { RemoteLimits, TlsOptions } from './options.ts';
import { type ConnectionFault, UpstreamFault } from './upstream-fault.ts';

export interface Sent {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** from the root, its query included */
  readonly path: string;
  /** all of them: none is added but those of the connection */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** '' where it is not text that we read */
  readonly text: string;
}
export interface Connection {
  send(sent: Sent, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

/** The first of a header's lines. */
export const headerOf = ({ headers }: Pick<Answer, 'headers'>, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
};

const slow = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const broken = /^(?:HPE_|UND_ERR_(?:HEADERS_OVERFLOW|RES_|RESPONSE|INVALID))/;

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'UNKNOWN';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name === 'HTTPParserError' ? 'HPE_UNKNOWN' : 'UNKNOWN';
};

const kindOf = (code: string, hasAnswered: boolean): ConnectionFault => {
  if (slow.has(code)) return 'too-slow';
  return hasAnswered || broken.test(code) ? 'broken' : 'unreachable';
};

const strictText = new TextDecoder('utf-8', { fatal: true });

const read = async ({ headers, body }: Dispatcher.ResponseData, limit: number): Promise<string> => {
  if (Number(headers['content-length'] ?? 0) > limit) {
    body.destroy();
    throw new UpstreamFault('broken', 'TOO_LARGE');
  }
  const bytes = await body.bytes();
  try {
    return strictText.decode(bytes);
  } catch {
    throw new UpstreamFault('broken', 'NO_UTF8');
  }
};

export const connectTo = (
  url: URL,
  limits: Pick<RemoteLimits, 'connections' | 'connectMs' | 'headersMs' | 'bodyMs' | 'responseBytes' | 'headerBytes'>,
  tls: TlsOptions = {},
): Connection => {
  const pool = new Pool(url.origin, {
    connections: limits.connections,
    pipelining: 1,
    headersTimeout: limits.headersMs,
    bodyTimeout: limits.bodyMs,
    maxResponseSize: limits.responseBytes,
    maxHeaderSize: limits.headerBytes,
    allowH2: false,
    connect: {
      timeout: limits.connectMs,
      rejectUnauthorized: true,
      ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
      ...(tls.key === undefined ? {} : { key: tls.key }),
      ...(tls.authorities === undefined ? {} : { ca: tls.authorities }),
    },
  });
  return {
    send: async ({ method, path, headers, body }, signal) => {
      let hasAnswered = false;
      try {
        const response = await pool.request({
          method,
          path,
          headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'Affinity' },
          body: body ?? null,
          signal,
        });
        hasAnswered = true;
        if (String(response.headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
          response.body.on('error', () => {}).destroy();
          throw new UpstreamFault('broken', 'ENCODED');
        }
        const text = await read(response, limits.responseBytes);
        return { status: response.statusCode, headers: response.headers, text };
      } catch (error) {
        if (error instanceof UpstreamFault) throw error;
        if (signal.aborted) throw new UpstreamFault('given-up', 'ABORTED');
        const code = codeOf(error);
        throw new UpstreamFault(kindOf(code, hasAnswered), code);
      }
    },
    close: () => pool.destroy(),
  };
};
