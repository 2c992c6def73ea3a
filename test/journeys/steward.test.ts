/**
 * A steward resolves a possible duplicate: the links of the domain follow at once, and go back when it is taken apart. IHE PIXm;
 * FHIR R4 patient.html#links.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { samplePeople } from '../../affinity/demo/people.ts';
import { launchBrowser } from './browser.ts';
import { type Domain, removeDirectory, runCommand, startDomain } from './domain.ts';

let domain: Domain;
let browser: Browser;
before(async () => {
  domain = await startDomain({ yaml: 'identity:\n  poll_seconds: 1\n' });
  browser = await launchBrowser();
});
after(async () => {
  await browser.close();
  await domain.stop();
  removeDirectory(domain.directory);
});

const passwordOf = (username: string): string =>
  samplePeople.find((person) => person.username === username)?.password ?? assert.fail(username);

const openSteward = async (username: string): Promise<Page> => {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await page.goto(`${domain.origin}/steward`);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.locator('input[name=username]').fill(username);
  await page.locator('input[name=password]').fill(passwordOf(username));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
  return page;
};

const textOf = async (page: Page): Promise<string> => (await page.locator('main').textContent()) ?? '';
/** What the feeds of the index bring comes by itself, however slow the machine is. */
const wait = async (holds: () => Promise<boolean>, what: string): Promise<void> => {
  for (let attempt = 0; !(await holds()); attempt += 1) {
    assert.ok(attempt < 600, what);
    await new Promise((done) => setTimeout(done, 200));
  }
};
const isLinked = async (patient: string): Promise<boolean> =>
  (await runCommand(domain, ['patients', 'list', '--server', 'hospital'])).includes(`Patient/${patient} `);

test('K32, K33: a steward resolves a possible duplicate, without JavaScript, and takes it apart again', async () => {
  const ana = await openSteward('ana');
  assert.match(await textOf(ana), /not for your account/);
  const stella = await openSteward('stella');
  assert.equal(new URL(stella.url()).pathname, '/steward');
  const haas = stella.locator('.duplicate', { hasText: 'Haas' });
  await wait(async () => {
    await stella.goto(`${domain.origin}/steward`);
    return (await haas.count()) > 0;
  }, 'nobody waits for a steward');
  assert.equal(await isLinked('patient-0006'), false);
  await haas.first().getByRole('link', { name: 'Compare the two' }).click();
  const compared = await textOf(stella);
  assert.match(compared, /Rosa.*Irma|Irma.*Rosa/s);
  assert.match(compared, /Agrees/);
  assert.match(compared, /Differs|Partly agrees/);
  await stella.getByLabel('How you know').fill('Called her: she has moved.');
  await stella.getByRole('button', { name: 'Same person', exact: true }).click();
  assert.match(await textOf(stella), /Done\./);
  assert.equal(await isLinked('patient-0006'), true, 'in the same breath');

  await stella.getByRole('link', { name: 'Find a person' }).click();
  await stella.getByLabel('Number').fill('MRN-100006');
  await stella.getByRole('button', { name: 'Find', exact: true }).click();
  const person = await textOf(stella);
  assert.match(person, /2 records are this person’s/);
  assert.match(person, /Linked, Stella Brandt.*Called her: she has moved\./s);
  const hospital = stella.locator('.records > li', { hasText: 'St. Elisabeth Hospital' });
  await hospital.locator('summary').click();
  await hospital.getByLabel('How you know').fill('It was her sister.');
  await hospital.getByRole('button', { name: 'Separate this record', exact: true }).click();
  assert.match(await textOf(stella), /Separated, Stella Brandt.*It was her sister\./s);
  assert.equal(await isLinked('patient-0006'), false);
  await stella.getByRole('button', { name: 'Sign out' }).click();
});
