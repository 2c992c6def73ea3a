/**
 * People's own pages: one door for all of them. Whoever is not signed in goes to sign in and comes back; a form is taken only
 * from a page of ours, shown in this session. SMART App Launch 2.2, `management_endpoint`; RFC 9700 §4.7, §4.16.
 */
import { signedInPath } from './account-client.ts';
import { type AccountSession, type AccountSessionNeighbours, accountSessionOf, isFresh } from './account-session.ts';
import { type AccountSignInNeighbours, createAccountSignIn } from './account-sign-in.ts';
import type { AccountFrame, AccountPlace } from './account-views.ts';
import type { Connection } from './authorization-endpoint.ts';
import { readForm } from './form.ts';
import { isOurForm } from './form-proof.ts';
import { hardenHeaders, type PageResponses } from './page-response.ts';
import type { ErrorView } from './page-views.ts';

/** One request to a page, by somebody who is signed in. */
export interface Visit {
  readonly session: AccountSession;
  /** what stands around every page */
  readonly frame: AccountFrame;
  /** signed in so lately that what protects the account may be changed */
  readonly fresh: boolean;
  readonly request: Request;
  readonly url: URL;
  readonly address?: string;
}

export type AccountOutcome =
  | {
      readonly kind: 'page';
      readonly document: string;
      readonly status?: number;
      readonly cookies?: readonly string[];
      readonly script?: true;
    }
  /** to a page of ours, a path under the issuer: after every change, so that a reload does nothing twice */
  | { readonly kind: 'go'; readonly to: string; readonly cookies?: readonly string[] }
  /** the person is to prove again who they are, and comes back to this page */
  | { readonly kind: 'sign-in-again' }
  | { readonly kind: 'fault'; readonly fault: ErrorView['kind']; readonly status: number; readonly detail?: string }
  /** with headers of its own */
  | { readonly kind: 'response'; readonly response: Response };

export interface AccountPage {
  /** under the issuer: `/account`, `/account/security` */
  readonly path: string;
  /** its name in the navigation; absent where a page belongs to another */
  readonly place?: AccountPlace;
  /** absent where it only takes forms */
  show?(visit: Visit): Promise<AccountOutcome>;
  /** absent where it has no form; @param form proved to come from a page of ours, in this session */
  take?(visit: Visit, form: URLSearchParams): Promise<AccountOutcome>;
}

export interface AccountNeighbours extends AccountSessionNeighbours, AccountSignInNeighbours {
  readonly responses: PageResponses;
  now(): Date;
}

export const signOutPath = '/account/sign-out';

/** @param pages in the order in which the navigation names them */
export function createAccount(neighbours: AccountNeighbours, pages: readonly AccountPage[]) {
  const { issuer, responses, settings, now } = neighbours;
  const mount = new URL(issuer).pathname;
  const signIn = createAccountSignIn(neighbours);
  const byPath = new Map(pages.map((page) => [mount + page.path, page]));
  const places = pages.flatMap(({ place, path }) => (place === undefined ? [] : [{ place, address: issuer + path }]));

  const redirect = (to: string, cookies: readonly string[] = []): Response => {
    const headers = new Headers({ location: issuer + to });
    for (const cookie of cookies) headers.append('set-cookie', cookie);
    hardenHeaders(issuer, headers);
    return new Response(null, { status: 303, headers });
  };

  const comeBack = (request: Request): Response => {
    const page = signIn.back(request);
    if (page === undefined || !byPath.has(mount + page)) return responses.fault('expired', 400);
    return redirect(page, [signIn.forget()]);
  };

  const respond = (outcome: AccountOutcome, page: AccountPage, visit: Visit, connection: Connection) => {
    if (outcome.kind === 'fault') return responses.fault(outcome.fault, outcome.status, outcome.detail);
    if (outcome.kind === 'response') return outcome.response;
    if (outcome.kind === 'go') return redirect(outcome.to, outcome.cookies);
    // A page that only takes forms has nothing to come back to.
    if (outcome.kind === 'sign-in-again') {
      return signIn.go(page.show === undefined ? '/account' : page.path, true, visit.request, connection);
    }
    const response = responses.html(outcome.document, outcome.status ?? 200, undefined, outcome.script);
    for (const cookie of outcome.cookies ?? []) response.headers.append('set-cookie', cookie);
    return response;
  };

  const methodNotAllowed = (allow: string): Response => {
    const refused = responses.fault('method', 405);
    refused.headers.set('allow', allow);
    return refused;
  };

  return async (request: Request, connection: Connection): Promise<Response> => {
    const url = new URL(request.url);
    if (url.pathname === mount + signedInPath)
      return request.method === 'GET' ? comeBack(request) : methodNotAllowed('GET');
    const page = byPath.get(url.pathname);
    if (page === undefined) return responses.fault('not-found', 404);
    const allow = [...(page.show === undefined ? [] : ['GET']), ...(page.take === undefined ? [] : ['POST'])];
    if (!allow.includes(request.method)) return methodNotAllowed(allow.join(', '));
    const session = await accountSessionOf(request, neighbours);
    if (session === undefined) {
      return request.method === 'GET'
        ? signIn.go(page.path, false, request, connection)
        : responses.fault('expired', 400);
    }
    const { person, csrf, shared } = session;
    const visit: Visit = {
      session,
      frame: { person: { name: person.name }, places, signOut: issuer + signOutPath, csrf, shared },
      fresh: isFresh(session, settings.freshSignInSeconds, now()),
      request,
      url,
      ...(connection.address === undefined ? {} : { address: connection.address }),
    };
    if (request.method === 'GET')
      return respond((await page.show?.(visit)) ?? { kind: 'go', to: '/account' }, page, visit, connection);
    const form = await readForm(request, settings.requestCharacters);
    if (form.kind === 'fault') return responses.fault('bad-request', form.status);
    if (!isOurForm(request, issuer, form.all, csrf)) return responses.fault('bad-request', 403);
    return respond((await page.take?.(visit, form.all)) ?? { kind: 'go', to: '/account' }, page, visit, connection);
  };
}
