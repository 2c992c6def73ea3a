/** The pages in a real browser, without JavaScript: they fit, they are reached by keyboard, they post what the person meant. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { createPortal } from './portal.ts';
import { findMisfits, openBrowser, serve } from './testing/browser.ts';
import { deskPages } from './testing/desk.ts';
import * as views from './testing/views.ts';
import * as account from './testing/views-account.ts';

const portal = createPortal(views.neighbours);
const { pages } = portal;
const home = await (await portal.fetch(new Request(`${views.neighbours.origin}/`))).text();
const all: Readonly<Record<string, string>> = {
  home,
  'sign-in': pages.signIn({ ...views.signIn, app: views.longNamedApp, fault: { kind: 'wrong' } }),
  'sign-in elsewhere': pages.signIn(views.signInElsewhere),
  'sign-in to link': pages.signIn({ ...views.linking, app: views.longNamedApp, fault: { kind: 'invitation' } }),
  link: pages.linkIdentity({ ...views.link, app: views.longNamedApp }),
  'second factor': pages.secondFactor({ ...views.secondFactor, app: views.longNamedApp, fault: { kind: 'wrong' } }),
  'too weak': pages.tooWeak({ ...views.tooWeak, app: views.longNamedApp }),
  'signing in': pages.security({ ...account.security, fault: { kind: 'last-way' } }, account.frame),
  'signing in, nothing yet': pages.security(account.newSecurity, account.frame),
  'recovery codes': pages.security(account.recoveryCodes, account.frame),
  patients: pages.patientChoice({ ...views.patientChoice, app: views.longNamedApp, fault: 'none-chosen' }),
  consent: pages.consent({ ...views.consent, app: views.longNamedApp, patient: views.milo, fault: 'nothing-chosen' }),
  emergency: pages.emergency({ ...views.emergency, app: views.longNamedApp, fault: { kind: 'no-reason' } }),
  'consent to a whole record': pages.consent({ ...views.wholeRecord, app: views.longNamedApp }),
  error: pages.error(views.error),
  ...(await deskPages()),
};

for (const text of [16, 32] as const) {
  describe(`with text of ${text} px`, () => {
    let browser: Browser;
    before(async () => {
      browser = await openBrowser(text);
    });
    after(() => browser.close());

    for (const width of [320, 375, 768, 1280]) {
      test(`${width} px wide: nothing is cut off, nothing is too small to touch`, async () => {
        const page = await browser.newPage({ viewport: { width, height: 740 } });
        const show = await serve(page, portal);
        for (const [name, html] of Object.entries(all)) {
          await show(html);
          for (const summary of await page.locator('summary').all()) await summary.click();
          assert.deepEqual(await page.evaluate(findMisfits), [], name);
        }
        await page.close();
      });
    }
  });
}

describe('without JavaScript', () => {
  let browser: Browser;
  let page: Page;
  let show: (html: string) => Promise<void>;
  const posts: URLSearchParams[] = [];
  before(async () => {
    browser = await openBrowser(16);
    page = await browser.newPage({ javaScriptEnabled: false, viewport: { width: 375, height: 740 } });
    show = await serve(page, portal, (body) => posts.push(new URLSearchParams(body)));
  });
  after(() => browser.close());
  const lastPost = (): Readonly<Record<string, readonly string[]>> => {
    const post = posts.pop() ?? assert.fail('nothing was posted');
    return Object.fromEntries([...post.keys()].map((key) => [key, post.getAll(key)]));
  };

  test('sign-in posts the two fields and the token', async () => {
    await show(pages.signIn(views.signIn));
    await page.getByLabel('User name').fill('ana');
    await page.getByLabel('Password').fill('ana-sample');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('**/sign-in');
    assert.deepEqual(lastPost(), { csrf: ['c5rf'], username: ['ana'], password: ['ana-sample'] });
  });

  test('patient choice by keyboard alone', async () => {
    await show(pages.patientChoice(views.patientChoice));
    await page.getByRole('radio').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/patient');
    assert.deepEqual(lastPost(), { csrf: ['c5rf'], patient: ['p2'] });
  });

  test('what is unticked is not posted, and is said not to be shared; what is required is posted', async () => {
    await show(pages.consent(views.consent));
    const row = page.getByRole('checkbox', { name: /^Medications/ });
    assert.equal(await page.getByText('Not shared').filter({ visible: true }).count(), 2);
    await row.uncheck();
    assert.equal(await page.getByText('Not shared').filter({ visible: true }).count(), 3);
    await page.getByRole('radio', { name: 'Only this time' }).check();
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.waitForURL('**/consent');
    const kept = views.items.filter((item) => item.required || (item.checked && item.group !== 'medications'));
    assert.deepEqual(lastPost(), {
      csrf: ['c5rf'],
      scope: kept.map((item) => item.scope),
      confidential_asked: ['yes'],
      leave_out_confidential: ['yes'],
      duration: ['once'],
      decision: ['allow'],
    });
  });

  test('E74: an emergency by keyboard alone: not without a reason, and the Enter key does not cancel', async () => {
    await show(pages.emergency(views.emergency));
    await page.getByLabel('Patient number').fill('MRN-7');
    await page.keyboard.press('Enter');
    assert.equal(await page.getByLabel('Your reason').evaluate((field) => field.matches(':focus:invalid')), true);
    assert.equal(posts.length, 0, 'the reason is asked for first');
    await page.keyboard.type('Unconscious after a fall');
    await page.getByLabel('Patient number').press('Enter');
    await page.waitForURL('**/consent');
    assert.deepEqual(lastPost(), {
      csrf: ['c5rf'],
      identifier: ['MRN-7'],
      patient_name: [''],
      birth_date: [''],
      reason: ['Unconscious after a fall'],
      decision: ['declare'],
    });
    await show(pages.emergency(views.emergency));
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.waitForURL('**/consent');
    assert.deepEqual(lastPost().decision, ['cancel']);
  });

  test('a whole record: how much, whether to write, and what is other are one choice each', async () => {
    await show(pages.consent(views.wholeRecord));
    const leaveOut = page.locator('#leave-out');
    assert.equal(await leaveOut.isVisible(), false, 'decided by the choice above');
    await page.getByRole('radio', { name: /^Only what I tick below/ }).check();
    assert.equal(await leaveOut.isVisible(), true);
    await page.getByRole('radio', { name: /^Everything Also/ }).check();
    await page.getByRole('checkbox', { name: /^It may also add/ }).uncheck();
    await page.getByRole('checkbox', { name: 'Medications See' }).uncheck();
    await page.getByRole('checkbox', { name: 'Other clinical See' }).uncheck();
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.waitForURL('**/consent');
    const post = lastPost();
    assert.deepEqual(
      [post.amount, post.kind_asked, post.kind],
      [['all'], ['write', 'other-see', 'other-write'], ['other-write']],
    );
    const medications = 'patient/MedicationRequest.rs patient/MedicationDispense.rs';
    assert.deepEqual(
      post.scope,
      views.wholeRecord.items.map(({ scope }) => scope).filter((scope) => scope !== medications),
    );
  });

  test('the Enter key on a tick allows nothing', async () => {
    await show(pages.consent(views.consent));
    await page.getByRole('checkbox').first().focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/consent');
    assert.deepEqual(lastPost().decision, ['deny']);
  });

  test('the first press of Tab reaches the way past the bar', async () => {
    await show(pages.signIn(views.signIn));
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#content$/);
  });
});

describe('with JavaScript allowed by the browser', () => {
  test('our headers leave nothing of a hostile name to run, and nothing of our own is blocked', async (t) => {
    const browser = await openBrowser(16);
    t.after(() => browser.close());
    const page = await browser.newPage();
    const show = await serve(page, portal);
    const alarms: string[] = [];
    page.on('dialog', (dialog) => {
      alarms.push(dialog.message());
      return dialog.dismiss();
    });
    page.on('console', (message) => alarms.push(message.text()));
    page.on('pageerror', (error) => alarms.push(error.message));
    const name = `"'><img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>`;
    const app = { ...views.app, name, publisher: name, returnsTo: name, clientId: name };
    const patient = { ...views.milo, name };
    await show(pages.signIn({ ...views.signIn, app, username: name }));
    await show(pages.patientChoice({ ...views.patientChoice, app, patients: [patient] }));
    await show(pages.consent({ ...views.consent, app, patient, person: { name } }));
    await show(home);
    assert.deepEqual(alarms, []);
    assert.match(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), /^rgb\(246, 242, 234\)$/);
  });
});
