import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actReason } from '@affinity/core/smart/purpose-of-use.ts';
import { openAlerts } from '@affinity/store/alerts.ts';
import { createAuthorizationServer } from './authorization-server.ts';
import { createBrowser, type Fields, pageOf, type TestBrowser } from './testing/browser.ts';
import { createTestConsents } from './testing/consents.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  callback,
  claimsOf,
  clinic,
  codeFields,
  issuer,
  refreshFields,
  secret,
  signIn,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';
import { testPages } from './testing/pages.ts';

const scope = 'openid offline_access launch/patient user/*.cruds patient/Observation.read';
const url = (changes: Parameters<typeof authorizeUrl>[0] = {}): string =>
  authorizeUrl({ client_id: 'ward', scope, purpose_of_use: 'BTG', ...changes });
const reason = 'Unconscious after a fall, medication unknown';
const usual = { identifier: 'MRN-p3', reason, decision: 'declare' };

const declared = async (browser: TestBrowser, fields: Fields = usual, username = 'doctor'): Promise<Response> =>
  browser.submit(await pageOf(await signIn(browser, url(), username), 'emergency'), fields);
const redeemed = async (domain: TestDomain, response: Response): Promise<Tokens> => {
  const answer = await domain.token(codeFields(answerOf(response).get('code') ?? ''), basic('ward'));
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as Tokens;
};
const grantsIn = async ({ database }: TestDomain): Promise<number> =>
  Number((await database.pool.query('select count(*) from authorization_grant')).rows[0].count);
const noted = ({ audit }: TestDomain) => audit.filter(({ event }) => event === 'emergency-access');

test('E74: declared by a practitioner with the privilege: one patient, look only, a short time, nothing to go on with', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const page = await pageOf(await signIn(browser, url(), 'doctor'), 'emergency');
  const { app, minutes, person, typed, fault, action, csrf, ...rest } = page.view;
  assert.ok(action.startsWith(`${issuer}/interaction/`) && csrf !== '');
  assert.deepEqual(
    [app.clientId, minutes, person.name, typed, fault],
    ['ward', 15, 'Dr. Okafor', undefined, undefined],
  );
  assert.deepEqual(Object.keys(rest), ['reason'], 'nobody is listed');
  const tokens = await redeemed(domain, await browser.submit(page, usual));
  assert.equal(tokens.scope, 'openid launch/patient patient/*.rs patient/Observation.read');
  assert.equal(tokens.patient, 'p3');
  assert.equal(tokens.refresh_token, undefined);
  assert.equal(tokens.expires_in, 900);
  const { patient, clearance, fhirUser, extensions, exp = 0, iat = 0 } = claimsOf(tokens.access_token);
  assert.deepEqual([patient, clearance, fhirUser], ['p3', 'V', `${clinic}/Practitioner/d1`]);
  assert.equal(exp - iat, 900);
  assert.deepEqual((extensions as { ihe_iua: object }).ihe_iua, {
    purpose_of_use: [{ system: actReason, code: 'BTG' }],
  });
});

test('E74, J08: flagged in the audit log with its reason before the grant, and in the alert queue with it', async (t) => {
  const domain = await startDomain(t);
  const tokens = await redeemed(
    domain,
    await declared(domain.browser(), { ...usual, reason: ` ${reason}\r\n\0 now ` }),
  );
  const [record, ...more] = noted(domain);
  assert.equal(more.length, 0);
  const grant = claimsOf(tokens.access_token).grant_id;
  const { event, outcome, patient, purpose, user, client } = record ?? assert.fail('not recorded');
  assert.deepEqual(
    [event, outcome, patient, purpose, client, record?.grant, record?.reason, record?.target],
    ['emergency-access', 'permitted', 'p3', 'BTG', 'ward', grant, `${reason} now`, 'Patient/p3'],
  );
  const order = domain.audit.map((one) => one.event);
  assert.ok(order.indexOf('emergency-access') < order.indexOf('code-issued'));
  const issued = domain.audit.find((one) => one.event === 'token-issued');
  assert.deepEqual([issued?.purpose, issued?.patient], ['BTG', 'p3']);
  const { open, alerts } = await openAlerts(domain.database.pool, 10);
  assert.equal(open, 1);
  const [alert] = alerts;
  assert.deepEqual(
    [alert?.kind, alert?.key, alert?.person, alert?.client, alert?.patient, alert?.detail],
    ['emergency-access', grant, user, 'ward', 'p3', undefined],
  );
  assert.doesNotMatch(JSON.stringify(domain.logged), /p3|fall|Okafor/, 'nothing personal is in what operators read');
});

