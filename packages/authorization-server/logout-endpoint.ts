/**
 * Signing out, asked for by an app: at once where it proves by an id_token that it is about the one who is signed in here,
 * else the person is asked. OIDC RP-Initiated Logout 1.0 §2; RFC 9700 §4.7, §4.11.
 */
import { randomBytes } from 'node:crypto';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import { type AccountSessionNeighbours, accountSessionOf } from './account-session.ts';
import type { AccountPages } from './account-views.ts';
import { appView, returnHost } from './app-view.ts';
import type { Record } from './audit-recorder.ts';
import type { Connection } from './authorization-endpoint.ts';
import { printCookie, readCookie } from './cookies.ts';
import { parametersOf, readForm } from './form.ts';
import { isOurForm } from './form-proof.ts';
import type { Hint } from './id-token.ts';
import { checkLogoutRequest, type LogoutRequest, type LogoutRequestNeighbours } from './logout-request.ts';
import { hardenHeaders, type PageResponses } from './page-response.ts';
import { sessionIdFor } from './session-id.ts';
import { livingSessions } from './session-rows.ts';
import { endSession } from './sessions.ts';
import type { EndingNeighbours } from './token-grants.ts';

export interface LogoutNeighbours extends AccountSessionNeighbours, EndingNeighbours, LogoutRequestNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly pages: AccountPages;
  readonly responses: PageResponses;
  readonly record: Record;
}

type Asked = Extract<LogoutRequest, { kind: 'request' }>;
interface Ending {
  readonly uid: string;
  readonly sub: string;
}

export function createLogoutEndpoint(neighbours: LogoutNeighbours) {
  const { issuer, pool, keys, cookies, pages, responses, record, settings, now } = neighbours;
  const action = `${issuer}/logout`;
  const path = new URL(action).pathname;

  const isOf = ({ sub, sid, clientId }: Hint, ending: Ending): boolean =>
    sub === ending.sub && (sid === undefined || sid === sessionIdFor(keys, ending.uid, clientId));

  /** The session that a hint names by its `sid`: a form from the app's own page comes without our cookie (SameSite). */
  const namedBy = async (hint: Hint): Promise<Ending | undefined> => {
    if (hint.sid === undefined) return undefined;
    const uids = await livingSessions(pool, hint.sub, now());
    return uids.map((uid) => ({ uid, sub: hint.sub })).find((ending) => isOf(hint, ending));
  };

  const ask = ({ client, returnTo }: Asked): Response => {
    const nonce = randomBytes(32).toString('base64url');
    const document = pages.signOutQuestion({
      action,
      csrf: keys.seal(`logout ${nonce}`),
      ...(client === undefined
        ? {}
        : { app: appView(client, returnTo === undefined ? {} : { returnsTo: returnHost(returnTo.registered) }) }),
      fields: {
        ...(client === undefined ? {} : { client_id: client.id }),
        ...(returnTo === undefined ? {} : { post_logout_redirect_uri: returnTo.registered }),
        ...(returnTo?.state === undefined ? {} : { state: returnTo.state }),
      },
      stay: `${issuer}/account`,
    });
    const response = responses.html(document, 200, returnTo?.registered);
    response.headers.append(
      'set-cookie',
      printCookie(issuer, cookies.logout, nonce, path, settings.interactionSeconds),
    );
    return response;
  };

  /** @param mayLeave whether the request or the person has shown that going back to the app is meant */
  const end = async (
    ending: Ending | undefined,
    { client, returnTo }: Asked,
    { address }: Connection,
    mayLeave: boolean,
  ): Promise<Response> => {
    if (ending !== undefined) {
      await transaction(pool, (db) => endSession(db, neighbours, ending.uid));
      await record('sign-out', 'permitted', {
        user: ending.sub,
        ...(client === undefined ? {} : { client: client.id }),
        ...(address === undefined ? {} : { address }),
      });
    }
    const leaves = returnTo !== undefined && mayLeave;
    const headers = new Headers(leaves ? { location: returnTo.address } : {});
    hardenHeaders(issuer, headers);
    const response = leaves
      ? new Response(null, { status: 303, headers })
      : responses.html(pages.signedOut({ everything: false }), 200);
    response.headers.append('set-cookie', printCookie(issuer, cookies.session, '', '/', 0));
    response.headers.append('set-cookie', printCookie(issuer, cookies.logout, '', path, 0));
    return response;
  };

  const present = async (request: Request): Promise<Ending | undefined> => {
    const session = await accountSessionOf(request, neighbours);
    return session === undefined ? undefined : { uid: session.uid, sub: session.person.sub };
  };

  const handle = async (asked: Asked, request: Request, connection: Connection): Promise<Response> => {
    const here = await present(request);
    const { hint } = asked;
    if (here === undefined && hint !== undefined) return end(await namedBy(hint), asked, connection, true);
    if (here !== undefined && hint !== undefined && isOf(hint, here)) return end(here, asked, connection, true);
    // A form from elsewhere comes without our cookie: whether somebody is signed in, only the answer to our page tells.
    return here === undefined && request.method === 'GET' ? end(undefined, asked, connection, false) : ask(asked);
  };

  return async (request: Request, connection: Connection): Promise<Response> => {
    const { search } = new URL(request.url);
    if (request.method !== 'GET' && request.method !== 'POST') {
      const refused = responses.fault('method', 405);
      refused.headers.set('allow', 'GET, POST');
      return refused;
    }
    if (search.length > settings.requestCharacters) return responses.fault('bad-request', 414);
    let sent = new URLSearchParams(search);
    let pressed = false;
    if (request.method === 'POST') {
      const form = await readForm(request, settings.requestCharacters);
      if (form.kind === 'fault') return responses.fault('bad-request', form.status);
      sent = form.all;
      pressed = sent.has('csrf');
      const nonce = readCookie(request, cookies.logout);
      if (pressed && (nonce === undefined || !isOurForm(request, issuer, sent, keys.seal(`logout ${nonce}`))))
        return responses.fault('bad-request', 403);
      sent.delete('csrf');
    }
    const checked = await checkLogoutRequest(parametersOf(sent), neighbours);
    if (checked.kind === 'fault') return responses.fault(checked.fault, 400, checked.detail);
    return pressed ? end(await present(request), checked, connection, true) : handle(checked, request, connection);
  };
}
