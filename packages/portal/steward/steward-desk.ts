/**
 * The stewards' pages at `/steward`: signed in at our own authorization server, asked with every request whether they may be
 * here, and everything that they see and decide in the audit log. OpenID Connect Core 1.0 §3.1; OWASP ASVS 3, 4.
 */
import type { AtDesk } from '../admin/administration.ts';
import type { DeskConnection } from '../admin/desk.ts';
import { createDeskSessions, type DeskSession, isSame } from '../admin/desk-session.ts';
import { readForm } from '../admin/form.ts';
import { createDeskResponses } from '../desk-response.ts';
import { longestWhy, printCase, printQueue } from '../pages/duplicates-page.ts';
import { printFindPerson, printPerson, printStewardRefused, printStewardSignIn } from '../pages/person-records-page.ts';
import type { House } from '../parts/document.ts';
import type { StewardNotice } from '../parts/steward-frame.ts';
import { stewardWords } from '../words-steward.ts';
import type { Steward } from './steward.ts';

export interface StewardNeighbours {
  readonly house: House;
  readonly steward: Steward;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, facts?: Readonly<Record<string, unknown>>) => void;
}

/** Answers what is at `/steward` and below; undefined for a path that is nothing here. */
export type StewardDesk = (request: Request, url: URL, connection: DeskConnection) => Promise<Response | undefined>;

interface Seated {
  readonly desk: { readonly name: string; readonly csrf: string };
  readonly kept: readonly string[];
  readonly by: AtDesk;
}

const noticeOf = (url: URL): StewardNotice | undefined => {
  const given = url.searchParams.get('notice');
  return Object.keys(stewardWords.notices).find((name) => name === given) as StewardNotice | undefined;
};

