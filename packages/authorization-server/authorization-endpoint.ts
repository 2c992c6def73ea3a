/** The authorization endpoint: our checks, then oidc-provider, then our headers. RFC 6749 §3.1; RFC 9126 §4; RFC 9207; RFC 9700 §4.11. */

import { accountClientId } from './account-client.ts';
import type { Record } from './audit-recorder.ts';
import type { AuthorizationRequest, Destination, RequestNeighbours } from './authorization-request.ts';
import { checkAuthorizationRequest } from './authorization-request.ts';
import { tightenCookies } from './cookies.ts';
import { parametersOf, readForm } from './form.ts';
import type { Bridge } from './koa-bridge.ts';
import type { Log } from './log.ts';
import { hardenHeaders, type PageResponses } from './page-response.ts';
import { openidScope, recordScope } from './provider.ts';
import { type PushedRequestNeighbours, takePushedRequest } from './pushed-request.ts';
import { isUnchecked } from './unchecked-step.ts';

export interface EndpointNeighbours extends RequestNeighbours, PushedRequestNeighbours {
  readonly issuer: string;
  readonly bridge: Bridge;
  readonly pages: PageResponses;
  readonly record: Record;
  readonly log: Log;
}

export interface Connection {
  readonly address?: string;
}

/** Any S256 challenge will do for a request that can only end in an error. */
const noChallenge = 'A'.repeat(43);

/** The query for oidc-provider, written anew: nothing of the sender's reaches it but what was checked. */
function providerQuery(request: Exclude<AuthorizationRequest, { kind: 'page' }>, firstBase: string): URLSearchParams {
  const { client, redirectUri, state } = request.destination;
  const query = new URLSearchParams({
    client_id: client.id,
    redirect_uri: redirectUri,
    response_type: 'code',
    code_challenge_method: 'S256',
  });
  if (state !== undefined) query.set('state', state);
  if (request.kind === 'fault') {
    query.set('scope', recordScope);
    query.set('code_challenge', noChallenge);
    query.set('affinity_audience', firstBase);
    query.set('affinity_fault', `${request.error} ${request.description}`);
    return query;
  }
  query.set('scope', request.scope.includes('openid') ? openidScope : recordScope);
  query.set('code_challenge', request.codeChallenge);
  query.set('affinity_scope', request.scope.join(' '));
  query.set('affinity_audience', request.audience);
  if (request.launch !== undefined) query.set('affinity_launch', request.launch);
  if (request.servers.length > 0) query.set('affinity_servers', request.servers.join(' '));
  if (request.purposes.length > 0) query.set('affinity_purpose', request.purposes.join(' '));
  if (request.prompt !== undefined) query.set('prompt', request.prompt);
  if (request.jkt !== undefined) query.set('dpop_jkt', request.jkt);
  if (request.nonce !== undefined) query.set('nonce', request.nonce);
  if (request.maxAge !== undefined)
    query.set(request.scope.includes('openid') ? 'max_age' : 'affinity_max_age', request.maxAge);
  if (request.acrValues !== undefined) query.set('affinity_acr', request.acrValues);
  if (request.claims.length > 0) query.set('affinity_claims', request.claims.join(' '));
  if (request.subject !== undefined) query.set('affinity_subject', request.subject);
  return query;
}

/** RFC 6749 §4.1.2.1 with the `iss` of RFC 9207. Only for `prompt=none`: everyone else signs in first (RFC 9700 §4.11.2). */
function errorRedirect(
  issuer: string,
  { redirectUri, state }: Destination,
  error: string,
  description: string,
): Response {
  const target = new URL(redirectUri);
  target.searchParams.set('error', error);
  target.searchParams.set('error_description', description);
  if (state !== undefined) target.searchParams.set('state', state);
  target.searchParams.set('iss', issuer);
  const headers = new Headers({ location: target.href });
  hardenHeaders(issuer, headers);
  return new Response(null, { status: 303, headers });
}

