/** What an attacker of RFC 9700 tries, and what has to come of it. */
import assert from 'node:assert/strict';
import {
  createBrowser,
  type Fields,
  pageOf,
  type TestBrowser,
} from '@affinity/authorization-server/testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  codeFields,
  issuer,
  signIn,
  type TestDomain,
  type Tokens,
} from '@affinity/authorization-server/testing/domain.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';

export interface Attack {
  /** what is tried */
  readonly name: string;
  /** of RFC 9700, or of the standard that names the attack */
  readonly section: string;
  /** Fails where the attack succeeds. */
  run(domain: TestDomain): Promise<void>;
}

export const addressOfAttacker = 'https://attacker.example/callback';

/** The code that a victim's browser brings back for the app `web`. */
export const codeOfVictim = async (
  domain: TestDomain,
  changes: Parameters<typeof authorizeUrl>[0] = {},
): Promise<string> => {
  const browser = domain.browser();
  const shown = await signIn(browser, authorizeUrl(changes));
  const back = shown.headers.has('location') ? shown : await allow(browser, shown);
  return answerOf(back).get('code') ?? assert.fail(`no code: ${back.headers.get('location')}`);
};

export const tokensOfVictim = async (domain: TestDomain, client = 'web'): Promise<Tokens> => {
  const code = await codeOfVictim(domain, { client_id: client });
  const response = await domain.token(codeFields(code), basic(client));
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Tokens;
};

/** The token endpoint says no, and why in the standard's word. */
export const assertRefused = async (response: Response, error: string | readonly string[], status?: number) => {
  const { error: told } = (await response.json()) as { error?: string };
  assert.ok(told !== undefined && [error].flat().includes(told), `${response.status} ${told}`);
  assert.ok(response.status >= 400 && response.status < 500 && (status === undefined || response.status === status));
};

/** Nothing but a page of ours: no redirect to wherever the request wanted to go. */
export const assertStaysHere = (response: Response): void => {
  const location = response.headers.get('location');
  assert.ok(location === null || location.startsWith(`${issuer}/`), `sent on to ${location}`);
};

/** A request that goes wrong after the person has signed in: the app is told by redirect, and there is no code. */
export const assertErrorAfterSignIn = async (
  domain: TestDomain,
  changes: Parameters<typeof authorizeUrl>[0],
  error: string,
): Promise<void> => {
  const browser = domain.browser();
  const shown = await signIn(browser, authorizeUrl(changes));
  const answer = answerOf(shown.headers.has('location') ? shown : await allow(browser, shown));
  assert.equal(answer.get('code'), null);
  assert.equal(answer.get('error'), error);
};

/**
 * Runs a race for rows that are held until at least two of the racers wait for them: so that nobody is too late to take
 * part, however slow the machine.
 * @param rows a statement that locks them
 */
export const raceFor = async <Result>(
  { database: { pool } }: TestDomain,
  rows: string,
  run: () => Promise<Result>,
): Promise<Result> => {
  const waiting =
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' limit 2";
  const running = await transaction(pool, async (holder) => {
    await holder.query(rows);
    let over = false;
    const race = run().finally(() => {
      over = true;
    });
    race.catch(() => {});
    while (!over && (await holder.query(waiting)).rowCount !== 2) {
      await new Promise((done) => setTimeout(done, 5));
      // within a transaction, what was seen once is shown again
      await holder.query('select pg_stat_clear_snapshot()');
    }
    return { race };
  });
  return running.race;
};

/** A form of ours, posted as another site would post it: with what the attacker chooses. */
export const postAs = async (
  browser: TestBrowser,
  action: string,
  fields: Fields,
  headers: Readonly<Record<string, string>>,
): Promise<Response> =>
  browser.send(action, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(
      Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one])),
    ).toString(),
  });

export { createBrowser, pageOf };
