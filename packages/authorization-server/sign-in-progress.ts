/**
 * How far a sign-in has come that takes several steps: noted in its interaction, which one browser alone can go on with.
 * OIDC Core 1.0 §3.1.2.3; NIST SP 800-63B §4.2.
 */
import type Provider from 'oidc-provider';
import { type AuthenticationContext, requiredContext, singleFactor } from './authentication-context.ts';
import type { Elsewhere } from './federation.ts';
import { noteResult, type Outcome, type Step, type StepNeighbours } from './interaction-step.ts';
import type { Person } from './people.ts';
import { acrUnmet } from './provider.ts';
import { sessionPerson } from './session-person.ts';

/** What somebody has proved so far. RFC 8176 */
export interface Proof {
  readonly person: Person;
  readonly amr: readonly string[];
  readonly acr: AuthenticationContext;
  /** on a computer that others use too */
  readonly shared: boolean;
  /** epoch seconds of an earlier sign-in, here or elsewhere, that this one goes back to */
  readonly since?: number;
  /** an account elsewhere that nobody has proved to be theirs yet, and that this person may */
  readonly link?: Elsewhere;
}

type NotedProof = Omit<Proof, 'person'> & { readonly sub: string };

export type Progress =
  | { readonly kind: 'nobody' }
  /** the first factor was right, and there is a second one to ask for */
  | { readonly kind: 'second-factor'; readonly proof: Proof }
  /** signed in, and not as strongly as the app asks for */
  | { readonly kind: 'too-weak'; readonly proof: Proof }
  /** signed in, and about to say that the account elsewhere is theirs too */
  | { readonly kind: 'link'; readonly proof: Proof }
  | NotedElsewhere;

/** How a sign-in elsewhere ended. */
export type NotedElsewhere =
  | { readonly kind: 'elsewhere'; readonly elsewhere: Elsewhere }
  | {
      readonly kind: 'elsewhere-failed';
      readonly provider: string;
      readonly why: 'denied' | 'unreachable' | 'failed';
    };

export type InteractionHandle = InstanceType<Provider['Interaction']>;

const member = 'signingIn';

type ProofKind = 'second-factor' | 'too-weak' | 'link';
type Noted = { readonly kind: ProofKind; readonly proof: NotedProof } | NotedElsewhere;

const notedIn = ({ result }: InteractionHandle): Noted | undefined =>
  (result as { readonly [member]?: Noted } | undefined)?.[member];

/** The account elsewhere with which this sign-in began, as long as it is nobody's. */
export function elsewhereOf({ interaction }: Step): Elsewhere | undefined {
  const noted = notedIn(interaction);
  if (noted === undefined || noted.kind === 'elsewhere-failed') return undefined;
  return noted.kind === 'elsewhere' ? noted.elsewhere : noted.proof.link;
}

export const noteElsewhere = (interaction: InteractionHandle, noted: NotedElsewhere): Promise<void> =>
  noteResult({ interaction }, { [member]: noted });

export const requiredOf = ({ interaction }: Step): AuthenticationContext | undefined =>
  requiredContext((interaction.params as { readonly affinity_acr?: string }).affinity_acr);

/** Notes it and lets the dispatcher look again. */
export async function noteProgress(
  step: Step,
  progress: { readonly kind: ProofKind; readonly proof: Proof },
): Promise<Outcome> {
  const { person, ...proof } = progress.proof;
  const noted: Noted = { kind: progress.kind, proof: { ...proof, sub: person.sub } };
  await noteResult(step, { [member]: noted });
  return { kind: 'again' };
}

export async function forgetProgress(step: Step): Promise<Outcome> {
  await noteResult(step, {});
  return { kind: 'again' };
}

export async function progressOf(neighbours: StepNeighbours, step: Step): Promise<Progress> {
  const { interaction } = step;
  const noted = notedIn(interaction);
  if (noted?.kind === 'elsewhere' || noted?.kind === 'elsewhere-failed') return noted;
  if (noted !== undefined) {
    const { sub, ...proof } = noted.proof;
    const person = await neighbours.people.find(sub);
    return person === undefined ? { kind: 'nobody' } : { kind: noted.kind, proof: { ...proof, person } };
  }
  // Nothing is wanting but strength: the session that is there is the first factor (RFC 9470 §4).
  const onlyWeak = interaction.prompt.reasons.length === 1 && interaction.prompt.reasons[0] === acrUnmet;
  const present = onlyWeak && interaction.result === undefined ? await sessionPerson(neighbours, step) : undefined;
  if (present === undefined) return { kind: 'nobody' };
  const { person, session } = present;
  const since = session.loginTs === undefined ? {} : { since: session.loginTs };
  const proof: Proof = {
    person,
    amr: session.amr ?? [],
    acr: singleFactor,
    shared: session.transient === true,
    ...since,
  };
  return { kind: (await neighbours.totp.isEnrolled(person.sub)) ? 'second-factor' : 'too-weak', proof };
}
