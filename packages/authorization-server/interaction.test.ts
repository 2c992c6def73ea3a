/** The pages of a sign-in: proof that a form is ours, cookies, headers, old pages. RFC 9700 §4.7, §4.12, §4.16. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthorizationServer } from './authorization-server.ts';
import { formOf, pageOf } from './testing/browser.ts';
import { createTestConsents } from './testing/consents.ts';
import { allow, answerOf, authorizeUrl, callback, issuer, signIn, startDomain } from './testing/domain.ts';
import { testPages } from './testing/pages.ts';

test('the pages of a sign-in', async (t) => {
  const domain = await startDomain(t);
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
      assert.doesNotMatch(policy, /unsafe|script-src (?!'self';)/);
      assert.equal(page.headers.get('x-frame-options'), 'DENY');
      assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
      assert.equal(page.headers.get('cache-control'), 'no-store');
    }
    // our own file for passkeys runs on the page that has a button for them, and nowhere else
    const scripted = pages.map((page) => page.headers.get('content-security-policy')?.includes('script-src') === true);
    assert.deepEqual(scripted, [false, false, true, true, false, false]);
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
      // a link to someone else's sign-in shows nothing, so that nobody can be made to finish it
      await pageOf(await domain.browser().open(elsewhere.view.action), 'error');
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

  await t.test('someone who is no longer known has to sign in, and cannot', async () => {
    const browser = domain.browser();
    await signIn(browser, authorizeUrl({ scope: 'openid', prompt: 'consent' }), 'nobody');
    const { rows } = await domain.database.pool.query("select sub from person where username = 'nobody'");
    await domain.people.disable(rows[0]?.sub, domain.now());
    const page = await pageOf(await browser.open(authorizeUrl({ scope: 'openid' })), 'sign-in');
    await pageOf(await browser.submit(page, { username: 'nobody', password: 'correct horse' }), 'sign-in');
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
    findPatient: async () => undefined,
    patients: async (ids) => ids.map((id) => ({ id, name: id })),
    audit: { append: async () => {} },
    endGrant: async () => {},
    consents: createTestConsents('https://health.example/fhir'),
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
