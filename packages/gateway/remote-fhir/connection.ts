/**
 * Connections to one foreign server: limited in number, time and size; redirects are not followed, nothing compressed is
 * taken, and what goes wrong is told without an address. RFC 9110 §15.4, §8.4; RFC 9112 §6.3.
 */
import { isAscii } from 'node:buffer';
import { Pool } from 'undici';
import type { Deadline } from './deadline.ts';
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
  readonly text: string;
}
export interface Connection {
  send(sent: Sent, time: Deadline): Promise<Answer>;
  close(): Promise<void>;
}

/** The first of a header's lines. */
export const headerOf = ({ headers }: Pick<Answer, 'headers'>, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
};

const slow = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const broken = /^(?:HPE_|UND_ERR_(?:HEADERS_OVERFLOW|RES_|RESPONSE|INVALID))/;

const codeOf = (error: Error): string => {
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name === 'HTTPParserError' ? 'HPE_UNKNOWN' : 'UNKNOWN';
};

const kindOf = (code: string, hasAnswered: boolean): ConnectionFault => {
  if (slow.has(code)) return 'too-slow';
  return hasAnswered || broken.test(code) ? 'broken' : 'unreachable';
};

const strictText = new TextDecoder('utf-8', { fatal: true });

/** undefined: it is no UTF-8 */
const textOf = (chunks: readonly Buffer[]): string | undefined => {
  const [first, ...more] = chunks;
  if (first === undefined) return '';
  const bytes = more.length === 0 ? first : Buffer.concat(chunks);
  if (isAscii(bytes)) return bytes.toString('latin1');
  try {
    return strictText.decode(bytes);
  } catch {
    return undefined;
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

  const exchange = ({ method, path, headers, body }: Sent, time: Deadline): Promise<Answer> =>
    new Promise((resolve, reject) => {
      let status = 0;
      let answered: Answer['headers'] = {};
      let abort: ((reason: Error) => void) | undefined;
      const chunks: Buffer[] = [];
      const fail = (kind: ConnectionFault, code: string): void => {
        const fault = new UpstreamFault(kind, code);
        reject(fault);
        abort?.(fault);
      };
      time.whenOver(() => fail('given-up', 'OVER'));
      pool.dispatch(
        {
          method,
          path,
          headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'Affinity' },
          body: body ?? null,
        },
        {
          onRequestStart: (controller) => {
            abort = (reason) => controller.abort(reason);
            if (time.isOver) fail('given-up', 'OVER');
          },
          onResponseStart: (_, code, given) => {
            if (code < 200) return;
            status = code;
            answered = given;
            const encoding = headerOf({ headers: given }, 'content-encoding') ?? 'identity';
            if (encoding.toLowerCase() !== 'identity') fail('broken', 'ENCODED');
            else if (Number(given['content-length'] ?? 0) > limits.responseBytes) fail('broken', 'TOO_LARGE');
          },
          onResponseData: (_, chunk) => {
            chunks.push(chunk);
          },
          onResponseEnd: () => {
            const text = textOf(chunks);
            if (text === undefined) reject(new UpstreamFault('broken', 'NO_UTF8'));
            else resolve({ status, headers: answered, text });
          },
          onResponseError: (_, error) => {
            const code = codeOf(error);
            reject(new UpstreamFault(kindOf(code, status !== 0), code));
          },
        },
      );
    });

  return {
    send: async (sent, time) => {
      if (time.isOver) throw new UpstreamFault('given-up', 'OVER');
      try {
        return await exchange(sent, time);
      } finally {
        time.whenOver(undefined);
      }
    },
    close: () => pool.destroy(),
  };
};
