/**
 * Draws every page in a real browser, as a phone and as a desk see it, light and dark, and with text at 200 %, and says
 * where something is wider than the window or smaller than a finger. Run: `node packages/portal/testing/screenshots.ts DIR [NAME]`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { createPortal, type PortalNeighbours } from '../portal.ts';
import { findMisfits, openBrowser, serve } from './browser.ts';
import { deskPages } from './desk.ts';
import { ehrPages } from './ehr.ts';
import { stewardPages } from './steward.ts';
import * as views from './views.ts';
import * as account from './views-account.ts';

const origin = views.neighbours.origin;
const portalWith = (more: Partial<PortalNeighbours>) => createPortal({ ...views.neighbours, ...more });
const portal = portalWith({});
const { demonstration: _, ...locked } = views.neighbours;
const get = async (path: string, from = portal): Promise<string> =>
  (await from.fetch(new Request(origin + path))).text();
const three = [1, 2, 3].flatMap(() => views.neighbours.apps);

const {
  signIn,
  secondFactor,
  linkIdentity,
  tooWeak,
  patientChoice,
  consent,
  emergency,
  error,
  accountApps,
  security,
  signOutQuestion,
  signedOut,
} = portal.pages;
const { device, deviceCode, deviceEnd } = portal.pages;
const long = views.longNamedApp;
const pages: Readonly<Record<string, string>> = {
  home: await get(
    '/',
    portalWith({
      apps: [
        ...three,
        {
          name: long.name,
          publisher: 'A publisher with a rather long name of its own',
          description: 'For families who measure at home.',
          url: 'https://companion.example/',
        },
      ],
    }),
  ),
  'home-empty': await get('/', createPortal({ ...locked, apps: [], addresses: [] })),
  'not-found': await get('/nothing'),
  unchecked: portal.pages.uncheckedApp(views.uncheckedApp),
  'unchecked-long': portal.pages.uncheckedApp({ ...views.uncheckedApp, app: { ...long, unchecked: true } }),
  'unchecked-stopped': portal.pages.uncheckedApp({ ...views.uncheckedApp, stopped: true }),
  'sign-in': signIn(views.signIn),
  'sign-in-wrong': signIn({ ...views.signIn, username: 'ana', fault: { kind: 'wrong' } }),
  'sign-in-throttled': signIn({ ...views.signIn, app: long, fault: { kind: 'throttled', retryAfterSeconds: 30 } }),
  'sign-in-portal': signIn({ action: '/auth/sign-in', csrf: 'x' }),
  'sign-in-elsewhere': signIn(views.signInElsewhere),
  'sign-in-linking': signIn({ ...views.linking, fault: { kind: 'invitation' } }),
  link: linkIdentity(views.link),
  'second-factor': secondFactor(views.secondFactor),
  'second-factor-wrong': secondFactor({ ...views.secondFactor, app: long, fault: { kind: 'wrong' } }),
  'too-weak': tooWeak(views.tooWeak),
  'too-weak-long': tooWeak({ ...views.tooWeak, app: long }),
  security: security({ ...account.security, notice: 'passkey-added' }, account.frame),
  'security-new': security({ ...account.newSecurity, fault: { kind: 'wrong-code' } }, account.frame),
  'security-stale': security(account.staleSecurity, account.frame),
  'security-codes': security(account.recoveryCodes, account.frame),
  patient: patientChoice(views.patientChoice),
  'patient-0': patientChoice({ ...views.patientChoice, patients: [] }),
  'patient-300': patientChoice({
    ...views.patientChoice,
    app: long,
    patients: views.manyPatients(300),
    fault: 'none-chosen',
  }),
  encounter: portal.pages.encounterChoice(views.encounterChoice),
  'encounter-long': portal.pages.encounterChoice({ ...views.encounterChoice, app: long, fault: 'none-chosen' }),
  consent: consent(views.consent),
  'consent-child-long': consent({ ...views.consent, app: long, patient: views.milo, fault: 'nothing-chosen' }),
  'consent-claims': consent({
    ...views.consent,
    items: [...views.items.slice(0, 1), ...views.claimItems, ...views.items.slice(1)],
    valuesShown: 'shown',
  }),
  'consent-whole': consent(views.wholeRecord),
  'consent-whole-see': consent(views.wholeRecordToSee),
  'consent-servers': consent(views.severalServers),
  'consent-0': consent({ ...views.consent, items: [] }),
  'consent-300': consent({ ...views.consent, items: views.manyItems(300) }),
  emergency: emergency(views.emergency),
  'emergency-long': emergency({
    ...views.emergency,
    app: long,
    typed: { identifier: '', name: 'Ana Lindqvist', birthDate: '1984-02-11', reason: 'Unconscious after a fall' },
    fault: { kind: 'nobody-found' },
  }),
  'sign-in-device': signIn({ ...views.signIn, app: views.deviceApp }),
  'consent-device': consent({ ...views.consent, app: views.deviceApp }),
  device: device(views.device),
  'device-long': device({ ...views.device, app: { ...long, device: 'WDJB-MJHT' } }),
  'device-code': deviceCode(views.deviceCode),
  'device-code-unknown': deviceCode({ ...views.deviceCode, code: 'WDJB-MJH', fault: { kind: 'unknown-code' } }),
  'device-code-throttled': deviceCode({ ...views.deviceCode, fault: { kind: 'throttled', retryAfterSeconds: 300 } }),
  'device-allowed': deviceEnd(views.deviceEnd),
  'device-refused': deviceEnd({ ...views.deviceEnd, result: 'refused' }),
  'device-undecided': deviceEnd({ ...views.deviceEnd, result: 'undecided' }),
  error: error(views.error),
  apps: accountApps({ ...account.apps, notice: 'ended' }, { ...account.frame, shared: true }),
  'apps-0': accountApps({ ...account.apps, apps: [] }, account.frame),
  'apps-1': accountApps(account.manyApps(1), account.frame),
  'apps-300': accountApps(account.manyApps(300), account.frame),
  'sign-out': signOutQuestion(account.signOutQuestion),
  'signed-out': signedOut({ everything: false }),
  'signed-out-everything': signedOut({ everything: true }),
  ...(await deskPages()),
  ...(await ehrPages()),
  ...(await stewardPages()),
};

const looks = [
  { name: 'phone', width: 375, height: 740, scheme: 'light', text: 16 },
  { name: 'phone-dark', width: 375, height: 740, scheme: 'dark', text: 16 },
  { name: 'desk', width: 1280, height: 860, scheme: 'light', text: 16 },
  { name: 'desk-dark', width: 1280, height: 860, scheme: 'dark', text: 16 },
  { name: 'phone-200', width: 375, height: 740, scheme: 'light', text: 32 },
  { name: 'desk-200', width: 1280, height: 860, scheme: 'light', text: 32 },
] as const;
type Look = (typeof looks)[number];

const draw = async (browser: Browser, look: Look, directory: string): Promise<void> => {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.height },
    colorScheme: look.scheme,
    bypassCSP: true,
  });
  const page = await context.newPage();
  const show = await serve(page, portal);
  for (const [name, html] of Object.entries(pages).filter(([known]) => known.startsWith(wanted))) {
    await show(html);
    const misfits = await page.evaluate(findMisfits);
    for (const misfit of misfits) process.stdout.write(`${look.name} ${name}: ${misfit}\n`);
    await page.screenshot({ path: join(directory, `${name}.${look.name}.png`) });
    if (name.endsWith('300')) continue;
    const whole = join(directory, `${name}.${look.name}.whole.png`);
    // In a picture of the whole page, what sticks to the window's edge would hide what is in the middle.
    await page.screenshot({ path: whole, fullPage: true, style: '.sticky, .app { position: static !important }' });
  }
  await context.close();
};

const directory = process.argv[2] ?? 'shots';
/** only the pages whose name begins so */
const wanted = process.argv[3] ?? '';
mkdirSync(directory, { recursive: true });
for (const text of [16, 32] as const) {
  const browser = await openBrowser(text);
  for (const look of looks) if (look.text === text) await draw(browser, look, directory);
  await browser.close();
}
