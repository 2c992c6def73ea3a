/**
 * Whoever signed in elsewhere: known by issuer and subject, or nobody until a proof. Either somebody who can open an account here
 * says that it is theirs, or an invitation of the staff does. OIDC Core 1.0 §5.7; NIST SP 800-63C §3.8.1.
 */
import { transaction } from '@affinity/store/postgres/pool.ts';
import { hashOf } from './adapter.ts';
import { type AuthenticationContext, multiFactor, singleFactor } from './authentication-context.ts';
import { findIdentity, linkIdentity, noteIdentityUse } from './factors/federated-identities.ts';
import { type Elsewhere, shownElsewhere } from './federation.ts';
import { auditFacts, type Outcome, type Step, type StepNeighbours, shownOf } from './interaction-step.ts';
import type { Person } from './people.ts';
import { redeemInvitation } from './proofing.ts';
import { goOn, signIn } from './sign-in-finish.ts';
import type { Progress, Proof } from './sign-in-progress.ts';
import { showSignIn } from './sign-in-step.ts';
import { admitAttempt } from './throttle.ts';

const proofOf = (person: Person, { multiFactor: strong, amr, authTime }: Elsewhere): Proof => {
  const acr: AuthenticationContext = strong ? multiFactor : singleFactor;
  const since = authTime === undefined ? {} : { since: authTime };
  // What it says of how somebody signed in counts only where the operator has said that it does.
  return { person, acr, amr: strong ? [...new Set([...amr, 'mfa'])] : [], shared: false, ...since };
};

export async function takeElsewhere(neighbours: StepNeighbours, step: Step, elsewhere: Elsewhere): Promise<Outcome> {
  const { pool, people, federation, record, now } = neighbours;
  const sub = await findIdentity(pool, elsewhere);
  if (sub === undefined) return showSignIn(neighbours, step);
  const person = await people.find(sub);
  if (person === undefined) {
    await record('sign-in-failed', 'denied', { ...auditFacts(step), user: sub, reason: 'the account is closed' });
    return showFailed(neighbours, step, 'refused', shownElsewhere(federation, elsewhere).provider);
  }
  await noteIdentityUse(pool, elsewhere, now());
  return goOn(neighbours, step, proofOf(person, elsewhere));
}

type Why = 'denied' | 'unreachable' | 'failed' | 'refused' | 'taken';

const showFailed = (neighbours: StepNeighbours, step: Step, why: Why, provider: string): Promise<Outcome> =>
  showSignIn(neighbours, step, { fault: { kind: 'elsewhere', why, provider } });

export const showElsewhereFailed = (
  neighbours: StepNeighbours,
  step: Step,
  { provider, why }: Extract<Progress, { kind: 'elsewhere-failed' }>,
): Promise<Outcome> => {
  const name = neighbours.federation.providers.find(({ id }) => id === provider)?.name ?? provider;
  return showFailed(neighbours, step, why, name);
};

export function showLink({ pages, federation }: StepNeighbours, step: Step, { person, link }: Proof): Outcome {
  const elsewhere = link === undefined ? { provider: '' } : shownElsewhere(federation, link);
  const document = pages.linkIdentity({ ...shownOf(step), username: person.username, ...elsewhere });
  return { kind: 'page', document, status: 200 };
}

export async function takeLink(
  neighbours: StepNeighbours,
  step: Step,
  { link, ...proof }: Proof,
  posted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const { pool, record, federation, now } = neighbours;
  const answer = posted.get('link');
  if (link === undefined || answer === 'no') return signIn(neighbours, step, proof);
  if (answer !== 'yes') return { kind: 'again' };
  const { sub } = proof.person;
  const linked = await transaction(pool, async (db) => {
    const made = await linkIdentity(db, link, { sub, provider: link.provider, proof: 'account', at: now() });
    const reason = `an account at ${link.provider} was linked`;
    if (made) await record('identity-linked', 'permitted', { ...auditFacts(step, proof.person), reason });
    return made;
  });
  if (linked || (await findIdentity(pool, link)) === sub) return signIn(neighbours, step, proof);
  return showFailed(neighbours, step, 'taken', shownElsewhere(federation, link).provider);
}

/** Counted for this account elsewhere and for the address, so that whoever guesses codes has to wait. */
export async function takeInvitation(
  neighbours: StepNeighbours,
  step: Step,
  elsewhere: Elsewhere,
  posted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const { pool, people, settings, record, now } = neighbours;
  const who = hashOf(`${elsewhere.issuer} ${elsewhere.subject}`).toString('base64url');
  const admission = await admitAttempt(pool, settings.signIn, {
    username: `invitation ${who}`,
    ...(step.address === undefined ? {} : { address: step.address }),
  });
  if (admission.kind === 'throttled') {
    await record('sign-in-throttled', 'denied', { ...auditFacts(step), status: 429, reason: 'invitations' });
    return showSignIn(neighbours, step, { fault: admission });
  }
  const typed = { code: posted.get('proofing_code') ?? '', birthDate: posted.get('birth_date') ?? '' };
  const proofing = await redeemInvitation(
    {
      pool,
      now,
      birthDateOf: async (patient) =>
        (await neighbours.patients([patient])).find(({ id }) => id === patient)?.birthDate,
      note: (sub, invitation) =>
        record('identity-linked', 'permitted', {
          ...auditFacts(step),
          user: sub,
          ...invitation,
          reason: `by an invitation, from ${elsewhere.provider}`,
        }),
    },
    typed,
    elsewhere,
  );
  const person = proofing.kind === 'proofed' ? await people.find(proofing.sub) : undefined;
  if (proofing.kind !== 'proofed' || person === undefined) {
    await record('sign-in-failed', 'denied', { ...auditFacts(step), status: 400, reason: 'an invitation' });
    const kind = proofing.kind === 'known' ? 'invitation-known' : 'invitation';
    return showSignIn(neighbours, step, { fault: { kind } });
  }
  await admission.forgive();
  return goOn(neighbours, step, proofOf(person, elsewhere));
}
