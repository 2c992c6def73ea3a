/**
 * What the endpoints that apps call have in common: a form by POST, one proof of who asks, JSON that nobody keeps, and CORS
 * for the origins of our browser apps. RFC 6749 §3.2, §5.2; RFC 7009 §2; RFC 7662 §2; Fetch, CORS protocol.
 */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import type { Connection } from './authorization-endpoint.ts';
import type { AssertionNeighbours } from './client-assertion.ts';
import { authenticateClient } from './client-authentication.ts';
import type { Client, ClientRegistry } from './clients.ts';
import { readForm } from './form.ts';
import type { Log } from './log.ts';
import { proofAlgorithmsText } from './proof-of-key.ts';

export const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' } as const;

export function jsonResponse(
  body: string | object,
  status = 200,
  headers: Readonly<Record<string, string>> = noStore,
): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new Response(text, {
    status,
    headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff', ...headers },
  });
}

/** RFC 6749 §5.2; `WWW-Authenticate` where Basic was tried. The detail stays here. */
export function errorResponse(refusal: OAuthError, request: Request, issuer: string): Response {
  const { error, description, status, headers } = refusal;
  const response = jsonResponse({ error, error_description: description }, status, { ...noStore, ...headers });
  const tried = request.headers.get('authorization');
  if (status === 401 && tried !== null) {
    const scheme = /^(bearer|dpop) /i.exec(tried)?.[1]?.toLowerCase();
    const challenge = `${scheme === undefined ? 'Basic' : scheme === 'dpop' ? 'DPoP' : 'Bearer'} realm="${issuer}", error="${error}"`;
    const algorithms = scheme === 'dpop' ? `, algs="${proofAlgorithmsText}"` : '';
    response.headers.set('www-authenticate', challenge + algorithms);
  }
  return response;
}

/** Lets the browser apps of the domain read an answer. The authorization endpoint never passes here. */
export async function shareWithApps(response: Response, request: Request, clients: ClientRegistry): Promise<Response> {
  const origin = request.headers.get('origin');
  response.headers.append('vary', 'Origin');
  if (origin !== null && (await clients.servesOrigin(origin))) {
    response.headers.set('access-control-allow-origin', origin);
    response.headers.set('access-control-expose-headers', 'WWW-Authenticate, DPoP-Nonce');
  }
  return response;
}

export async function answerPreflight(request: Request, clients: ClientRegistry, methods: string): Promise<Response> {
  const response = await shareWithApps(new Response(null, { status: 204 }), request, clients);
  if (response.headers.has('access-control-allow-origin')) {
    response.headers.set('access-control-allow-methods', methods);
    response.headers.set('access-control-allow-headers', 'Authorization, Content-Type, DPoP');
    response.headers.set('access-control-max-age', '600');
  }
  return response;
}

export interface BackChannelNeighbours extends AssertionNeighbours {
  readonly issuer: string;
  readonly log: Log;
}

export interface Call {
  readonly request: Request;
  readonly client: Client;
  readonly sent: ReadonlyMap<string, string>;
  /** every `resource`, also where there is one (RFC 8707) */
  readonly resources: readonly string[];
  readonly address?: string;
}

/** Wraps a handler: it is reached only by POST, with a form that is in order, by an app that has proved who it is. */
export function backChannel(
  neighbours: BackChannelNeighbours,
  handle: (call: Call) => Promise<Response>,
  /** another way to be allowed, asked where the request comes with an access token */
  byToken?: (request: Request) => Promise<Client | undefined>,
  /** what may be sent more than once: told by `Call.resources` */
  mayRepeat: readonly 'resource'[] = [],
) {
  const { issuer, clients, settings, log } = neighbours;
  const answer = async (request: Request, { address }: Connection): Promise<Response> => {
    if (request.method !== 'POST') {
      return jsonResponse({ error: 'invalid_request', error_description: 'only POST is supported' }, 405, {
        ...noStore,
        allow: 'POST',
      });
    }
    try {
      if (new URL(request.url).search !== '')
        throw new OAuthError('invalid_request', 'parameters belong into the body');
      const form = await readForm(request, settings.requestCharacters);
      if (form.kind === 'fault') throw new OAuthError('invalid_request', form.description, { status: form.status });
      if (!form.parameters.repeated.every((name) => mayRepeat.some((allowed) => allowed === name)))
        throw new OAuthError('invalid_request', 'a parameter was sent more than once');
      const { values: sent, resources } = form.parameters;
      const withToken = /^(?:bearer|dpop) /i.test(request.headers.get('authorization') ?? '');
      const client =
        withToken && byToken !== undefined
          ? await byToken(request)
          : await authenticateClient(neighbours, request, sent, address);
      if (client === undefined) throw new OAuthError('invalid_token', 'the access token is not valid');
      return await handle({ request, client, sent, resources, ...(address === undefined ? {} : { address }) });
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      log('request refused', {
        path: new URL(request.url).pathname,
        error: error.error,
        reason: error.detail ?? error.description,
      });
      return errorResponse(error, request, issuer);
    }
  };
  return async (request: Request, connection: Connection): Promise<Response> =>
    request.method === 'OPTIONS'
      ? answerPreflight(request, clients, 'POST')
      : shareWithApps(await answer(request, connection), request, clients);
}
