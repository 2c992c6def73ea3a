/**
 * The clinicians' pages at `/ehr`: signed in at our own authorization server, asked with every request whether they may be
 * here, every record read with the token of their session, and apps opened by a launch. SMART App Launch 2.2, EHR launch.
 */
import type { DeskConnection } from '../admin/desk.ts';
import { createDeskSessions, type DeskSession, isSame } from '../admin/desk-session.ts';
import { readForm } from '../admin/form.ts';
import { createDeskResponses } from '../desk-response.ts';
import { printChart } from '../pages/chart-page.ts';
import { printEhrRefused, printEhrSignIn, printEhrTrouble, printPatients } from '../pages/ehr-start-page.ts';
import { printElsewhere } from '../pages/elsewhere-page.ts';
import type { House } from '../parts/document.ts';
import type { Ehr, Read } from './ehr.ts';

export interface EhrNeighbours {
  readonly house: House;
  readonly ehr: Ehr;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, facts?: Readonly<Record<string, unknown>>) => void;
}

/** Answers what is at `/ehr` and below; undefined for a path that is nothing here. */
export type EhrDesk = (request: Request, url: URL, connection: DeskConnection) => Promise<Response | undefined>;

interface Seated {
  readonly session: DeskSession;
  readonly name: string;
}

export const createEhrDesk = ({ house, ehr, log }: EhrNeighbours): EhrDesk => {
  const { origin, now } = house;
  const sessions = createDeskSessions(ehr, origin, () => now().getTime(), 'ehr');
  // A browser holds a form's redirects to `form-action` (CSP Level 3 §6.4.1): the apps are where a launch leads.
  const targets = [...new Set(ehr.apps.flatMap(({ origins }) => origins))];
  const { page, leave, wrongMethod, isOurs } = createDeskResponses(origin, targets);

  const signedOut = async (session: DeskSession): Promise<Response> => {
    await ehr.end(session.id);
    return page(200, printEhrSignIn(house, 'over'), [sessions.end(session)]);
  };

  /** The way in: whoever is not signed in, is told to; whoever may not be here, is told so and written down. */
  const seat = async (request: Request, { address }: DeskConnection): Promise<Seated | Response> => {
    const session = sessions.of(request);
    if (session === undefined) return page(200, printEhrSignIn(house));
    const name = await ehr.clinician(session.user);
    if (name !== undefined) return { session, name };
    await ehr.end(session.id);
    await ehr.note('turned-away', session.user, address);
    return page(403, printEhrRefused(house), [sessions.end(session)]);
  };

  const show = async <Value>(
    { session, name }: Seated,
    read: Read<Value>,
    print: (value: Value) => string,
  ): Promise<Response> => {
    const kept = [sessions.keep(session)];
    if (read.kind === 'read') return page(200, print(read.value), kept);
    if (read.kind === 'signed-out') return signedOut(session);
    if (read.kind === 'failed') log('warn', 'portal: a record could not be read for a clinician');
    return page(read.kind === 'absent' ? 404 : 502, printEhrTrouble(house, name, read.kind), kept);
  };

  const start = async (request: Request, connection: DeskConnection): Promise<Response> => {
    const seated = await seat(request, connection);
    if (seated instanceof Response) return seated;
    const { session, name } = seated;
    const desk = { name, csrf: session.csrf };
    return show(seated, await ehr.patients(session.id), (patients) => printPatients(house, desk, patients));
  };

  const chart = async (request: Request, patient: string, connection: DeskConnection): Promise<Response> => {
    const seated = await seat(request, connection);
    if (seated instanceof Response) return seated;
    const { session, name } = seated;
    const desk = { name, csrf: session.csrf };
    return show(seated, await ehr.chart(session.id, patient), (value) =>
      printChart(house, desk, value, ehr.apps, ehr.elsewhere !== undefined),
    );
  };

  const elsewhere = async (request: Request, patient: string, connection: DeskConnection): Promise<Response> => {
    const seated = await seat(request, connection);
    if (seated instanceof Response) return seated;
    const { session, name } = seated;
    const read = (await ehr.elsewhere?.(session.id, patient)) ?? ({ kind: 'absent' } as const);
    return show(seated, read, (value) => printElsewhere(house, { name, csrf: session.csrf }, value));
  };

  const launch = async (request: Request, connection: DeskConnection): Promise<Response> => {
    const seated = await seat(request, connection);
    if (seated instanceof Response) return seated;
    const { session, name } = seated;
    const kept = [sessions.keep(session)];
    const form = await readForm(request);
    if (form === undefined || !isOurs(request) || !isSame(form.get('csrf'), session.csrf))
      return page(403, printEhrTrouble(house, name, 'forged'), kept);
    const [clientId, patient, encounter] = ['client', 'patient', 'encounter'].map((field) => form.get(field) ?? '');
    const app = ehr.apps.find((one) => one.clientId === clientId);
    if (app === undefined || !patient) return page(404, printEhrTrouble(house, name, 'absent'), kept);
    const launched = await ehr.launch(session.id, {
      clientId: app.clientId,
      patient,
      ...(encounter ? { encounter } : {}),
    });
    return launched.kind === 'read' ? leave(launched.value, kept) : show(seated, launched, () => '');
  };

  const signIn = async (request: Request): Promise<Response> => {
    if (!isOurs(request)) return page(403, printEhrSignIn(house, 'broken'));
    const begun = await ehr.signIn.begin();
    if (begun.kind === 'redirect') return leave(begun.url, [sessions.keepPending(begun.pending)]);
    log('warn', 'portal: the sign-in could not begin');
    return page(502, printEhrSignIn(house, 'broken'));
  };

  const callback = async (request: Request, connection: DeskConnection): Promise<Response> => {
    const pending = sessions.pendingOf(request);
    const forget = [sessions.forgetPending];
    if (pending === undefined) return page(400, printEhrSignIn(house, 'broken'), forget);
    const completed = await ehr.signIn.complete(request.url, pending);
    if (completed.kind !== 'ready')
      return page(400, printEhrSignIn(house, completed.kind === 'denied' ? 'denied' : 'broken'), forget);
    const { user } = completed;
    // A new session at every sign-in: one that somebody planted before is worth nothing.
    const session = sessions.begin(user);
    completed.hold(session.id);
    const name = await ehr.clinician(user);
    await ehr.note(name === undefined ? 'turned-away' : 'sign-in', user, connection.address);
    if (name !== undefined) return leave('/ehr', [...forget, sessions.keep(session)]);
    await ehr.end(session.id);
    return page(403, printEhrRefused(house), forget);
  };

  const signOut = async (request: Request, connection: DeskConnection): Promise<Response> => {
    const session = sessions.of(request);
    if (session === undefined) return page(200, printEhrSignIn(house, 'ended'));
    const form = await readForm(request);
    if (!isOurs(request) || !isSame(form?.get('csrf'), session.csrf)) return leave('/ehr');
    await ehr.end(session.id);
    await ehr.note('sign-out', session.user, connection.address);
    return page(200, printEhrSignIn(house, 'ended'), [sessions.end(session)]);
  };

  return async (request, { pathname }, connection) => {
    const looks = request.method === 'GET' || request.method === 'HEAD';
    const posts = request.method === 'POST';
    const [, patient] = /^\/ehr\/patients\/([A-Za-z0-9\-.]{1,64})$/.exec(pathname) ?? [];
    const [, whose] = /^\/ehr\/patients\/([A-Za-z0-9\-.]{1,64})\/elsewhere$/.exec(pathname) ?? [];
    if (whose !== undefined) return looks ? elsewhere(request, whose, connection) : wrongMethod('GET, HEAD');
    if (patient !== undefined) return looks ? chart(request, patient, connection) : wrongMethod('GET, HEAD');
    switch (pathname) {
      case '/ehr':
        return looks ? start(request, connection) : wrongMethod('GET, HEAD');
      case '/ehr/':
        return looks ? leave('/ehr') : wrongMethod('GET, HEAD');
      case '/ehr/sign-in':
        return posts ? signIn(request) : looks ? leave('/ehr') : wrongMethod('POST');
      case '/ehr/callback':
        return looks ? callback(request, connection) : wrongMethod('GET, HEAD');
      case '/ehr/launch':
        return posts ? launch(request, connection) : looks ? leave('/ehr') : wrongMethod('POST');
      case '/ehr/sign-out':
        return posts ? signOut(request, connection) : looks ? leave('/ehr') : wrongMethod('POST');
      default:
        return undefined;
    }
  };
};
