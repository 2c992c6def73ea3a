/**
 * The second factor: a code of the authenticator app, or a recovery code. It is asked for only once the first was right, so
 * that it tells nothing about anybody else. NIST SP 800-63B §5.1.2, §5.1.4, §5.2.2.
 */
import { multiFactor } from './authentication-context.ts';
import { readCookie } from './cookies.ts';
import { useRecoveryCode } from './factors/recovery-codes.ts';
import { auditFacts, noteResult, type Outcome, type Step, type StepNeighbours, shownOf } from './interaction-step.ts';
import { signIn } from './sign-in-finish.ts';
import type { Proof } from './sign-in-progress.ts';
import type { SecondFactorView } from './sign-in-views.ts';
import { admitSecondFactor, knowsBrowser } from './throttle.ts';

export function showSecondFactor(
  { pages }: StepNeighbours,
  step: Step,
  { person }: Proof,
  fault?: SecondFactorView['fault'],
): Outcome {
  const view = { ...shownOf(step), username: person.username, ...(fault === undefined ? {} : { fault }) };
  const status = fault === undefined ? 200 : fault.kind === 'wrong' ? 400 : 429;
  const wait = fault?.kind === 'throttled' ? { retryAfterSeconds: fault.retryAfterSeconds } : {};
  return { kind: 'page', document: pages.secondFactor(view), status, ...wait };
}

export async function takeSecondFactor(
  neighbours: StepNeighbours,
  step: Step,
  proof: Proof,
  posted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const { pool, settings, cookies, record, totp, now } = neighbours;
  const { person } = proof;
  const cookie = readCookie(step.request, cookies.browser);
  const known = cookie !== undefined && (await knowsBrowser(pool, cookie, person.username));
  // Counted before it is looked at, so that a thousand at once are a thousand.
  const admission = await admitSecondFactor(pool, settings.signIn, person.sub, known ? cookie : undefined);
  if (admission.kind === 'throttled') {
    await record('second-factor', 'denied', { ...auditFacts(step, person), status: 429, reason: 'too many codes' });
    return showSecondFactor(neighbours, step, proof, admission);
  }
  const code = posted.get('code') ?? '';
  const byDevice = await totp.accept(person.sub, code);
  const right = byDevice || (await useRecoveryCode(pool, person.sub, code, now()));
  if (!right) {
    await record('second-factor', 'denied', { ...auditFacts(step, person), status: 400 });
    return showSecondFactor(neighbours, step, proof, { kind: 'wrong' });
  }
  await admission.forgive();
  const reason = byDevice ? {} : { reason: 'a recovery code' };
  await record('second-factor', 'permitted', { ...auditFacts(step, person), ...reason });
  return signIn(neighbours, step, { ...proof, amr: [...new Set([...proof.amr, 'otp', 'mfa'])], acr: multiFactor });
}

/** The app asks for two factors of somebody who has only one: it is told so where the person wants to go back. */
export function showTooWeak({ pages, issuer }: StepNeighbours, { action, csrf, app }: Step): Outcome {
  const document = pages.tooWeak({ action, csrf, app, security: `${issuer}/account/security` });
  return { kind: 'page', document, status: 200 };
}

export async function takeTooWeak(
  { record }: StepNeighbours,
  step: Step,
  { person }: Proof,
  posted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  if (posted.get('decision') !== 'back') return { kind: 'again' };
  const reason = 'the person has no second factor';
  await record('sign-in-failed', 'denied', { ...auditFacts(step, person), reason });
  await noteResult(step, { error: 'unmet_authentication_requirements', error_description: reason });
  return { kind: 'finished' };
}
