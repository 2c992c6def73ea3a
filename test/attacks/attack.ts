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
