/**
 * The administrators' pages at `/admin`: signed in at our own authorization server, asked with every request whether they
 * may be here, and every question and change of theirs in the audit log. OpenID Connect Core 1.0 §3.1; OWASP ASVS 3, 4.
 */
import { createDeskResponses } from '../desk-response.ts';
import { longestNote, printAlerts } from '../pages/alerts-page.ts';
import { printDeskRefused, printDeskSignIn, printDeskStart } from '../pages/desk-start-page.ts';
import {
  type ExplainView,
  printExplain,
  questionFields,
  questionMethods,
  type TypedQuestion,
} from '../pages/explain-page.ts';
import type { House } from '../parts/document.ts';
import type { Administration, AtDesk, QuestionToExplain } from './administration.ts';
import { createDefinitionsDesk } from './definitions-desk.ts';
import { createDeskSessions, type DeskSession, isSame } from './desk-session.ts';
import { readForm } from './form.ts';

export interface DeskNeighbours {
  readonly house: House;
  readonly administration: Administration;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, facts?: Readonly<Record<string, unknown>>) => void;
}

export interface DeskConnection {
  /** network address of the browser */
  readonly address?: string;
}

/** Answers what is at `/admin` and below; undefined for a path that is nothing here. */
export type Desk = (request: Request, url: URL, connection: DeskConnection) => Promise<Response | undefined>;

/** Somebody who may be here at this moment. */
interface Seated {
  readonly session: DeskSession;
  readonly name: string;
  readonly by: AtDesk;
}

const noticeOf = (url: URL): 'done' | 'already' | 'unknown' | 'noNote' | undefined => {
  const named = url.searchParams.get('notice');
  return (['done', 'already', 'unknown', 'noNote'] as const).find((notice) => notice === named);
};

const typedIn = (form: URLSearchParams): TypedQuestion =>
  Object.fromEntries(questionFields.map((name) => [name, (form.get(name) ?? '').trim()]));

const questionOf = (typed: TypedQuestion): QuestionToExplain | undefined => {
  const { client = '', url = '', method, ...rest } = typed;
  const known = questionMethods.find((one) => one === method);
  if (client === '' || url === '' || known === undefined) return undefined;
  const given = Object.entries(rest).filter(([, value]) => value !== '');
  return { client, url, method: known, ...Object.fromEntries(given) };
};

