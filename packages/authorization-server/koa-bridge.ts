/**
 * Carries one Web request into oidc-provider's Koa application and its answer back, inside this process. Host, scheme and
 * mount path are those of the configured issuer, whatever the request says of itself (RFC 8414 §2; RFC 9110 §7.2).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inject } from 'light-my-request';

/** Filled by the application's events while one request is answered. */
export interface Notes {
  codeIssued?: { readonly grantId?: string; readonly user?: string; readonly client?: string };
  fault?: { readonly error: string; readonly status: number; readonly reason: string };
}

export interface Bridge {
  /** @param path under the mount, with its query */
  get(
    path: string,
    from: { readonly cookie: string | null; readonly address?: string },
  ): Promise<{ response: Response; notes: Notes }>;
  notesOf(request: IncomingMessage): Notes;
}

export function createBridge(
  issuer: string,
  application: (request: IncomingMessage, response: ServerResponse) => unknown,
): Bridge {
  const { pathname, host, protocol } = new URL(issuer);
  const mount = pathname.replace(/\/$/, '');
  const open = new WeakMap<IncomingMessage, Notes>();
  return {
    async get(path, { cookie, address }) {
      const notes: Notes = {};
      const dispatch = (request: IncomingMessage, response: ServerResponse): void => {
        open.set(request, notes);
        // Koa takes the part before `url` in `originalUrl` for the path at which it is mounted.
        Object.assign(request, { originalUrl: mount + path });
        void application(request, response);
      };
      const answer = await inject(dispatch, {
        method: 'GET',
        url: path,
        remoteAddress: address ?? '127.0.0.1',
        headers: {
          host,
          'x-forwarded-host': host,
          'x-forwarded-proto': protocol.replace(':', ''),
          accept: 'text/html',
          ...(cookie === null ? {} : { cookie }),
        },
      });
      const headers = new Headers();
      for (const [name, value] of Object.entries(answer.headers)) {
        if (name === 'content-length' || name === 'transfer-encoding' || name === 'connection') continue;
        for (const one of Array.isArray(value) ? value : [value])
          if (one !== undefined) headers.append(name, String(one));
      }
      const body = answer.statusCode === 204 || answer.statusCode === 304 ? null : new Uint8Array(answer.rawPayload);
      return { response: new Response(body, { status: answer.statusCode, headers }), notes };
    },
    notesOf: (request) => open.get(request) ?? {},
  };
}
