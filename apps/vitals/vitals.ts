/** Vitals: a small server-side app that signs a person in at their health record and shows a few numbers over time. SMART App Launch 2.2. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Failure } from '@affinity/client/failure.ts';
import { createSmartClient } from '@affinity/client/server/smart-client.ts';
import type { PendingLaunch, Session, SessionStore } from '@affinity/client/session.ts';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { createShelf } from './browser-sessions.ts';
import { departurePage } from './pages/departure.ts';
import { type Fault, faultPage, faults } from './pages/fault.ts';
import type { Frame } from './pages/layout.ts';
import { recordPage } from './pages/record-page.ts';
import { type Notice, welcomePage } from './pages/welcome.ts';
import { readRecord } from './record.ts';

/** The least this app can do its work with. */
export const askedScope = 'openid fhirUser launch/patient offline_access patient/Patient.r patient/Observation.rs';

/** The same where a record system opens the app: whose record it is, it says itself. */
export const launchedScope = askedScope.replace('launch/patient', 'launch');

export interface VitalsOptions {
  /** path of the app, such as `/apps/vitals` */
  readonly base: string;
  /** scheme, host and port that browsers see */
  readonly origin: string;
  /** FHIR base of the health record */
  readonly iss: string;
  readonly client: { readonly id: string; readonly secret: string };
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => Date;
  /** Never given a token, a name or a value of the record. */
  readonly log: (event: string, fields?: Readonly<Record<string, string | number | undefined>>) => void;
  /** how long a person stays signed in */
  readonly sessionSeconds: number;
  /** most people signed in, and most sign-ins begun, at a time; beyond it the oldest goes */
  readonly sessions?: number;
  /** readings of each measure: at most `pages` times `count`, the newest */
  readonly readings?: { readonly count: number; readonly pages: number };
}

interface SignedIn {
  readonly session: Session;
  readonly csrf: string;
}

const launchSeconds = 600;

