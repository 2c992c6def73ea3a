/** A clinician opens an app from the record system of the domain: one patient, one visit, that patient's chart. SMART App Launch 2.2, EHR launch. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { samplePeople } from '../../affinity/demo/people.ts';
import { launchBrowser } from './browser.ts';
import { type Domain, makeDirectory, removeDirectory, startDomain } from './domain.ts';

const directory = makeDirectory();
let domain: Domain;
let browser: Browser;
before(async () => {
  [domain, browser] = await Promise.all([startDomain({ directory }), launchBrowser()]);
});
after(async () => {
  await browser.close();
  assert.equal(await domain.stop(), 0, domain.output());
  removeDirectory(directory);
});

/** In a browser of its own, without JavaScript. */
const signedIn = async (username: string): Promise<Page> => {
  const person = samplePeople.find((one) => one.username === username);
  assert.ok(person !== undefined);
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${domain.origin}/ehr`);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.locator('input[name=username]').fill(person.username);
  await page.locator('input[name=password]').fill(person.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  return page;
};

test('B15 B16 D14 D18: Dr. Okafor opens Vitals for Ana from her chart, and sees her numbers; the next time nothing is asked', async () => {
  const page = await signedIn('okafor');
  assert.equal(page.url(), `${domain.origin}/ehr`);
  assert.equal(await page.getByRole('link', { name: /Rosa/ }).count(), 0, 'who is not in his care is not listed');
  const ana = page.getByRole('link', { name: /Ana .*Ribeiro/ });
  await ana.click();
  await page.locator('input[name=encounter]').nth(1).check();
  await page.getByRole('button', { name: 'Open Vitals' }).click();
  // The authorization server knows him already, asks nobody whose record, and shows it.
  assert.match(page.url(), /\/auth\/interaction\//);
  assert.ok(
    await page
      .getByText(/Ana .*Ribeiro/)
      .first()
      .isVisible(),
  );
  assert.equal(await page.locator('input[name=patient]').count(), 0);
  await page.getByRole('button', { name: 'Allow' }).click();
  assert.equal(page.url(), `${domain.origin}/apps/vitals/chart`);
  const banner = page.getByRole('group', { name: 'Patient' });
  assert.ok(await banner.getByRole('heading', { name: /Ana .*Ribeiro/ }).isVisible(), 'the patient banner');
  assert.ok((await page.locator('svg[role=img]').count()) >= 3, 'weight, blood pressure and glucose are drawn');

  await page.goto(`${domain.origin}/ehr`);
  await page.getByRole('link', { name: /Ana .*Ribeiro/ }).click();
  await page.getByRole('button', { name: 'Open Vitals' }).click();
  assert.equal(page.url(), `${domain.origin}/apps/vitals/chart`, 'what was allowed for this patient is remembered');

  await page.goto(`${domain.origin}/ehr`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  assert.ok(await page.getByText('You are signed out.').isVisible());
});

test('somebody who is no clinician is turned away, and no record is shown', async () => {
  const page = await signedIn('ana');
  assert.ok(await page.getByRole('heading', { name: 'This is not for your account' }).isVisible());
});

test('A09: what the clinic offers names the launch and its context', async () => {
  const response = await fetch(`${domain.origin}/fhir/.well-known/smart-configuration`);
  const { capabilities, scopes_supported } = (await response.json()) as {
    readonly capabilities: readonly string[];
    readonly scopes_supported: readonly string[];
  };
  for (const name of [
    'launch-ehr',
    'launch-standalone',
    'context-banner',
    'context-style',
    'context-ehr-patient',
    'context-ehr-encounter',
    'context-standalone-patient',
    'context-standalone-encounter',
  ])
    assert.ok(capabilities.includes(name), name);
  for (const name of ['launch', 'launch/patient', 'launch/encounter']) assert.ok(scopes_supported.includes(name), name);
});