export const createDesk = ({ house, administration, log }: DeskNeighbours): Desk => {
  const { origin, now } = house;
  const sessions = createDeskSessions(administration, origin, () => now().getTime());
  const { page, leave, wrongMethod, isOurs } = createDeskResponses(origin);

  /** The way in: whoever is not signed in, is told to; whoever may not be here, is told so and written down. */
  const seat = async (request: Request, connection: DeskConnection): Promise<Seated | Response> => {
    const session = sessions.of(request);
    if (session === undefined) return page(200, printDeskSignIn(house));
    const name = await administration.administrator(session.user);
    if (name === undefined) {
      await administration.note('turned-away', session.user, connection.address);
      return page(403, printDeskRefused(house, undefined), [sessions.end(session)]);
    }
    const address = connection.address === undefined ? {} : { address: connection.address };
    return { session, name, by: { user: session.user, name, ...address } };
  };

  const start = async (request: Request, connection: DeskConnection): Promise<Response> => {
    const seated = await seat(request, connection);
    if (seated instanceof Response) return seated;
    const { session, name } = seated;
    const document = printDeskStart(house, { name, csrf: session.csrf }, await administration.countAlerts());
    return page(200, document, [sessions.keep(session)]);
  };

  const signIn = async (request: Request): Promise<Response> => {
    if (!isOurs(request)) return page(403, printDeskSignIn(house, 'broken'));
    const begun = await administration.signIn.begin();
    if (begun.kind === 'redirect') return leave(begun.url, [sessions.keepPending(begun.pending)]);
    log('warn', 'portal: the sign-in could not begin');
    return page(502, printDeskSignIn(house, 'broken'));
  };

  const callback = async (request: Request, connection: DeskConnection): Promise<Response> => {
    const pending = sessions.pendingOf(request);
    const forget = [sessions.forgetPending];
    if (pending === undefined) return page(400, printDeskSignIn(house, 'broken'), forget);
    const completed = await administration.signIn.complete(request.url, pending);
    if (completed.kind !== 'ready')
      return page(400, printDeskSignIn(house, completed.kind === 'denied' ? 'denied' : 'broken'), forget);
    const name = await administration.administrator(completed.user);
    await administration.note(name === undefined ? 'turned-away' : 'sign-in', completed.user, connection.address);
    if (name === undefined) return page(403, printDeskRefused(house, undefined), forget);
    // A new session at every sign-in: one that somebody planted before is worth nothing.
    return leave('/admin', [...forget, sessions.keep(sessions.begin(completed.user))]);
  };

  const signOut = async (request: Request, connection: DeskConnection): Promise<Response> => {
    const session = sessions.of(request);
    if (session === undefined) return page(200, printDeskSignIn(house, 'ended'));
    const form = await readForm(request);
    if (!isOurs(request) || !isSame(form?.get('csrf'), session.csrf)) return leave('/admin');
    const ended = sessions.end(session);
    await administration.note('sign-out', session.user, connection.address);
    return page(200, printDeskSignIn(house, 'ended'), [ended]);
  };

  const explain = async (request: Request, connection: DeskConnection): Promise<Response> => {
    const seated = await seat(request, connection);
    if (seated instanceof Response) return seated;
    const { session, name, by } = seated;
    const { clients } = administration;
    const show = (status: number, view: Pick<ExplainView, 'typed' | 'result'>): Response =>
      page(status, printExplain(house, { name, csrf: session.csrf }, { clients, ...view }), [sessions.keep(session)]);
    if (request.method !== 'POST') return show(200, { typed: { method: 'GET' } });
    const form = await readForm(request);
    const typed = typedIn(form ?? new URLSearchParams());
    if (form === undefined || !isOurs(request) || !isSame(form.get('csrf'), session.csrf))
      return show(403, { typed, result: { kind: 'forged' } });
    const question = questionOf(typed);
    if (question === undefined) return show(400, { typed, result: { kind: 'missing' } });
    const result = await administration.explain(question, by);
    return show(result.kind === 'explained' ? 200 : 400, { typed, result });
  };

  const alerts = async (request: Request, url: URL, connection: DeskConnection): Promise<Response> => {
    const seated = await seat(request, connection);
    if (seated instanceof Response) return seated;
    const { session, name, by } = seated;
    const kept = [sessions.keep(session)];
    const show = async (status: number, notice: ReturnType<typeof noticeOf>): Promise<Response> => {
      const list = await administration.openAlerts(by);
      const view = { ...list, ...(notice === undefined ? {} : { notice }) };
      return page(status, printAlerts(house, { name, csrf: session.csrf }, view), kept);
    };
    if (request.method !== 'POST') return show(200, noticeOf(url));
    const form = await readForm(request);
    if (form === undefined || !isOurs(request) || !isSame(form.get('csrf'), session.csrf))
      return leave('/admin/alerts', kept);
    const note = (form.get('note') ?? '').trim();
    if (note === '' || note.length > longestNote) return show(400, 'noNote');
    const done = await administration.acknowledge(form.get('alert') ?? '', note, by);
    return leave(`/admin/alerts?notice=${done === 'acknowledged' ? 'done' : done}`, kept);
  };

  const defining =
    administration.definitions === undefined
      ? undefined
      : createDefinitionsDesk({ house, definitions: administration.definitions, page, isOurs });
  const define = async (request: Request, connection: DeskConnection): Promise<Response | undefined> => {
    if (defining === undefined) return undefined;
    const seated = await seat(request, connection);
    if (seated instanceof Response) return seated;
    const { session, name, by } = seated;
    return defining(request, { name, csrf: session.csrf, by, kept: [sessions.keep(session)] });
  };

  return async (request, url, connection) => {
    const looks = request.method === 'GET' || request.method === 'HEAD';
    const posts = request.method === 'POST';
    switch (url.pathname) {
      case '/admin':
        return looks ? start(request, connection) : wrongMethod('GET, HEAD');
      case '/admin/':
        return looks ? leave('/admin') : wrongMethod('GET, HEAD');
      case '/admin/sign-in':
        return posts ? signIn(request) : looks ? leave('/admin') : wrongMethod('POST');
      case '/admin/callback':
        return looks ? callback(request, connection) : wrongMethod('GET, HEAD');
      case '/admin/sign-out':
        return posts ? signOut(request, connection) : looks ? leave('/admin') : wrongMethod('POST');
      case '/admin/explain':
        return looks || posts ? explain(request, connection) : wrongMethod('GET, HEAD, POST');
      case '/admin/alerts':
        return looks || posts ? alerts(request, url, connection) : wrongMethod('GET, HEAD, POST');
      case '/admin/definitions':
        return looks || posts ? define(request, connection) : wrongMethod('GET, HEAD, POST');
      default:
        return undefined;
    }
  };
};