test('E74: no privilege, no practitioner, disabled: no page, and it is recorded', async (t) => {
  const domain = await startDomain(t);
  await domain.people.add({
    username: 'patient',
    password: 'correct horse',
    name: 'P',
    fhirUser: 'Patient/p9',
    emergency: true,
  });
  for (const username of ['nurse', 'ana', 'patient']) {
    const answer = answerOf(await signIn(domain.browser(), url(), username));
    assert.equal(answer.get('error'), 'access_denied', username);
  }
  assert.deepEqual(
    noted(domain).map(({ outcome, purpose }) => [outcome, purpose]),
    [1, 2, 3].map(() => ['denied', 'BTG']),
  );
  // Taken away while the page stands open, and before the code is redeemed.
  const browser = domain.browser();
  const page = await pageOf(await signIn(browser, url(), 'doctor'), 'emergency');
  const other = await declared(domain.browser());
  await domain.people.set('doctor', { emergency: false }, domain.now());
  assert.equal(answerOf(await browser.submit(page, usual)).get('error'), 'access_denied');
  const late = await domain.token(codeFields(answerOf(other).get('code') ?? ''), basic('ward'));
  assert.equal(late.status, 400);
  assert.equal(await grantsIn(domain), 1);
});

test('E74: no reason, one too short or too long, and no patient: nothing is granted', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  let page = await pageOf(await signIn(browser, url(), 'doctor'), 'emergency');
  const faulty: readonly [Fields, string][] = [
    [{ ...usual, reason: '' }, 'no-reason'],
    [{ ...usual, reason: '   \n  \t ' }, 'no-reason'],
    [{ ...usual, reason: '123456789' }, 'no-reason'],
    [{ ...usual, reason: 'x'.repeat(501) }, 'no-reason'],
    [{ reason, decision: 'declare' }, 'no-patient-given'],
    [{ reason, decision: 'declare', patient: 'p3' }, 'no-patient-given'],
    [{ reason, decision: 'declare', patient_name: 'Ana Lind' }, 'no-patient-given'],
    [{ reason, decision: 'declare', birth_date: '1984-02-11' }, 'no-patient-given'],
    [{ reason, decision: 'declare', patient_name: 'Ana Lind', birth_date: '1984' }, 'no-patient-given'],
    [{ ...usual, birth_date: '1984' }, 'no-patient-given'],
    [{ ...usual, identifier: 'MRN-nobody' }, 'nobody-found'],
  ];
  for (const [fields, fault] of faulty) {
    const response = await browser.submit(page, fields);
    assert.equal(response.status, 400);
    page = await pageOf(response, 'emergency');
    assert.equal(page.view.fault?.kind, fault, JSON.stringify(fields));
  }
  assert.equal(page.view.typed?.identifier, 'MRN-nobody', 'what was typed stands there still');
  assert.equal(await grantsIn(domain), 0);
  const [wrong] = noted(domain);
  assert.deepEqual([wrong?.outcome, wrong?.status, wrong?.patient], ['denied', 400, undefined]);
  assert.match(wrong?.form ?? '', /MRN-nobody/);
  assert.ok(answerOf(await browser.submit(page, { ...usual, reason: '1234567890' })).has('code'), 'ten characters');
});

test('E74: a stale sign-in is none: a session does not count, nor does a password of before', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const before = await signIn(browser, authorizeUrl({ client_id: 'ward', scope: 'openid' }), 'doctor');
  assert.ok(answerOf(await allow(browser, before)).has('code'));
  for (const changes of [{}, { prompt: 'consent' }, { prompt: 'select_account' }, { max_age: '3600' }]) {
    await pageOf(await browser.open(url(changes)), 'sign-in');
  }
  const silent = await browser.open(url({ prompt: 'none' }));
  assert.equal(answerOf(silent).get('error'), 'login_required');
  // The page stood open for longer than a declaration takes.
  const page = await pageOf(await signIn(browser, url(), 'doctor'), 'emergency');
  domain.advance(301);
  const late = await browser.submit(page, usual);
  assert.equal(late.status, 400);
  assert.equal((await pageOf(late, 'error')).view.kind, 'expired');
  assert.equal((await pageOf(await browser.open(page.view.action), 'error')).view.kind, 'expired');
  assert.equal(noted(domain)[0]?.outcome, 'denied');
});

