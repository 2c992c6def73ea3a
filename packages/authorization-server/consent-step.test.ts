/** Patient choice and consent: what a person can choose, and what comes of it in the token. SMART App Launch 2.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOf } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  claimsOf,
  codeFields,
  issuer,
  signIn,
  startDomain,
  type Tokens,
} from './testing/domain.ts';

test('what a person chooses', async (t) => {
  const domain = await startDomain(t);
  const { token } = domain;

  const tokensOf = async (back: Response): Promise<Tokens> => {
    const response = await token(codeFields(answerOf(back).get('code') ?? ''), basic('web'));
    assert.equal(response.status, 200);
    return (await response.json()) as Tokens;
  };

  await t.test('one patient is taken, of several one is chosen, without any nothing goes on (B29, B30)', async () => {
    const browser = domain.browser();
    const choice = await pageOf(await signIn(browser, authorizeUrl(), 'ben'), 'patient');
    const shown = domain.audit.filter(({ event }) => event === 'patient-shown');
    assert.deepEqual(new Set(shown.map(({ target }) => target)), new Set(['Patient/p2', 'Patient/p3']));
    assert.ok(
      shown.every(({ user, client }) => user !== undefined && client === 'web'),
      'who saw the names, for which app',
    );
    assert.deepEqual(
      choice.view.patients.map(({ id, relation }) => [id, relation]),
      [
        ['p2', 'self'],
        ['p3', 'child'],
      ],
    );
    const none = await pageOf(await browser.submit(choice, {}), 'patient');
    assert.equal(none.view.fault, 'none-chosen');
    for (const forged of ['p1', 'p9', "p2' or '1'='1"]) {
      const refused = await browser.submit(choice, { patient: forged });
      assert.equal(refused.status, 403);
      assert.equal(domain.audit.at(-1)?.event, 'patient-choice-refused');
      await pageOf(refused, 'error');
    }
    const consent = await browser.submit(choice, { patient: 'p3' });
    assert.equal((await pageOf(consent.clone(), 'consent')).view.patient?.name, 'Patient p3');
    const tokens = await tokensOf(await allow(browser, consent));
    assert.equal(tokens.patient, 'p3');
    assert.equal(claimsOf(tokens.access_token).patient, 'p3');
    // every scope over a patient's record needs one, also without launch/patient
    await pageOf(await domain.browser().open(authorizeUrl({ scope: 'patient/Condition.rs' })), 'sign-in');
    const nobody = await signIn(domain.browser(), authorizeUrl({ scope: 'patient/Condition.rs' }), 'nobody');
    assert.equal((await pageOf(nobody, 'error')).view.kind, 'no-patient');
    await pageOf(
      await signIn(domain.browser(), authorizeUrl({ scope: 'openid user/Condition.rs' }), 'nobody'),
      'consent',
    );
  });

  await t.test('what was unticked is not in the token (B27)', async () => {
    const browser = domain.browser();
    const consent = await signIn(
      browser,
      authorizeUrl({ scope: 'openid launch/patient patient/Observation.rs patient/Condition.rs', prompt: 'consent' }),
    );
    const { view } = await pageOf(consent.clone(), 'consent');
    const laboratory = view.items.find(({ group }) => group === 'laboratory')?.scope ?? '';
    const conditions = view.items.find(({ group }) => group === 'conditions')?.scope ?? '';
    const tokens = await tokensOf(await allow(browser, consent, { without: [laboratory, conditions] }));
    assert.doesNotMatch(tokens.scope, /laboratory|Condition/);
    assert.match(tokens.scope, /^openid launch\/patient patient\/Observation\.rs\?category=\S+\|vital-signs /);
    assert.equal(claimsOf(tokens.access_token).scope, tokens.scope);
  });

  await t.test('a forged tick counts for nothing, and nothing ticked is asked again', async () => {
    const browser = domain.browser();
    const consent = await signIn(browser, authorizeUrl({ prompt: 'consent' }));
    const page = await pageOf(consent.clone(), 'consent');
    const empty = await pageOf(
      await browser.submit(page, { decision: 'allow', scope: ['patient/*.cruds', 'offline_access'] }),
      'consent',
    );
    assert.equal(empty.view.fault, 'nothing-chosen');
    const fields = {
      decision: 'allow',
      duration: '9999',
      scope: ['patient/Condition.rs', 'patient/*.cruds', 'user/*.cruds', 'offline_access'],
    };
    const tokens = await tokensOf(await browser.submit(page, fields));
    assert.equal(tokens.scope, 'openid fhirUser launch/patient patient/Condition.rs');
    assert.equal(tokens.refresh_token, undefined);
  });

  await t.test('what is confidential stays out unless the person lets it in', async () => {
    const browser = domain.browser();
    const consent = await signIn(browser, authorizeUrl({ prompt: 'consent' }));
    const page = await pageOf(consent.clone(), 'consent');
    assert.deepEqual(page.view.leaveOutConfidential, { checked: true });
    const scope = page.view.items.map((item) => item.scope);
    const fields = { decision: 'allow', duration: '30', scope };
    const tokens = await tokensOf(await browser.submit(page, { ...fields, confidential_asked: 'yes' }));
    assert.equal(claimsOf(tokens.access_token).clearance, 'V');
    const refreshed = await token(
      { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' },
      basic('web'),
    );
    assert.equal(claimsOf(((await refreshed.json()) as Tokens).access_token).clearance, 'V');
  });

  await t.test('a box that was not on the page is not one that was unticked', async () => {
    const browser = domain.browser();
    const page = await pageOf(await signIn(browser, authorizeUrl({ prompt: 'consent' })), 'consent');
    const scope = page.view.items.map((item) => item.scope);
    const tokens = await tokensOf(await browser.submit(page, { decision: 'allow', duration: '30', scope }));
    assert.equal(claimsOf(tokens.access_token).clearance, undefined);
  });

  await t.test('to deny is access_denied, and leaves no grant (B20)', async () => {
    const browser = domain.browser();
    const page = await pageOf(await signIn(browser, authorizeUrl({ prompt: 'consent' })), 'consent');
    const { rows: before } = await domain.database.pool.query('select count(*) from authorization_grant');
    const answer = answerOf(
      await browser.submit(page, { decision: 'deny', scope: page.view.items.map(({ scope }) => scope) }),
    );
    assert.deepEqual(
      [answer.get('error'), answer.get('state'), answer.get('iss'), answer.get('code')],
      ['access_denied', 'a state', issuer, null],
    );
    assert.equal(domain.audit.at(-1)?.event, 'consent-denied');
    assert.deepEqual((await domain.database.pool.query('select count(*) from authorization_grant')).rows, before);
  });

  await t.test('a native app is sent back to its own scheme, and to whichever loopback port it has', async () => {
    for (const redirect of ['com.example.app:/cb', 'http://127.0.0.1:51234/cb']) {
      const browser = domain.browser();
      const page = await browser.open(authorizeUrl({ client_id: 'native', redirect_uri: redirect }));
      assert.ok(
        page.headers
          .get('content-security-policy')
          ?.includes(redirect.startsWith('com') ? ' com.example.app:;' : ' http://127.0.0.1:51234;'),
      );
      const back = await allow(
        browser,
        await signIn(browser, authorizeUrl({ client_id: 'native', redirect_uri: redirect })),
      );
      assert.ok(back.headers.get('location')?.startsWith(`${redirect}?code=`), back.headers.get('location') ?? '');
    }
  });
});
