/** Who is signed in, in the browser in which this request was begun. OIDC Core 1.0 §3.1.2.3. */
import type Provider from 'oidc-provider';
import { readCookie } from './cookies.ts';
import type { Step, StepNeighbours } from './interaction-step.ts';
import type { Person } from './people.ts';

export interface SessionPerson {
  readonly person: Person;
  readonly session: InstanceType<Provider['Session']>;
}

/** Undefined where nobody is, where it is another session than at the beginning, or where the person is gone. */
export async function sessionPerson(
  { provider, people, cookies }: StepNeighbours,
  { request, interaction }: Step,
): Promise<SessionPerson | undefined> {
  const cookie = readCookie(request, cookies.session);
  const session = cookie === undefined ? undefined : await provider.Session.find(cookie);
  const { session: begun } = interaction;
  if (session?.accountId === undefined || begun === undefined || session.uid !== begun.uid) return undefined;
  const person = session.accountId === begun.accountId ? await people.find(session.accountId) : undefined;
  return person === undefined ? undefined : { person, session };
}
