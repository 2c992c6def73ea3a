/** An administrator signs in, asks why somebody may not see a record, and signs out; somebody who is none is turned away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { samplePeople } from '../../affinity/demo/people.ts';
import { launchBrowser } from './browser.ts';
import { removeDirectory, startDomain } from './domain.ts';

const passwordOf = (username: string): string =>
  samplePeople.find((person) => person.username === username)?.password ?? assert.fail(username);

const signIn = async (page: Page, origin: string, username: string): Promise<void> => {
  await page.goto(`${origin}/admin`);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.locator('input[name=username]').fill(username);
  await page.locator('input[name=password]').fill(passwordOf(username));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
};

test('the administrators’ pages, without JavaScript', async (t) => {
  const domain = await startDomain();
  const browser = await launchBrowser();
  t.after(async () => {
    await browser.close();
    await domain.stop();
    removeDirectory(domain.directory);
  });
  const open = async (): Promise<Page> => (await browser.newContext({ javaScriptEnabled: false })).newPage();

  const ana = await open();
  await signIn(ana, domain.origin, 'ana');
  assert.match((await ana.locator('h1').textContent()) ?? '', /not for your account/);
  await ana.goto(`${domain.origin}/admin/alerts`);
  assert.equal(await ana.getByRole('button', { name: 'Sign in', exact: true }).count(), 1);

  const petra = await open();
  await signIn(petra, domain.origin, 'petra');
  assert.equal(new URL(petra.url()).pathname, '/admin');
  await petra.getByRole('link', { name: 'Explain a decision' }).first().click();
  await petra.getByLabel('Person').fill('ben');
  await petra.getByLabel('App', { exact: true }).fill('vitals');
  await petra.getByLabel('Address').fill('/fhir/Observation?patient=patient-0002');
  await petra.getByLabel('About one record').fill('Patient/patient-0001');
  await petra.getByRole('button', { name: 'Explain', exact: true }).click();
  assert.equal(await petra.getByText('Permitted', { exact: false }).first().isVisible(), true);
  assert.match(
    (await petra.locator('.explanation').textContent()) ?? '',
    /record of patient patient-0002 and in nobody else’s/,
  );
  assert.equal(new URL(petra.url()).search, '', 'nothing of the question stands in the address');

  const kept = (await petra.context().cookies()).filter(({ name }) => name.endsWith('desk'));
  assert.deepEqual(
    kept.map(({ httpOnly, sameSite, path }) => [httpOnly, sameSite, path]),
    [[true, 'Lax', '/']],
  );
  await petra.getByRole('link', { name: 'Alerts' }).click();
  assert.match((await petra.locator('main').textContent()) ?? '', /Nobody has to look at anything/);
  await petra.getByRole('button', { name: 'Sign out' }).click();
  await petra.context().addCookies(kept);
  await petra.goto(`${domain.origin}/admin`);
  assert.equal(
    await petra.getByRole('button', { name: 'Sign in', exact: true }).count(),
    1,
    'a copy of the cookie is worth nothing',
  );
});
