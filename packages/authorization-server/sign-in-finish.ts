/** From what somebody has proved to a session: a second factor where there is one, strength where it is asked for. RFC 9470. */
import { randomBytes } from 'node:crypto';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { multiFactor, satisfies } from './authentication-context.ts';
import { printCookie, readCookie } from './cookies.ts';
import { auditFacts, noteResult, type Outcome, type Step, type StepNeighbours } from './interaction-step.ts';
import { endSession } from './sessions.ts';
import { noteProgress, type Proof, requiredOf } from './sign-in-progress.ts';
import { knowsBrowser, rememberBrowser } from './throttle.ts';

/** When somebody signed in in this very interaction, epoch milliseconds: kept for its later steps. */
export const signedInAt = 'signedInAt';

/** After a first factor: whoever has a second one is asked for it. */
export async function goOn(neighbours: StepNeighbours, step: Step, proof: Proof): Promise<Outcome> {
  if (proof.acr !== multiFactor && (await neighbours.totp.isEnrolled(proof.person.sub)))
    return noteProgress(step, { kind: 'second-factor', proof });
  return signIn(neighbours, step, proof);
}

/** After every factor that there is. */
export async function signIn(neighbours: StepNeighbours, step: Step, proof: Proof): Promise<Outcome> {
  const { pool, cookies, settings, record, issuer, now } = neighbours;
  const { person, amr, acr, shared, since, link } = proof;
  if (!satisfies(acr, requiredOf(step))) return noteProgress(step, { kind: 'too-weak', proof });
  if (link !== undefined) return noteProgress(step, { kind: 'link', proof });
  await endOtherSession(neighbours, step, person.sub);
  await record('sign-in', 'permitted', auditFacts(step, person));
  const login = {
    accountId: person.sub,
    remember: !shared,
    acr,
    ...(amr.length === 0 ? {} : { amr }),
    ...(since === undefined ? {} : { ts: since }),
  };
  await noteResult(step, { login, [signedInAt]: since === undefined ? now().getTime() : since * 1000 });
  // Where others sit down next, nothing is kept: no session beyond the browser's own, and not that somebody was here.
  if (shared) return { kind: 'finished' };
  const before = readCookie(step.request, cookies.browser);
  const known = before !== undefined && (await knowsBrowser(pool, before, person.username));
  const browser = known && before !== undefined ? before : randomBytes(32).toString('base64url');
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
