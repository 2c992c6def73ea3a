/**
 * Passkeys as people use them: added on the page about signing in, and then one press instead of name and password, in a real browser
 * with an authenticator in it. Without JavaScript nothing else is missing. WebAuthn Level 3 §11; B32, Q04.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { samplePeople } from '../../affinity/demo/people.ts';
import { launchBrowser } from './browser.ts';
import { type Domain, startDomain } from './domain.ts';

const [ana] = samplePeople;
assert.ok(ana !== undefined);

let browser: Browser;
let domain: Domain;
before(async () => {
  [browser, domain] = await Promise.all([launchBrowser(), startDomain()]);
});
after(async () => {
  await browser.close();
  await domain.stop();
});

const withAuthenticator = async (context: BrowserContext): Promise<{ page: Page; session: CDPSession; id: string }> => {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId: id } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { page, session, id };
};

const signIn = async (page: Page): Promise<void> => {
  await page.getByLabel('User name').fill(ana.username);
  await page.getByLabel('Password', { exact: true }).fill(ana.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
};

test('B32: a passkey is added, opens the account in one press, and is worth nothing once it is removed', async () => {
  const address = `${domain.origin}/auth/account/security`;
  const context = await browser.newContext();
  const { page, session, id } = await withAuthenticator(context);
  const blocked: string[] = [];
  page.on('console', (message) => {
    if (/Content Security Policy|Refused/.test(message.text())) blocked.push(message.text());
  });
  await page.goto(address);
  await signIn(page);
  await page.getByRole('heading', { name: 'Signing in', level: 1 }).waitFor();
  await page.getByLabel('A name for it').fill('Telephone');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByText('The passkey is added.').waitFor();
  await page.getByRole('heading', { name: 'Telephone' }).waitFor();
  const { credentials } = await session.send('WebAuthn.getCredentials', { authenticatorId: id });
  assert.deepEqual(
    credentials.map(({ rpId, isResidentCredential }) => [rpId, isResidentCredential]),
    [['localhost', true]],
  );

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.goto(address);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('heading', { name: 'Signing in', level: 1 }).waitFor();
  await page.getByText('Last used').waitFor();

  // whoever does not want to is told so, and nothing else happens
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.goto(address);
  await session.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: false });
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByText('No passkey was used.').waitFor();
  await session.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: true });

  await signIn(page);
  await page.getByRole('listitem').filter({ hasText: 'Telephone' }).getByRole('button', { name: 'Remove' }).click();
  await page.getByText('The passkey is removed.').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.goto(address);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByText('This passkey does not open an account here.').waitFor();
  assert.deepEqual(blocked, []);
  await context.close();
});

test('without JavaScript the sign-in page has no button that does nothing, and everything else', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${domain.origin}/auth/account/security`);
  assert.equal(await page.getByRole('button', { name: 'Sign in with a passkey' }).isVisible(), false);
  await signIn(page);
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
  await page.getByRole('img', { name: /picture for authenticator apps/ }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Add a passkey' }).isVisible(), false);
  await context.close();
});
