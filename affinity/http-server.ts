/** The listener: Node's HTTP server around one fetch handler, with bounds on every connection. RFC 9112. */
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import type { Config } from './config.ts';
import { originalAddress } from './trusted-proxy.ts';

export interface Connection {
  /** network address of the caller */
  readonly address?: string;
}
export type Fetch = (request: Request, connection: Connection) => Promise<Response>;

export interface HttpServer {
  readonly port: number;
  /** Takes no new connection, lets what runs finish for `graceMs`, then cuts. */
  close(graceMs: number): Promise<void>;
}

const bounds = {
  maxHeaderSize: 64 * 1024,
  headersTimeout: 15_000,
  // How often the two times around it are looked at: what is late is cut by then.
  connectionsCheckingInterval: 5_000,
  requestTimeout: 120_000,
  keepAliveTimeout: 5_000,
  insecureHTTPParser: false,
} as const;

/** @throws Error with code EADDRINUSE, EACCES or EADDRNOTAVAIL when the address cannot be had */
export const listen = async (config: Pick<Config, 'listen' | 'trustedProxies'>, fetch: Fetch): Promise<HttpServer> => {
  const { host, port, tls } = config.listen;
  const create = (): ServerType =>
    createAdaptorServer({
      fetch: (request, { incoming }) => {
        if (!hasOneHost(incoming.rawHeaders))
          return new Response(null, { status: 400, headers: { connection: 'close' } });
        const peer = incoming.socket?.remoteAddress;
        const address = originalAddress(peer, request.headers.get('x-forwarded-for'), config.trustedProxies);
        return fetch(request, address === undefined ? {} : { address });
      },
      ...(tls === undefined
        ? { createServer: createHttpServer, serverOptions: bounds }
        : {
            createServer: createHttpsServer,
            serverOptions: { ...bounds, cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' },
          }),
    });

  const first = create();
  await bind(first, port, host);
  const bound = (first.address() as AddressInfo).port;
  const servers = [first];
  // `localhost` is 127.0.0.1 to some and ::1 to others: on loopback both are served, where the machine has both.
  if (host === '127.0.0.1') {
    const second = create();
    if (
      await bind(second, bound, '::1').then(
        () => true,
        () => false,
      )
    )
      servers.push(second);
  }
  return {
    port: bound,
    close: async (graceMs) => {
      await Promise.all(servers.map((server) => closeServer(server, graceMs)));
    },
  };
};

/** RFC 9112 §3.2: more than one is refused, for a proxy before us may have believed the other. */
const hasOneHost = (rawHeaders: readonly string[]): boolean => {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts <= 1;
};

const bind = (server: ServerType, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

const closeServer = (server: ServerType, graceMs: number): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  });
