/** Who is there: username and password, counted and compared without telling which of them was wrong. NIST SP 800-63B §5. */
import { randomBytes } from 'node:crypto';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { accountClientId } from './account-client.ts';
import { printCookie, readCookie } from './cookies.ts';
import { auditFacts, noteResult, type Outcome, type Step, type StepNeighbours } from './interaction-step.ts';
import type { SignInView } from './page-views.ts';
import { foldUsername } from './people.ts';
import { endSession } from './sessions.ts';
import { admitAttempt, knowsBrowser, rememberBrowser } from './throttle.ts';

/** When the password of this very interaction was entered, epoch milliseconds: kept for its later steps. */
export const signedInAt = 'signedInAt';

export function showSignIn(
  { pages }: StepNeighbours,
  { action, csrf, app, client }: Step,
  again: Pick<SignInView, 'username' | 'fault'> = {},
): Outcome {
  const { fault } = again;
  const asking = client.id === accountClientId ? {} : { app };
  const status = fault === undefined ? 200 : fault.kind === 'wrong' ? 400 : 429;
  const wait = fault?.kind === 'throttled' ? { retryAfterSeconds: fault.retryAfterSeconds } : {};
  return { kind: 'page', document: pages.signIn({ action, csrf, ...asking, ...again }), status, ...wait };
}

export async function takeSignIn(
  neighbours: StepNeighbours,
  step: Step,
  posted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const { pool, people, settings, cookies, record, issuer, now } = neighbours;
  if (!posted.has('username') && !posted.has('password')) return showSignIn(neighbours, step);
  const username = (posted.get('username') ?? '').slice(0, 200);
  const folded = foldUsername(username);
  const cookie = readCookie(step.request, cookies.browser);
  const known = cookie !== undefined && (await knowsBrowser(pool, cookie, folded));
  const admission = await admitAttempt(pool, settings.signIn, {
    username: folded,
    ...(step.address === undefined ? {} : { address: step.address }),
    ...(known ? { knownBrowser: cookie } : {}),
  });
  if (admission.kind === 'throttled') {
    await record('sign-in-throttled', 'denied', { ...auditFacts(step), status: 429 });
    return showSignIn(neighbours, step, { username, fault: admission });
  }
  const verification = await people.verify(folded, posted.get('password') ?? '');
  if (verification.kind === 'refused') {
    const tried = verification.sub === undefined ? {} : { user: verification.sub };
    await record('sign-in-failed', 'denied', { ...auditFacts(step), ...tried, status: 400 });
    return showSignIn(neighbours, step, { username, fault: { kind: 'wrong' } });
  }
  const { person } = verification;
  await admission.forgive();
  await endOtherSession(neighbours, step, person.sub);
  await record('sign-in', 'permitted', auditFacts(step, person));
  const login = { accountId: person.sub, remember: true, amr: ['pwd'] };
  await noteResult(step, { login, [signedInAt]: now().getTime() });
  const browser = known && cookie !== undefined ? cookie : randomBytes(32).toString('base64url');
  await rememberBrowser(pool, browser, person.sub, settings.knownBrowserSeconds);
  return {
    kind: 'finished',
    setCookie: printCookie(issuer, cookies.browser, browser, '/', settings.knownBrowserSeconds),
  };
}

/** Someone else was signed in here: that session ends, and this request no longer belongs to it. */
async function endOtherSession(neighbours: StepNeighbours, { interaction, request }: Step, sub: string): Promise<void> {
  const { pool, provider, cookies } = neighbours;
  const cookie = readCookie(request, cookies.session);
  const session = cookie === undefined ? undefined : await provider.Session.find(cookie);
  if (session?.accountId !== undefined && session.accountId !== sub) {
    await transaction(pool, (db) => endSession(db, neighbours, session.uid));
  }
  if (interaction.session !== undefined && interaction.session.accountId !== sub) interaction.session = undefined;
}
