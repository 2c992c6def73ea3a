/** Who is there: username and password, counted and compared without telling which of them was wrong. NIST SP 800-63B §5. */
import { singleFactor } from './authentication-context.ts';
import { readCookie } from './cookies.ts';
import type { Elsewhere } from './federation.ts';
import { shownElsewhere } from './federation.ts';
import { auditFacts, type Outcome, type Step, type StepNeighbours, shownOf } from './interaction-step.ts';
import type { SignInView } from './page-views.ts';
import { foldUsername } from './people.ts';
import { goOn } from './sign-in-finish.ts';
import { elsewhereOf } from './sign-in-progress.ts';
import { admitAttempt, knowsBrowser } from './throttle.ts';

/** Whoever signs in after a sign-in elsewhere may say that it is theirs. */
export const linkOf = (step: Step): { readonly link?: Elsewhere } => {
  const link = elsewhereOf(step);
  return link === undefined ? {} : { link };
};

/** A challenge is for one interaction, which one browser alone can go on with. */
export const passkeyPurpose = ({ interaction }: Step): string => `sign-in ${interaction.uid}`;

export async function showSignIn(
  { pages, passkeys, federation, issuer }: StepNeighbours,
  step: Step,
  again: Pick<SignInView, 'username' | 'shared' | 'fault'> = {},
): Promise<Outcome> {
  const { fault } = again;
  const status = fault === undefined ? 200 : fault.kind === 'throttled' ? 429 : 400;
  const wait = fault?.kind === 'throttled' ? { retryAfterSeconds: fault.retryAfterSeconds } : {};
  const passkey = await passkeys.requestOptions(passkeyPurpose(step));
  const elsewhere = elsewhereOf(step);
  const offered = elsewhere === undefined ? federation.providers : [];
  const providers = offered.map(({ id, name }) => ({
    name,
    address: `${issuer}/interaction/${step.interaction.uid}/federation/${id}`,
  }));
  const linking = elsewhere === undefined ? {} : { linking: shownElsewhere(federation, elsewhere) };
  const document = pages.signIn({ ...shownOf(step), passkey, providers, ...linking, ...again });
  return { kind: 'page', document, status, script: true, ...wait };
}

export async function takeSignIn(
  neighbours: StepNeighbours,
  step: Step,
  posted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const { pool, people, settings, cookies, record } = neighbours;
  if (!posted.has('username') && !posted.has('password')) return showSignIn(neighbours, step);
  const username = (posted.get('username') ?? '').slice(0, 200);
  const shared = posted.get('shared') === 'yes';
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
    return showSignIn(neighbours, step, { username, shared, fault: admission });
  }
  const verification = await people.verify(folded, posted.get('password') ?? '');
  if (verification.kind === 'refused') {
    const tried = verification.sub === undefined ? {} : { user: verification.sub };
    await record('sign-in-failed', 'denied', { ...auditFacts(step), ...tried, status: 400 });
    return showSignIn(neighbours, step, { username, shared, fault: { kind: 'wrong' } });
  }
  await admission.forgive();
  return goOn(neighbours, step, {
    person: verification.person,
    amr: ['pwd'],
    acr: singleFactor,
    shared,
    ...linkOf(step),
  });
}
