/** Who is signed in here, since when and how strongly, for people's own pages. OIDC Core 1.0 §2: `auth_time`, `acr`, `amr`. */
import type Provider from 'oidc-provider';
import { type CookieNames, readCookie } from './cookies.ts';
import type { People, Person } from './people.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface AccountSession {
  /** names the session; it opens nothing */
  readonly uid: string;
  readonly person: Person;
  /** when the person last proved who they are, seconds since 1970 */
  readonly authTime: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** on a computer that others use too */
  readonly shared: boolean;
  /** what a form of these pages proves itself with */
  readonly csrf: string;
}

export interface AccountSessionNeighbours {
  readonly provider: Provider;
  readonly people: People;
  readonly cookies: CookieNames;
  readonly keys: Pick<SigningKeys, 'seal'>;
}

/** Undefined where nobody is signed in, or nobody whom we still know. */
export async function accountSessionOf(
  request: Request,
  { provider, people, cookies, keys }: AccountSessionNeighbours,
): Promise<AccountSession | undefined> {
  const cookie = readCookie(request, cookies.session);
  const session = cookie === undefined ? undefined : await provider.Session.find(cookie);
  if (session?.accountId === undefined || session.uid === undefined) return undefined;
  const person = await people.find(session.accountId);
  if (person === undefined) return undefined;
  const { uid, loginTs = 0, acr, amr, transient } = session;
  return {
    uid,
    person,
    authTime: loginTs,
    ...(acr === undefined ? {} : { acr }),
    ...(amr === undefined ? {} : { amr }),
    shared: transient === true,
    csrf: keys.seal(`account ${uid}`),
  };
}

/** Whether somebody proved who they are so lately that they may change what protects them. NIST SP 800-63B §7.2. */
export const isFresh = ({ authTime }: Pick<AccountSession, 'authTime'>, seconds: number, at: Date): boolean =>
  at.getTime() / 1000 - authTime < seconds;