export function createAuthorizationEndpoint(neighbours: EndpointNeighbours) {
  const { issuer, bridge, pages, record, settings, resourceServers } = neighbours;

  const pass = async (path: string, request: Request, { address }: Connection): Promise<Response> => {
    const { response, notes } = await bridge.get(path, {
      cookie: request.headers.get('cookie'),
      ...(address === undefined ? {} : { address }),
    });
    if (notes.fault !== undefined) {
      const { status, error, reason } = notes.fault;
      neighbours.log('authorization endpoint refused', { error, reason });
      return status >= 500 ? pages.fault('failed', 500) : pages.fault('expired', 400);
    }
    if (notes.codeIssued !== undefined && notes.codeIssued.client !== accountClientId) {
      const { grantId, user, client } = notes.codeIssued;
      await record('code-issued', 'permitted', {
        status: 303,
        ...(grantId === undefined ? {} : { grant: grantId }),
        ...(user === undefined ? {} : { user }),
        ...(client === undefined ? {} : { client }),
        ...(address === undefined ? {} : { address }),
      });
    }
    if (response.status !== 303) return pages.fault('failed', response.status >= 400 ? response.status : 500);
    const headers = new Headers({ location: response.headers.get('location') ?? issuer });
    for (const cookie of response.headers.getSetCookie()) headers.append('set-cookie', cookie);
    tightenCookies(issuer, headers);
    hardenHeaders(issuer, headers);
    return new Response(null, { status: 303, headers });
  };

  return {
    /** GET with a query or POST with a form: the same. No CORS: this endpoint is for navigation (RFC 9700 §2.6). */
    async authorize(request: Request, connection: Connection): Promise<Response> {
      const { search } = new URL(request.url);
      if (request.method !== 'GET' && request.method !== 'POST') return methodNotAllowed(pages);
      if (search.length > settings.requestCharacters)
        return pages.fault('bad-request', 414, 'The address is too long.');
      let parameters = parametersOf(new URLSearchParams(search));
      if (request.method === 'POST') {
        const form = await readForm(request, settings.requestCharacters);
        if (form.kind === 'fault')
          return pages.fault('bad-request', form.status, `For the app's developer: ${form.description}.`);
        parameters = form.parameters;
      }
      const reference = parameters.values.get('request_uri');
      if (reference !== undefined) {
        // What stands beside the reference is not looked at: the app has said what it asks for (RFC 9101 §6.3).
        const pushed = await takePushedRequest(neighbours, parameters.values.get('client_id') ?? '', reference);
        if (pushed === undefined) return pages.fault('expired', 400);
        parameters = pushed;
      }
      const checked = await checkAuthorizationRequest(
        parameters,
        neighbours,
        reference === undefined ? 'sent' : 'pushed',
      );
      if (checked.kind === 'page') return pages.fault(checked.fault, 400, checked.detail);
      // Nobody was asked, so nobody knows that an app that nobody vouches for is about to send them somewhere.
      if (isUnchecked(checked.destination.client) && checked.destination.silent)
        return pages.fault('bad-request', 400, 'prompt=none is not for an app that nobody here has checked.');
      if (checked.kind === 'fault' && checked.destination.silent) {
        return errorRedirect(issuer, checked.destination, checked.error, checked.description);
      }
      return pass(`/authorize?${providerQuery(checked, resourceServers[0]?.base ?? issuer)}`, request, connection);
    },
    /** A request of our own pages: its query is ours. */
    begin: (query: URLSearchParams, request: Request, connection: Connection): Promise<Response> =>
      pass(`/authorize?${query}`, request, connection),
    /** Where a finished step leads back to. */
    resume: (request: Request, uid: string, connection: Connection): Promise<Response> =>
      request.method === 'GET'
        ? pass(`/authorize/${encodeURIComponent(uid)}`, request, connection)
        : Promise.resolve(methodNotAllowed(pages)),
  };
}

function methodNotAllowed(pages: PageResponses): Response {
  const response = pages.fault('method', 405);
  response.headers.set('allow', 'GET, POST');
  return response;
}