export function createVitals(options: VitalsOptions): { readonly fetch: (request: Request) => Promise<Response> } {
  const { base, origin, log, sessionSeconds, sessions = 10_000 } = options;
  const { readings = { count: 200, pages: 3 } } = options;
  const now = () => options.now().getTime();
  const secure = origin.startsWith('https:');
  const smart = createSmartClient({
    iss: options.iss,
    clientId: options.client.id,
    clientAuthentication: { kind: 'secret-basic', secret: options.client.secret },
    redirectUri: `${origin}${base}/callback`,
    scope: askedScope,
    fetch: options.fetch,
    now,
    launchSeconds,
    allowInsecureLoopback: !secure,
  });
  const launches = createShelf<PendingLaunch>({ capacity: sessions, seconds: launchSeconds, now });
  const people = createShelf<SignedIn>({ capacity: sessions, seconds: sessionSeconds, now });

  const css = readFileSync(new URL('./vitals.css', import.meta.url), 'utf8');
  const hash = createHash('sha256').update(css).digest('base64url').slice(0, 12);
  const frame: Frame = { base, stylesheet: `${base}/vitals.css?v=${hash}` };

  const cookieNames = {
    launch: `${secure ? '__Secure-' : ''}vitals-launch`,
    session: `${secure ? '__Secure-' : ''}vitals`,
  };
  const cookie = { path: base, httpOnly: true, sameSite: 'Lax', secure } as const;
  const signedInId = (c: Context) => getCookie(c, cookieNames.session);

  /** The session of one browser, as the client wants to load and save it. */
  const storeOf = (id: string): SessionStore => ({
    load: async () => people.get(id)?.session,
    save: async (session) => {
      const kept = people.get(id);
      if (session === undefined) people.take(id);
      else if (kept !== undefined) people.replace(id, { ...kept, session });
    },
  });

  const report = (event: string, failure?: Failure): string => {
    const reference = randomBytes(4).toString('hex');
    const { category, code, status, message } = failure ?? {};
    log(event, { reference, category, code, status, message });
    return reference;
  };
  const refuse = (c: Context, status: 400 | 403 | 404 | 500 | 502, fault: Fault) =>
    c.html(faultPage(frame, fault), status);
  const welcome = (c: Context, notice?: Notice) => c.html(welcomePage(frame, notice));
  const forget = (c: Context) => deleteCookie(c, cookieNames.session, { path: base, secure });

  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(pageHeaders)) if (!c.res.headers.has(name)) c.header(name, value);
  });

  app.get(base, (c) => c.redirect(`${base}/`, 308));
  app.get(`${base}/`, (c) => (people.get(signedInId(c)) === undefined ? welcome(c) : c.redirect(`${base}/chart`, 303)));

  app.on(['GET', 'POST'], `${base}/launch`, async (c) => {
    // A record system opens the app with these two; `iss` has to be the one record that this app knows.
    const [iss, launch] = ['iss', 'launch'].map((name) => c.req.queries(name) ?? []);
    const [from, handle] = [iss?.[0], launch?.[0]];
    const isLaunch = from !== undefined || handle !== undefined;
    const whole = iss?.length === 1 && launch?.length === 1 && c.req.method === 'GET';
    if (isLaunch && (!whole || from === undefined || handle === undefined)) return refuse(c, 400, faults.launch);
    const begun = await smart.begin(
      from === undefined || handle === undefined ? {} : { ehr: { iss: from, launch: handle }, scope: launchedScope },
    );
    if (begun.kind === 'failed' && begun.failure.category === 'launch') {
      return refuse(c, 403, { ...faults.stranger, reference: report('launch refused', begun.failure) });
    }
    if (begun.kind === 'failed') {
      return refuse(c, 502, { ...faults.server, reference: report('launch failed', begun.failure) });
    }
    setCookie(c, cookieNames.launch, launches.put(begun.pending), { ...cookie, maxAge: launchSeconds });
    return c.req.method === 'POST' ? c.html(departurePage(frame, begun.url)) : c.redirect(begun.url, 303);
  });

  app.get(`${base}/callback`, async (c) => {
    const pending = launches.take(getCookie(c, cookieNames.launch));
    deleteCookie(c, cookieNames.launch, { path: base, secure });
    if (pending === undefined) return refuse(c, 400, faults.launch);
    const completed = await smart.complete(c.req.url, pending);
    if (completed.kind === 'denied') return c.html(faultPage(frame, faults.denied));
    if (completed.kind === 'failed') {
      const reference = report('sign-in failed', completed.failure);
      const { category } = completed.failure;
      if (category === 'launch') return refuse(c, 400, { ...faults.launch, reference });
      return refuse(c, 502, { ...(category === 'identity' ? faults.identity : faults.server), reference });
    }
    if (completed.session.patient === undefined) return refuse(c, 400, faults.noPatient);
    // A new id at every sign-in: one that somebody planted before is worth nothing.
    people.take(signedInId(c));
    const id = people.put({ session: completed.session, csrf: randomBytes(32).toString('base64url') });
    setCookie(c, cookieNames.session, id, { ...cookie, maxAge: sessionSeconds });
    log('signed in');
    return c.redirect(`${base}/chart`, 303);
  });

  app.get(`${base}/chart`, async (c) => {
    const id = signedInId(c);
    const person = people.get(id);
    if (id === undefined) return c.redirect(`${base}/`, 303);
    const read = person && (await readRecord(smart, storeOf(id), person.session, readings, now()));
    if (person === undefined || read?.kind !== 'record') {
      people.take(id);
      forget(c);
      return welcome(c, 'ended');
    }
    const parts = [read.record.patient, ...read.record.parts.map((part) => part.readings)];
    const fault = parts.find((part) => part.kind === 'fault');
    const reference = fault === undefined ? '' : report('record incomplete', fault.failure);
    return c.html(recordPage(frame, { record: read.record, csrf: person.csrf, reference, now: now() }));
  });

  app.post(`${base}/sign-out`, bodyLimit({ maxSize: 4096 }), async (c) => {
    const person = people.get(signedInId(c));
    if (person === undefined) return welcome(c, 'signed-out');
    const { csrf } = await c.req.parseBody();
    if (c.req.header('origin') !== origin || !sameText(csrf, person.csrf)) return refuse(c, 403, faults.forgery);
    const signedIn = people.take(signedInId(c));
    forget(c);
    const revoked = await smart.revoke(signedIn?.session ?? person.session);
    if (revoked.kind === 'revoked') return welcome(c, 'signed-out');
    report('revocation failed', revoked.failure);
    return welcome(c, 'signed-out-here');
  });

  app.get(`${base}/vitals.css`, (c) =>
    c.body(css, 200, {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    }),
  );
  app.notFound((c) => refuse(c, 404, faults.missing));
  app.onError((error, c) => {
    const reference = report(`fault: ${error.name}`);
    return refuse(c, 500, { ...faults.internal, reference });
  });
  return { fetch: async (request) => app.fetch(request) };
}

/** `same-origin`, not `no-referrer`: with the latter a browser sends `Origin: null` with our own forms. Fetch §3.2. */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

function sameText(given: unknown, expected: string): boolean {
  if (typeof given !== 'string') return false;
  const [one, other] = [given, expected].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}
