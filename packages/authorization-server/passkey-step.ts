/** A passkey instead of user name and password: it names its own account, and proves two factors at once. WebAuthn Level 3 §7.2. */
import { multiFactor } from './authentication-context.ts';
import { auditFacts, type Outcome, type Step, type StepNeighbours } from './interaction-step.ts';
import { signIn } from './sign-in-finish.ts';
import { linkOf, passkeyPurpose, showSignIn } from './sign-in-step.ts';
import { admitFromAddress } from './throttle.ts';

export async function takePasskey(
  neighbours: StepNeighbours,
  step: Step,
  posted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const { pool, settings, passkeys, people, record } = neighbours;
  const shared = posted.get('shared') === 'yes';
  const admission = await admitFromAddress(pool, settings.signIn, step.address);
  if (admission.kind === 'throttled') {
    await record('sign-in-throttled', 'denied', { ...auditFacts(step), status: 429 });
    return showSignIn(neighbours, step, { shared, fault: admission });
  }
  const answer = await passkeys.verify(posted.get('passkey') ?? '', passkeyPurpose(step));
  const person = answer.kind === 'verified' ? await people.find(answer.sub) : undefined;
  if (answer.kind === 'refused' || person === undefined) {
    const tried = answer.sub === undefined ? {} : { user: answer.sub };
    await record('sign-in-failed', 'denied', { ...auditFacts(step), ...tried, status: 400, reason: 'a passkey' });
    return showSignIn(neighbours, step, { shared, fault: { kind: 'passkey' } });
  }
  await admission.forgive();
  return signIn(neighbours, step, { person, amr: answer.amr, acr: multiFactor, shared, ...linkOf(step) });
}
