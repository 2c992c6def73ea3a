/** Which visit an app is opened for. SMART App Launch 2.2, launch/encounter. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pageOf } from './testing/browser.ts';
import { allow, authorizeUrl, signIn, startDomain, type TestDomain } from './testing/domain.ts';
import { type LaunchedTokens, redeem } from './testing/launch-flow.ts';

const ends: (() => Promise<void>)[] = [];
after(async () => {
  for (const end of ends) await end();
});
let domain: TestDomain;
before(async () => {
  domain = await startDomain({ after: (end) => void ends.unshift(end) }, { encountersShown: 3 });
});
const visit = (id: string) => ({ id, title: `Visit ${id}` });
const asking = authorizeUrl({ scope: 'launch/patient launch/encounter patient/Observation.rs', prompt: 'consent' });
const tokensOf = async (back: Response) => (await (await redeem(domain, back)).json()) as LaunchedTokens;

test('D16: the only one is taken without a question', async () => {
  const browser = domain.browser();
  const tokens = await tokensOf(await allow(browser, await signIn(browser, asking)));
  assert.equal(tokens.encounter, 'e1');
  assert.ok(tokens.scope.includes('launch/encounter'), 'D22');
});

test('D16: of several the person chooses one that was offered, or none; what was shown is recorded', async () => {
  domain.records.visits.set('p1', ['e4', 'e3', 'e2', 'e1'].map(visit));
  const browser = domain.browser();
  const page = await pageOf(await signIn(browser, asking), 'encounter');
  assert.deepEqual(
    page.view.encounters.map(({ id }) => id),
    ['e4', 'e3', 'e2'],
    'as many as the setting says',
  );
  const shown = domain.audit.filter(
    ({ event, target }) => event === 'patient-shown' && target?.startsWith('Encounter/'),
  );
  assert.deepEqual(
    shown.map(({ target }) => target),
    ['Encounter/e4', 'Encounter/e3', 'Encounter/e2'],
  );
  const unchosen = await browser.submit(page, {});
  assert.equal(unchosen.status, 400);
  for (const foreign of ['e1', 'e99']) assert.equal((await browser.submit(page, { encounter: foreign })).status, 403);
  const tokens = await tokensOf(await allow(browser, await browser.submit(page, { encounter: 'e3' })));
  assert.equal(tokens.encounter, 'e3');

  const other = domain.browser();
  const none = await other.submit(await pageOf(await signIn(other, asking), 'encounter'), { encounter: 'none' });
  const without = await tokensOf(await allow(other, none));
  assert.equal(without.encounter, undefined);
  assert.deepEqual(
    without.scope.split(' '),
    ['launch/patient', 'patient/Observation.rs'],
    'D22: not granted, not said',
  );
});

test('after a choice of patient the visits are that patient’s', async () => {
  domain.records.visits.set('p3', ['c1', 'c2'].map(visit));
  const browser = domain.browser();
  const patients = await pageOf(await signIn(browser, asking, 'ben'), 'patient');
  const visits = await pageOf(await browser.submit(patients, { patient: 'p3' }), 'encounter');
  assert.equal(visits.view.patient?.id, 'p3');
  const tokens = await tokensOf(await allow(browser, await browser.submit(visits, { encounter: 'c2' })));
  assert.deepEqual([tokens.patient, tokens.encounter], ['p3', 'c2']);
});

test('where there is none, the app goes on without, and is told', async () => {
  domain.records.visits.delete('p1');
  const browser = domain.browser();
  const tokens = await tokensOf(await allow(browser, await signIn(browser, asking)));
  assert.equal(tokens.encounter, undefined);
  assert.ok(!tokens.scope.includes('encounter'));
});

test('D15: a role is a wish: the context of the type is given, under its plain name', async () => {
  const url = authorizeUrl({ scope: 'launch/patient?role=mother patient/Observation.rs', prompt: 'consent' });
  const browser = domain.browser();
  const tokens = await tokensOf(await allow(browser, await signIn(browser, url)));
  assert.equal(tokens.patient, 'p1');
  assert.deepEqual(tokens.scope.split(' '), ['launch/patient', 'patient/Observation.rs']);
});
