/** The way out of people's own pages: the session ends, and what was given for as long as it lives. OWASP ASVS 3.3.1. */
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import { type AccountPage, signOutPath } from './account.ts';
import type { AccountPages } from './account-views.ts';
import type { Record } from './audit-recorder.ts';
import { type CookieNames, printCookie } from './cookies.ts';
import { endSession } from './sessions.ts';
import type { EndingNeighbours } from './token-grants.ts';

export interface SignOutNeighbours extends EndingNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly pages: AccountPages;
  readonly cookies: CookieNames;
  readonly record: Record;
}

export const createSignOut = (neighbours: SignOutNeighbours): AccountPage => ({
  path: signOutPath,
  async take({ session, address }) {
    const { issuer, pool, pages, cookies, record } = neighbours;
    await transaction(pool, (db) => endSession(db, neighbours, session.uid));
    await record('sign-out', 'permitted', {
      user: session.person.sub,
      ...(address === undefined ? {} : { address }),
    });
    return {
      kind: 'page',
      document: pages.signedOut({ everything: false }),
      cookies: [printCookie(issuer, cookies.session, '', '/', 0)],
    };
  },
});
