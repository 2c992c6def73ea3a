/**
 * Who is at a desk, the administrators' or the clinicians': a sealed cookie that ends when it lies idle, after a working day in any case, and at
 * sign-out. RFC 6265bis §4.1.3 (`__Host-`); OWASP ASVS 3.3, 3.4. What somebody may do is asked anew with every request.
 * A copy of a cookie that was signed out of is known as such in this process; in others it ends by lying idle.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Administration } from './administration.ts';
import { createSeal } from './sealed.ts';

export interface DeskSession {
  /** unguessable; a new one at each sign-in */
  readonly id: string;
  readonly user: string;
  /** what a form of ours proves itself with */
  readonly csrf: string;
  /** epoch milliseconds */
  readonly began: number;
  readonly seen: number;
}

export interface DeskSessions {
  begin(user: string): DeskSession;
  /** Of a request; undefined where there is none, or no longer. */
  of(request: Request): DeskSession | undefined;
  /** Set-Cookie that keeps it for as long as it may lie idle. */
  keep(session: DeskSession): string;
  /** Nothing that was copied of it is taken here any more. */
  end(session: DeskSession): string;
  /** What has to be remembered until somebody is back from signing in. */
  keepPending(pending: string): string;
  pendingOf(request: Request): string | undefined;
  readonly forgetPending: string;
}

const pendingSeconds = 600;
/** Sessions that were signed out of and would still be taken, at most. */
const mostEnded = 10_000;

const cookieOf = (request: Request, name: string): string | undefined => {
  const found = (request.headers.get('cookie') ?? '').split(/; */).filter((pair) => pair.startsWith(`${name}=`));
  // Two of one name: somebody else put one there.
  return found.length === 1 ? found[0]?.slice(name.length + 1) : undefined;
};

export const isSame = (given: string | null | undefined, expected: string): boolean => {
  const [one, other] = [Buffer.from(given ?? ''), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
};

const isSession = (value: unknown): value is DeskSession => {
  if (typeof value !== 'object' || value === null) return false;
  const { id, user, csrf, began, seen } = value as Partial<Record<keyof DeskSession, unknown>>;
  return (
    [id, user, csrf].every((text) => typeof text === 'string') && typeof began === 'number' && typeof seen === 'number'
  );
};

export const createDeskSessions = (
  { key, idleSeconds, sessionSeconds }: Pick<Administration, 'key' | 'idleSeconds' | 'sessionSeconds'>,
  origin: string,
  now: () => number,
  desk: 'desk' | 'ehr' | 'steward' = 'desk',
): DeskSessions => {
  const secure = origin.startsWith('https:');
  const attributes = `; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  // A browser takes `__Host-` only with `Secure`, which plain http on this machine does not have everywhere.
  const names = {
    session: `${secure ? '__Host-' : ''}${desk}`,
    pending: `${secure ? '__Host-' : ''}${desk}-pending`,
  };
  // A cookie of one desk is worth nothing at another.
  const use = desk === 'desk' ? '' : `${desk} `;
  const seals = { session: createSeal(key, `${use}session`), pending: createSeal(key, `${use}pending`) };
  const ended = new Map<string, number>();
  const fresh = (): string => randomBytes(32).toString('base64url');
  const isOver = ({ began, seen, id }: DeskSession): boolean =>
    ended.has(id) || now() - seen >= idleSeconds * 1000 || now() - began >= sessionSeconds * 1000;

  return {
    begin: (user) => ({ id: fresh(), user, csrf: fresh(), began: now(), seen: now() }),
    of: (request) => {
      const sealed = cookieOf(request, names.session);
      const opened = sealed === undefined ? undefined : seals.session.open(sealed);
      return isSession(opened) && !isOver(opened) ? opened : undefined;
    },
    keep: (session) =>
      `${names.session}=${seals.session.seal({ ...session, seen: now() })}${attributes}; Max-Age=${idleSeconds}`,
    end: ({ id, began }) => {
      ended.set(id, began + sessionSeconds * 1000);
      for (const [known, until] of ended) if (until <= now() || ended.size > mostEnded) ended.delete(known);
      return `${names.session}=${attributes}; Max-Age=0`;
    },
    keepPending: (pending) =>
      `${names.pending}=${seals.pending.seal({ pending, at: now() })}${attributes}; Max-Age=${pendingSeconds}`,
    pendingOf: (request) => {
      const sealed = cookieOf(request, names.pending);
      const opened =
        sealed === undefined ? undefined : (seals.pending.open(sealed) as { pending?: unknown; at?: unknown });
      if (typeof opened?.pending !== 'string' || typeof opened.at !== 'number') return undefined;
      return now() - opened.at < pendingSeconds * 1000 ? opened.pending : undefined;
    },
    forgetPending: `${names.pending}=${attributes}; Max-Age=0`,
  };
};