test('E74: an app that is not registered for emergencies, one that asks for nothing to read: refused', async (t) => {
  const domain = await startDomain(t);
  const asked: readonly [Parameters<typeof authorizeUrl>[0], string][] = [
    [{ client_id: 'web' }, 'invalid_request'],
    [{ client_id: 'browser' }, 'invalid_request'],
    [{ scope: 'openid launch/patient' }, 'invalid_scope'],
    [{ scope: 'patient/Observation.cud user/*.c' }, 'invalid_scope'],
  ];
  for (const [changes, error] of asked) {
    const answer = answerOf(await signIn(domain.browser(), url(changes), 'doctor'));
    assert.equal(answer.get('error'), error, JSON.stringify(changes));
  }
  assert.equal(await grantsIn(domain), 0);
});

test('E74: it cannot be renewed, is not remembered, and a second one is declared anew', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const tokens = await redeemed(domain, await declared(browser));
  for (const token of [tokens.refresh_token, tokens.access_token]) {
    assert.equal((await domain.token(refreshFields(token), basic('ward'))).status, 400);
  }
  assert.equal((await domain.database.pool.query('select from refresh_token')).rowCount, 0);
  await pageOf(await browser.open(url()), 'sign-in');
  // Nor does it answer for the same app without an emergency.
  await browser.open(authorizeUrl({ client_id: 'ward', scope: 'openid user/Observation.rs' }));
  const { rows } = await domain.database.pool.query('select purpose, lasting, clearance from authorization_grant');
  assert.deepEqual(rows, [{ purpose: 'BTG', lasting: false, clearance: 'V' }]);
  domain.advance(961);
  const dead = await domain.database.pool.query('select from authorization_grant where expires_at > $1', [
    domain.now(),
  ]);
  assert.equal(dead.rowCount, 0);
});

test('E74: wrong entries are counted, whoever guesses has to wait, and the right one is not held against anybody', async (t) => {
  const domain = await startDomain(t, { emergencyEntries: 3 });
  const browser = domain.browser();
  let page = await pageOf(await signIn(browser, url(), 'doctor'), 'emergency');
  const enter = async (identifier: string): Promise<Response> => {
    const response = await browser.submit(page, { ...usual, identifier });
    if (!response.headers.has('location')) page = await pageOf(response.clone(), 'emergency');
    return response;
  };
  for (const wrong of ['a', 'b']) assert.equal((await enter(wrong)).status, 400);
  assert.ok(answerOf(await enter('MRN-p3')).has('code'));
  page = await pageOf(await signIn(browser, url(), 'doctor'), 'emergency');
  assert.equal((await enter('c')).status, 400);
  const waits = await enter('MRN-p3');
  assert.equal(waits.status, 429);
  assert.ok(Number(waits.headers.get('retry-after')) > 0);
  assert.equal(page.view.fault?.kind, 'throttled');
  assert.equal(noted(domain).at(-1)?.status, 429);
  assert.equal(await grantsIn(domain), 1);
});

test('E74: cancelled is recorded and gives nothing; an answer of another page shows this one again', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const page = await pageOf(await signIn(browser, url(), 'doctor'), 'emergency');
  for (const fields of [{ decision: 'allow', scope: 'patient/*.rs' }, { patient: 'p1' }, {}]) {
    await pageOf(await browser.submit(page, fields), 'emergency');
  }
  assert.equal(answerOf(await browser.submit(page, { ...usual, decision: 'cancel' })).get('error'), 'access_denied');
  assert.deepEqual(
    noted(domain).map(({ outcome }) => outcome),
    ['denied'],
  );
  assert.equal(await grantsIn(domain), 0);
});

test('E74, E82: an audit log that cannot be written gives no emergency: no grant, no alert', async (t) => {
  const domain = await startDomain(t);
  const { pool } = domain.database;
  const consents = createTestConsents(clinic);
  let fails = false;
  const server = await createAuthorizationServer({
    issuer,
    pool,
    clients: [{ client_id: 'ward', client_secret: secret, redirect_uris: [callback], affinity_purposes: ['BTG'] }],
    resourceServers: [{ base: clinic, name: 'Clinic' }],
    pages: testPages,
    patients: async () => [],
    findPatient: async () => 'p3',
    audit: { append: async () => (fails ? Promise.reject(new Error('disk full')) : undefined) },
    endGrant: async () => {},
    consents,
  });
  t.after(() => server.close());
  const browser = createBrowser(server, issuer);
  const page = await pageOf(await signIn(browser, url(), 'doctor'), 'emergency');
  fails = true;
  assert.equal((await browser.submit(page, usual)).status, 503);
  assert.equal(await grantsIn(domain), 0);
  assert.equal((await openAlerts(pool, 10)).open, 0);
});
