/**
 * What people change about how they sign in: each change with its record, in one transaction, and none that would leave them
 * without any way in. NIST SP 800-63B §6.1; OWASP ASVS 2.5, 3.3.3.
 */
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import type { Visit } from './account.ts';
import { hashOf } from './adapter.ts';
import type { AuthorizationEvent, Record } from './audit-recorder.ts';
import type { CookieNames } from './cookies.ts';
import { readCookie } from './cookies.ts';
import { removeIdentity } from './factors/federated-identities.ts';
import type { NewPasskey, Passkeys } from './factors/passkeys.ts';
import { replaceRecoveryCodes } from './factors/recovery-codes.ts';
import type { Totp } from './factors/totp.ts';
import { hashPassword, maxPasswordBytes } from './password.ts';
import { foldUsername, type People } from './people.ts';
import type { SecurityFault } from './security-views.ts';
import { endSessionsOf } from './sessions.ts';
import type { Settings } from './settings.ts';
import { admitAttempt } from './throttle.ts';
import type { EndingNeighbours } from './token-grants.ts';

export interface ChangeNeighbours extends EndingNeighbours {
  readonly pool: pg.Pool;
  readonly people: People;
  readonly totp: Totp;
  readonly passkeys: Passkeys;
  readonly settings: Settings;
  readonly cookies: CookieNames;
  readonly record: Record;
}

export type Change<Made = undefined> =
  | { readonly kind: 'changed'; readonly made: Made }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'fault'; readonly fault: SecurityFault };

/** Thrown within the transaction, so that it is undone. */
class LastWay extends Error {}

const changed: Change = { kind: 'changed', made: undefined };
const fault = (kind: Exclude<SecurityFault['kind'], 'throttled'>): Change<never> => ({
  kind: 'fault',
  fault: { kind },
});

/** One change at a time of a person: whoever takes two ways away at once keeps one. */
const holdPerson = (db: pg.PoolClient, sub: string) =>
  db.query('select from person where sub = $1 for no key update', [sub]);

async function keepOneWay(db: pg.PoolClient, sub: string): Promise<void> {
  const { rows } = await db.query<{ left: boolean }>(
    `select password_hash is not null or exists (select from passkey p where p.sub = person.sub)
       or exists (select from federated_identity f where f.sub = person.sub) as left
     from person where sub = $1`,
    [sub],
  );
  if (rows[0]?.left !== true) throw new LastWay();
}

export function createSecurityChanges(neighbours: ChangeNeighbours) {
  const { pool, people, totp, passkeys, settings, cookies, record, now } = neighbours;

  /** Recorded before it is committed: there is no change that nobody could read of. */
  const note = ({ session, address }: Visit, reason: string, event: AuthorizationEvent = 'credential-changed') =>
    record(event, 'permitted', {
      user: session.person.sub,
      ...(address === undefined ? {} : { address }),
      reason,
    });

  const change = async <Made>(
    { session }: Visit,
    work: (db: pg.PoolClient, sub: string) => Promise<Change<Made>>,
  ): Promise<Change<Made>> => {
    const { sub } = session.person;
    try {
      return await transaction(pool, async (db) => {
        await holdPerson(db, sub);
        return work(db, sub);
      });
    } catch (error) {
      if (error instanceof LastWay) return fault('last-way');
      throw error;
    }
  };

  const passwordFault = (password: string, username: string): Change<never> | undefined => {
    if ([...password].length < settings.passwordCharacters) return fault('short-password');
    if (Buffer.byteLength(password) > maxPasswordBytes) return fault('long-password');
    return foldUsername(password).includes(foldUsername(username)) ? fault('same-as-username') : undefined;
  };

  return {
    /** Everybody else who is signed in to the account, with whatever password they had, is so no longer. */
    async password(
      visit: Visit,
      sent: { readonly old: string; readonly fresh: string; readonly set: boolean },
    ): Promise<Change> {
      const { person, uid } = visit.session;
      if (sent.set) {
        const at = visit.address === undefined ? {} : { address: visit.address };
        const admission = await admitAttempt(pool, settings.signIn, { username: person.username, ...at });
        if (admission.kind === 'throttled') return { kind: 'fault', fault: admission };
        if ((await people.verify(person.username, sent.old)).kind === 'refused') return fault('wrong-password');
        await admission.forgive();
      }
      const wrong = passwordFault(sent.fresh, person.username);
      if (wrong !== undefined) return wrong;
      const hash = await hashPassword(sent.fresh);
      const browser = readCookie(visit.request, cookies.browser);
      return transaction(pool, async (db) => {
        // Rows of sessions before the row of the person: as at every other end of sessions.
        await endSessionsOf(db, neighbours, person.sub, { except: uid });
        await holdPerson(db, person.sub);
        const { rowCount } = await db.query(
          'update person set password_hash = $2 where sub = $1 and (password_hash is not null) = $3',
          [person.sub, hash, sent.set],
        );
        if (rowCount !== 1) return { kind: 'unchanged' };
        await db.query('delete from known_browser where sub = $1 and cookie is distinct from $2', [
          person.sub,
          browser === undefined ? null : hashOf(browser),
        ]);
        await note(visit, 'the password was changed');
        return changed;
      });
    },
    /** @returns recovery codes, which nobody sees again */
    confirmTotp: (visit: Visit, code: string): Promise<Change<readonly string[]>> =>
      change<readonly string[]>(visit, async (db, sub) => {
        if (!(await totp.confirm(db, sub, code))) return fault('wrong-code');
        const made = await replaceRecoveryCodes(db, sub, now());
        await note(visit, 'an authenticator app was set up');
        return { kind: 'changed', made };
      }),
    removeTotp: (visit: Visit): Promise<Change> =>
      change(visit, async (db, sub) => {
        if (!(await totp.remove(db, sub))) return { kind: 'unchanged' };
        await note(visit, 'the authenticator app was taken away');
        return changed;
      }),
    newCodes: (visit: Visit): Promise<Change<readonly string[]>> =>
      change<readonly string[]>(visit, async (db, sub) => {
        const { rowCount } = await db.query('select from totp where sub = $1 and confirmed_at is not null', [sub]);
        if (rowCount !== 1) return { kind: 'unchanged' };
        const made = await replaceRecoveryCodes(db, sub, now());
        await note(visit, 'new recovery codes were made');
        return { kind: 'changed', made };
      }),
    addPasskey: (visit: Visit, passkey: NewPasskey, name: string): Promise<Change> =>
      change(visit, async (db, sub) => {
        if (!(await passkeys.add(db, sub, passkey, name))) return fault('passkey-full');
        await note(visit, 'a passkey was added');
        return changed;
      }),
    removePasskey: (visit: Visit, id: string): Promise<Change> =>
      change(visit, async (db, sub) => {
        if (!(await passkeys.remove(db, sub, id))) return { kind: 'unchanged' };
        await keepOneWay(db, sub);
        await note(visit, 'a passkey was taken away');
        return changed;
      }),
    removeIdentity: (visit: Visit, identity: { readonly issuer: string; readonly subject: string }): Promise<Change> =>
      change(visit, async (db, sub) => {
        if (!(await removeIdentity(db, sub, identity))) return { kind: 'unchanged' };
        await keepOneWay(db, sub);
        await note(visit, 'an account elsewhere was unlinked', 'identity-linked');
        return changed;
      }),
  };
}
