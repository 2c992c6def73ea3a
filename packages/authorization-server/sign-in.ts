/** Which step of a sign-in is open, and who takes what was posted to it. OIDC Core 1.0 §3.1.2.3. */
import { showElsewhereFailed, showLink, takeElsewhere, takeInvitation, takeLink } from './federation-step.ts';
import type { Outcome, Step, StepNeighbours } from './interaction-step.ts';
import { takePasskey } from './passkey-step.ts';
import { showSecondFactor, showTooWeak, takeSecondFactor, takeTooWeak } from './second-factor-step.ts';
import { forgetProgress, progressOf } from './sign-in-progress.ts';
import { showSignIn, takeSignIn } from './sign-in-step.ts';

export async function showOpenStep(neighbours: StepNeighbours, step: Step): Promise<Outcome> {
  const progress = await progressOf(neighbours, step);
  switch (progress.kind) {
    case 'second-factor':
      return showSecondFactor(neighbours, step, progress.proof);
    case 'too-weak':
      return showTooWeak(neighbours, step);
    case 'link':
      return showLink(neighbours, step, progress.proof);
    case 'elsewhere':
      return takeElsewhere(neighbours, step, progress.elsewhere);
    case 'elsewhere-failed':
      return showElsewhereFailed(neighbours, step, progress);
    case 'nobody':
      return showSignIn(neighbours, step);
  }
}

/** What was posted says which step it answers: one of a second tab, or of before, is shown the step that is open. */
export async function takeOpenStep(
  neighbours: StepNeighbours,
  step: Step,
  posted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  if (posted.has('again')) return forgetProgress(step);
  if (posted.has('username') || posted.has('password')) return takeSignIn(neighbours, step, posted);
  if (posted.has('passkey')) return takePasskey(neighbours, step, posted);
  const progress = await progressOf(neighbours, step);
  if (progress.kind === 'second-factor' && posted.has('code'))
    return takeSecondFactor(neighbours, step, progress.proof, posted);
  if (progress.kind === 'link' && posted.has('link')) return takeLink(neighbours, step, progress.proof, posted);
  if (progress.kind === 'elsewhere' && posted.has('proofing_code'))
    return takeInvitation(neighbours, step, progress.elsewhere, posted);
  if (progress.kind === 'too-weak' && posted.has('decision'))
    return takeTooWeak(neighbours, step, progress.proof, posted);
  return showOpenStep(neighbours, step);
}
