/** Sign-in, patient choice and consent as pages: proof, cookies, headers, and what a person can and cannot choose. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthorizationServer } from './authorization-server.ts';
import { formOf, pageOf } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  callback,
  claimsOf,
  codeFields,
  issuer,
  signIn,
  startDomain,
  type Tokens,
} from './testing/domain.ts';
import { testPages } from './testing/pages.ts';

test('the pages of a sign-in', async (t) => {
  const domain = await startDomain(t);
  const { token } = domain;

  const tokensOf = async (back: Response): Promise<Tokens> => {
    const response = await token(codeFields(answerOf(back).get('code') ?? ''), basic('web'));
    assert.equal(response.status, 200);
    return (await response.json()) as Tokens;
  };

  await t.test('no page may be framed, scripted, kept or referred from (Q03, Q04)', async () => {
    const browser = domain.browser();
    const pages: Response[] = [
      await browser.send(`${issuer}/nowhere`),
      await browser.send(authorizeUrl({ client_id: 'x' })),
    ];
    const signInPage = await browser.open(authorizeUrl());
    pages.push(signInPage.clone());
    const shown = await pageOf(signInPage, 'sign-in');
    pages.push(await browser.submit(shown, { username: 'ana', password: 'wrong' }));
    const consent = await browser.submit(shown, { username: 'ana', password: 'correct horse' });
    pages.push(consent.clone());
    const back = await allow(browser, consent);
    pages.push(back);
    for (const page of pages) {
      const policy = page.headers.get('content-security-policy') ?? '';
      for (const part of [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ]) {
        assert.ok(policy.includes(part), part);
      }
      assert.doesNotMatch(policy, /script-src|unsafe/);
      assert.equal(page.headers.get('x-frame-options'), 'DENY');
      assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
      assert.equal(page.headers.get('cache-control'), 'no-store');
    }
    // the form of a page about an app may lead on to it (Chromium applies form-action to the redirects too), no other may
    assert.match(pages[2]?.headers.get('content-security-policy') ?? '', /form-action 'self' http:\/\/localhost:4000;/);
    assert.match(pages[0]?.headers.get('content-security-policy') ?? '', /form-action 'self';/);
    assert.equal(back.status, 303);
  });

  await t.test('answers to forms are 303 and carry no body (B23)', async () => {
    const browser = domain.browser();
    const page = await pageOf(await browser.open(authorizeUrl()), 'sign-in');
    const response = await browser.send(page.view.action, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: formOf({ csrf: page.view.csrf, username: 'ana', password: 'correct horse' }).toString(),
    });
    assert.equal(response.status, 303);
    assert.equal(await response.text(), '');
  });

  await t.test(
    'a form counts only with the seal, from our origin, in the browser where it was begun (Q01)',
    async () => {
      const browser = domain.browser();
      const consent = await pageOf(await signIn(browser, authorizeUrl({ prompt: 'consent' })), 'consent');
      const elsewhere = await pageOf(await domain.browser().open(authorizeUrl()), 'sign-in');
      const grants = async (): Promise<number> =>
        domain.audit.filter(({ event }) => event === 'consent-granted').length;
      const before = await grants();
      const post = (csrf: string, headers: Record<string, string> = {}, from = browser): Promise<Response> =>
        from.send(consent.view.action, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
          body: formOf({ csrf, decision: 'allow', scope: consent.view.items.map(({ scope }) => scope) }).toString(),
        });
      const refused: [Promise<Response>, number][] = [
        [post(''), 403],
        [post(elsewhere.view.csrf), 403],
        [post(consent.view.csrf, { origin: 'https://evil.example' }), 403],
        [post(consent.view.csrf, { origin: 'http://localhost:4001' }), 403],
        [post(consent.view.csrf, { origin: 'null', 'sec-fetch-site': 'cross-site' }), 403],
        [post(consent.view.csrf, { 'sec-fetch-site': 'same-site' }), 403],
        [post(consent.view.csrf, {}, domain.browser()), 400],
        [
          browser.send(consent.view.action, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' }),
          415,
        ],
      ];
      for (const [response, status] of refused) {
        assert.equal((await response).status, status);
        assert.equal((await response).headers.get('location'), null);
      }
      assert.equal(await grants(), before);
      // a page with Referrer-Policy: no-referrer makes browsers say null; Fetch Metadata tells that it was ours
      assert.equal((await post(consent.view.csrf, { origin: 'null', 'sec-fetch-site': 'same-origin' })).status, 303);
    },
  );

  await t.test(
    'the session changes its id at sign-in, and an old or invented one is worth nothing (Q02, Q05)',
    async () => {
      const browser = domain.browser();
      browser.cookies.set('/ affinity-session', {
        name: 'affinity-session',
        value: 'an-invented-session-id',
        path: '/',
      });
      await pageOf(await signIn(browser, authorizeUrl({ prompt: 'consent' })), 'consent');
      const first = browser.cookies.get('/ affinity-session')?.value;
      assert.notEqual(first, 'an-invented-session-id');
      const again = await pageOf(await browser.open(authorizeUrl({ prompt: 'login' })), 'sign-in');
      await browser.submit(again, { username: 'ana', password: 'correct horse' });
      const second = browser.cookies.get('/ affinity-session')?.value;
      assert.notEqual(second, first);
      for (const [value, page] of [
        ['an-invented-session-id', 'sign-in'],
        [first ?? '', 'sign-in'],
        [second ?? '', 'consent'],
      ] as const) {
        const other = domain.browser();
        other.cookies.set('/ affinity-session', { name: 'affinity-session', value, path: '/' });
        await pageOf(await other.open(authorizeUrl({ prompt: 'consent' })), page);
      }
    },
  );

  await t.test('someone else may sign in where another person was', async () => {
    const browser = domain.browser();
    await signIn(browser, authorizeUrl({ prompt: 'consent' }));
    const page = await pageOf(await browser.open(authorizeUrl({ prompt: 'login' })), 'sign-in');
    const choice = await pageOf(await browser.submit(page, { username: 'ben', password: 'correct horse' }), 'patient');
    assert.equal(choice.view.person.name, 'Ben');
  });

  await t.test('the back button, a second tab and an old page get a page with a reference, never a fault', async () => {
    const browser = domain.browser();
    const first = await pageOf(await browser.open(authorizeUrl({ prompt: 'consent' })), 'sign-in');
    const consent = await browser.submit(first, { username: 'ana', password: 'correct horse' });
    const page = await pageOf(consent.clone(), 'consent');
    for (const response of [
      await browser.submit(first, { username: 'ana', password: 'correct horse' }),
      await browser.open(first.view.action),
    ]) {
      const error = await pageOf(response, 'error');
      assert.equal(error.view.kind, 'expired');
      assert.match(error.view.reference, /^[0-9a-f]{12}$/);
    }
    assert.equal((await browser.submit(page, { decision: 'maybe' })).status, 200);
    const back = await allow(browser, consent);
    assert.ok(answerOf(back).has('code'));
    await pageOf(await browser.submit(page, { decision: 'allow' }), 'error');
    domain.advance(1);
    const old = await pageOf(await browser.open(authorizeUrl({ prompt: 'consent' })), 'consent');
    domain.advance(901);
    await pageOf(await browser.submit(old, { decision: 'allow' }), 'error');
  });

  await t.test('one patient is taken, of several one is chosen, without any nothing goes on (B29, B30)', async () => {
    const browser = domain.browser();
    const choice = await pageOf(await signIn(browser, authorizeUrl(), 'ben'), 'patient');
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
    const tokens = await tokensOf(await browser.submit(page, { decision: 'allow', duration: '30', scope }));
    assert.equal(claimsOf(tokens.access_token).clearance, 'V');
    const refreshed = await token(
      { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' },
      basic('web'),
    );
    assert.equal(claimsOf(((await refreshed.json()) as Tokens).access_token).clearance, 'V');
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

test('under https every cookie is Secure, and that of the session is bound to the host (Q05)', async (t) => {
  const domain = await startDomain(t);
  const secure = 'https://health.example/auth';
  const server = await createAuthorizationServer({
    issuer: secure,
    pool: domain.database.pool,
    clients: [{ client_id: 'web', redirect_uris: [callback] }],
    resourceServers: [{ base: 'https://health.example/fhir', name: 'Clinic' }],
    pages: testPages,
    patients: async (ids) => ids.map((id) => ({ id, name: id })),
    audit: { append: async () => {} },
    endGrant: async () => {},
  });
  t.after(() => server.close());
  const { createBrowser } = await import('./testing/browser.ts');
  const browser = createBrowser(server, secure);
  const url = authorizeUrl({ aud: 'https://health.example/fhir' }).replace(issuer, secure);
  const lines: string[] = [];
  const send = browser.send;
  browser.send = async (...sent) => {
    const response = await send(...sent);
    lines.push(...response.headers.getSetCookie());
    return response;
  };
  const page = await browser.open(url);
  assert.match(page.headers.get('strict-transport-security') ?? '', /max-age/);
  const shown = await pageOf(page, 'sign-in');
  await pageOf(await browser.submit(shown, { username: 'ana', password: 'correct horse' }), 'consent');
  assert.ok(lines.length >= 4);
  for (const line of lines)
    assert.match(line, /^__(Host|Secure)-affinity-[a-z]+=.*; HttpOnly; SameSite=Lax; Secure$/i, line);
  for (const line of lines.filter((one) => one.startsWith('__Host-'))) assert.match(line, /; path=\/;/i);
  assert.ok(lines.some((line) => line.startsWith('__Host-affinity-session=')));
});