export const createStewardDesk = ({ house, steward, log }: StewardNeighbours): StewardDesk => {
  const { origin, now } = house;
  const sessions = createDeskSessions(steward, origin, () => now().getTime(), 'steward');
  const { page, leave, wrongMethod, isOurs } = createDeskResponses(origin);

  /** The way in: whoever is not signed in, is told to; whoever may not be here, is told so and written down. */
  const seat = async (request: Request, { address }: DeskConnection): Promise<Seated | Response> => {
    const session: DeskSession | undefined = sessions.of(request);
    if (session === undefined) return page(200, printStewardSignIn(house));
    const { user, csrf } = session;
    const name = await steward.steward(user);
    if (name === undefined) {
      await steward.note('turned-away', user, address);
      return page(403, printStewardRefused(house), [sessions.end(session)]);
    }
    const by = { user, name, ...(address === undefined ? {} : { address }) };
    return { desk: { name, csrf }, kept: [sessions.keep(session)], by };
  };

  const showQueue = async ({ desk, kept, by }: Seated, url: URL, notice = noticeOf(url)): Promise<Response> => {
    const list = await steward.queue(url.searchParams.get('after') ?? undefined, by);
    return page(200, printQueue(house, desk, list, notice), kept);
  };

  const absent = async (seated: Seated): Promise<Response> => {
    const list = await steward.queue(undefined, seated.by);
    return page(404, printQueue(house, seated.desk, list, 'missing'), seated.kept);
  };

  const showCase = async (seated: Seated, id: string, status: number, notice?: StewardNotice): Promise<Response> => {
    const found = await steward.findCase(id, seated.by);
    return found === undefined
      ? absent(seated)
      : page(status, printCase(house, seated.desk, found, notice), seated.kept);
  };

  const showPerson = async (seated: Seated, id: string, status: number, notice?: StewardNotice): Promise<Response> => {
    const found = await steward.findPerson(id, seated.by);
    return found === undefined
      ? absent(seated)
      : page(status, printPerson(house, seated.desk, found, notice), seated.kept);
  };

  /** The form, if it came from a page of ours. */
  const formOf = async (request: Request, { desk }: Seated): Promise<URLSearchParams | undefined> => {
    const form = await readForm(request);
    return form !== undefined && isOurs(request) && isSame(form.get('csrf'), desk.csrf) ? form : undefined;
  };
  const whyIn = (form: URLSearchParams): string | undefined => {
    const why = (form.get('why') ?? '').trim();
    return why === '' || why.length > longestWhy ? undefined : why;
  };

  const decide = async (request: Request, seated: Seated, id: string): Promise<Response> => {
    const form = await formOf(request, seated);
    const verdict = form?.get('verdict');
    if (form === undefined || (verdict !== 'same' && verdict !== 'different'))
      return showCase(seated, id, 403, 'forged');
    const why = whyIn(form);
    if (why === undefined) return showCase(seated, id, 400, 'noWhy');
    const done = await steward.decide(id, verdict, why, seated.by);
    return done === 'done' || done === 'already'
      ? leave(`/steward?notice=${done}`, seated.kept)
      : showCase(seated, id, 409, done);
  };

  const separate = async (request: Request, seated: Seated, id: string): Promise<Response> => {
    const form = await formOf(request, seated);
    if (form === undefined) return showPerson(seated, id, 403, 'forged');
    const why = whyIn(form);
    if (why === undefined) return showPerson(seated, id, 400, 'noWhy');
    const record = form.get('record') ?? '';
    const person = await steward.findPerson(id, seated.by);
    if (person?.records.some((one) => one.record === record) !== true) return showPerson(seated, id, 409, 'absent');
    const done = await steward.separate(record, why, seated.by);
    return done === 'done'
      ? leave(`/steward/persons/${id}?notice=done`, seated.kept)
      : showPerson(seated, id, 409, done);
  };

  const find = async (request: Request, seated: Seated): Promise<Response> => {
    const { desk, kept, by } = seated;
    if (request.method !== 'POST') return page(200, printFindPerson(house, desk), kept);
    const form = await formOf(request, seated);
    if (form === undefined) return page(403, printFindPerson(house, desk, undefined, 'forged'), kept);
    const persons = await steward.findByNumber((form.get('number') ?? '').trim().slice(0, 256), by);
    const [only] = persons;
    return only !== undefined && persons.length === 1
      ? leave(`/steward/persons/${only}`, kept)
      : page(200, printFindPerson(house, desk, { persons }), kept);
  };

  const signIn = async (request: Request): Promise<Response> => {
    if (!isOurs(request)) return page(403, printStewardSignIn(house, 'broken'));
    const begun = await steward.signIn.begin();
    if (begun.kind === 'redirect') return leave(begun.url, [sessions.keepPending(begun.pending)]);
    log('warn', 'portal: the sign-in could not begin');
    return page(502, printStewardSignIn(house, 'broken'));
  };

  const callback = async (request: Request, { address }: DeskConnection): Promise<Response> => {
    const pending = sessions.pendingOf(request);
    const forget = [sessions.forgetPending];
    if (pending === undefined) return page(400, printStewardSignIn(house, 'broken'), forget);
    const completed = await steward.signIn.complete(request.url, pending);
    if (completed.kind !== 'ready')
      return page(400, printStewardSignIn(house, completed.kind === 'denied' ? 'denied' : 'broken'), forget);
    const name = await steward.steward(completed.user);
    await steward.note(name === undefined ? 'turned-away' : 'sign-in', completed.user, address);
    if (name === undefined) return page(403, printStewardRefused(house), forget);
    // A new session at every sign-in: one that somebody planted before is worth nothing.
    return leave('/steward', [...forget, sessions.keep(sessions.begin(completed.user))]);
  };

  const signOut = async (request: Request, { address }: DeskConnection): Promise<Response> => {
    const session = sessions.of(request);
    if (session === undefined) return page(200, printStewardSignIn(house, 'ended'));
    const form = await readForm(request);
    if (!isOurs(request) || !isSame(form?.get('csrf'), session.csrf)) return leave('/steward');
    const ended = sessions.end(session);
    await steward.note('sign-out', session.user, address);
    return page(200, printStewardSignIn(house, 'ended'), [ended]);
  };

  return async (request, url, connection) => {
    const looks = request.method === 'GET' || request.method === 'HEAD';
    const posts = request.method === 'POST';
    const seated = async (work: (seated: Seated) => Promise<Response>): Promise<Response> => {
      const one = await seat(request, connection);
      return one instanceof Response ? one : work(one);
    };
    const [, kind, id] = /^\/steward\/(cases|persons)\/([A-Za-z0-9-]{1,64})$/.exec(url.pathname) ?? [];
    if (id !== undefined) {
      if (!looks && !posts) return wrongMethod('GET, HEAD, POST');
      const [show, take] = kind === 'cases' ? [showCase, decide] : [showPerson, separate];
      return seated((one) => (posts ? take(request, one, id) : show(one, id, 200, noticeOf(url))));
    }
    switch (url.pathname) {
      case '/steward':
        return looks ? seated((one) => showQueue(one, url)) : wrongMethod('GET, HEAD');
      case '/steward/':
        return looks ? leave('/steward') : wrongMethod('GET, HEAD');
      case '/steward/find':
        return looks || posts ? seated((one) => find(request, one)) : wrongMethod('GET, HEAD, POST');
      case '/steward/sign-in':
        return posts ? signIn(request) : looks ? leave('/steward') : wrongMethod('POST');
      case '/steward/callback':
        return looks ? callback(request, connection) : wrongMethod('GET, HEAD');
      case '/steward/sign-out':
        return posts ? signOut(request, connection) : looks ? leave('/steward') : wrongMethod('POST');
      default:
        return undefined;
    }
  };
};
