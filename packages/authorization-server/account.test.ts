/** People's own pages: who gets in, what is taken from whom, and what the end of something ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formOf, pageOf, type TestBrowser } from './testing/browser.ts';
import {
  authorizeUrl,
  basic,
  claimsOf,
  codeFields,
  issuer,
  obtainTokens,
  refreshFields,
  signIn,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';

const account = `${issuer}/account`;

const enter = async (browser: TestBrowser, username = 'ana') => {
  const shown = await browser.open(account);
  const page = await pageOf(shown, 'sign-in');
  assert.equal(page.view.app, undefined, 'it is us, not an app, who asks');
  return pageOf(await browser.submit(page, { username, password: 'correct horse' }), 'apps');
};

const post = (
  browser: TestBrowser,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) =>
  browser.send(issuer + path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: formOf(fields).toString(),
  });

const refreshed = (domain: TestDomain, { refresh_token }: Tokens) =>
  domain.token(refreshFields(refresh_token), basic('web'));

test("people's own pages", async (t) => {
  const domain = await startDomain(t);

  await t.test('G13: signing in leads to the page that was wanted; somebody signed in is not asked', async () => {
    const browser = domain.browser();
    const page = await enter(browser);
    assert.deepEqual(page.view.person, { name: 'Ana' });
    assert.deepEqual(page.view.places.map(({ place }) => place).slice(0, 1), ['apps']);
    await pageOf(await browser.open(account), 'apps');
    const other = domain.browser();
    await signIn(other);
    await pageOf(await other.open(account), 'apps');
  });

  await t.test('the way back is bound to the browser, and leads nowhere but to our own pages (Q01, Q08)', async () => {
    const browser = domain.browser();
    const begun = await browser.send(account);
    const signInPage = await pageOf(await browser.open(begun.headers.get('location') ?? ''), 'sign-in');
    const back = await browser.send(signInPage.view.action, {
      method: 'POST',
      headers: { origin: new URL(issuer).origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: formOf({ csrf: signInPage.view.csrf, username: 'ana', password: 'correct horse' }).toString(),
    });
    const resumed = await browser.send(back.headers.get('location') ?? '');
    const target = new URL(resumed.headers.get('location') ?? '');
    assert.equal(target.pathname, '/auth/account/signed-in');
    await pageOf(await domain.browser().send(target.href), 'error');
    const state = target.searchParams.get('state') ?? '';
    for (const forged of [
      '',
      'x',
      state.replace('/account', '//evil.example'),
      state.replace('/account', '/account/x'),
    ]) {
      target.searchParams.set('state', forged);
      const response = await browser.send(target.href);
      assert.equal(response.status, 400, forged);
      assert.equal(response.headers.get('location'), null);
    }
    // The code that came with it is worth nothing to anybody.
    const code = target.searchParams.get('code') ?? '';
    for (const client of ['affinity account', 'browser']) {
      const answer = await domain.token(
        codeFields(code, { client_id: client, redirect_uri: `${account}/signed-in`, code_verifier: 'A'.repeat(43) }),
      );
      assert.notEqual(answer.status, 200);
    }
  });

  await t.test('our own pages are no app to anybody outside', async () => {
    const url = authorizeUrl({ client_id: 'affinity account', redirect_uri: `${account}/signed-in`, scope: 'openid' });
    const page = await pageOf(await domain.browser().open(url), 'error');
    assert.equal(page.view.kind, 'unknown-app');
  });

  await t.test('Q01: a form is taken only from our page, of this session', async () => {
    const browser = domain.browser();
    const page = await enter(browser);
    const other = await enter(domain.browser(), 'ben');
    const { csrf } = page.view;
    const same = { origin: new URL(issuer).origin };
    for (const [fields, headers] of [
      [{ everything: 'yes' }, same],
      [{ everything: 'yes', csrf: '' }, same],
      [{ everything: 'yes', csrf: other.view.csrf }, same],
      [{ everything: 'yes', csrf }, { origin: 'https://evil.example' }],
      [
        { everything: 'yes', csrf },
        { origin: 'null', 'sec-fetch-site': 'cross-site' },
      ],
      [{ everything: 'yes', csrf }, { 'sec-fetch-site': 'same-site' }],
    ] as const) {
      for (const path of ['/account', '/account/sign-out']) {
        const refused = await post(browser, path, fields, headers);
        assert.equal(refused.status, 403);
      }
    }
    assert.equal((await post(domain.browser(), '/account', { everything: 'yes', csrf }, same)).status, 400);
    await pageOf(await browser.send(account), 'apps');
    assert.equal((await browser.send(account, { method: 'DELETE' })).status, 405);
    assert.equal((await browser.send(`${account}/sign-out`)).status, 405);
    assert.equal((await browser.send(`${account}/nothing`)).status, 404);
  });

  await t.test('Q05: nothing of it is kept, framed or run', async () => {
    const browser = domain.browser();
    await enter(browser);
    const { headers } = await browser.send(account);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('x-frame-options'), 'DENY');
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
  });

  await t.test('signing out ends the session here, in every copy of its cookie', async () => {
    const browser = domain.browser();
    const page = await enter(browser);
    const copy = browser.cookies.get('/ affinity-session');
    const out = await browser.submit({ view: { action: page.view.signOut, csrf: page.view.csrf } }, {});
    await pageOf(out, 'signed-out');
    assert.match(out.headers.getSetCookie().join(), /affinity-session=;.*Max-Age=0/);
    await pageOf(await browser.open(account), 'sign-in');
    assert.ok(copy !== undefined);
    const thief = domain.browser();
    thief.cookies.set('/ affinity-session', copy);
    await pageOf(await thief.open(account), 'sign-in');
    assert.equal(
      domain.audit.at(-1)?.event === 'sign-out' || domain.audit.some(({ event }) => event === 'sign-out'),
      true,
    );
  });
});

test('G13: what is allowed is listed in the words of the consent page, and ended one by one', async (t) => {
  const domain = await startDomain(t);
  const [one, two] = [await obtainTokens(domain), await obtainTokens(domain, { prompt: 'consent' })];
  const browser = domain.browser();
  const { view } = await enter(browser);
  assert.equal(view.apps.length, 2);
  const [latest] = view.apps;
  assert.ok(latest !== undefined);
  assert.equal(latest.grant, claimsOf(two.access_token).grant_id);
  assert.equal(latest.name, 'Web app');
  assert.equal(latest.patient?.relation, 'self');
  assert.deepEqual(
    latest.items.map(({ group }) => group),
    ['identity', 'patient', 'conditions', 'laboratory', 'vital-signs', 'other', 'offline'],
  );
  assert.ok(
    domain.audit.some(
      ({ event, patient, client }) => event === 'patient-shown' && patient === 'p1' && client === undefined,
    ),
  );

  const strange = await enter(domain.browser(), 'ben');
  const theirs = domain.browser();
  await enter(theirs, 'ben');
  await theirs.submit(
    { view: { action: strange.view.action, csrf: (await enterView(theirs)).csrf } },
    { grant: latest.grant },
  );
  assert.equal((await refreshed(domain, two)).status, 200, 'nobody ends the access that another gave');

  const after = await pageOf(await browser.submit({ view }, { grant: latest.grant }), 'apps');
  assert.equal(after.view.notice, 'ended');
  assert.equal(after.view.apps.length, 1);
  assert.equal((await refreshed(domain, two)).status, 400);
  assert.equal((await refreshed(domain, one)).status, 200);
  const fed = await domain.database.pool.query('select grant_id from ended_grant');
  assert.deepEqual(fed.rows, [{ grant_id: latest.grant }]);
  const ended = domain.audit.find(({ event, grant }) => event === 'token-revoked' && grant === latest.grant);
  assert.equal(ended?.user, domain.ana);
  const again = await pageOf(await browser.submit({ view }, { grant: latest.grant }), 'apps');
  assert.equal(again.view.notice, 'already');
});

const enterView = async (browser: TestBrowser) => (await pageOf(await browser.open(account), 'apps')).view;

test('G13: one press ends every app and every session, of this person alone', async (t) => {
  const domain = await startDomain(t);
  const tokens = await obtainTokens(domain);
  const [phone, desk, other] = [domain.browser(), domain.browser(), domain.browser()];
  await enter(phone);
  const begun = await phone.open(authorizeUrl({ prompt: 'consent' }));
  const { view } = await enter(desk);
  assert.equal(view.sessions, 3);
  await enter(other, 'ben');
  const out = await pageOf(await desk.submit({ view }, { everything: 'yes' }), 'signed-out');
  assert.equal(out.view.everything, true);
  assert.equal((await refreshed(domain, tokens)).status, 400);
  await pageOf(await phone.open(account), 'sign-in');
  await pageOf(await desk.open(account), 'sign-in');
  await pageOf(await other.open(account), 'apps');
  // A consent page that was still open gives nothing any more.
  const consent = await pageOf(begun, 'consent');
  const late = await phone.submit(consent, { decision: 'allow', scope: consent.view.items.map(({ scope }) => scope) });
  await pageOf(late, 'error');
  const known = await domain.database.pool.query('select from known_browser where sub = $1', [domain.ana]);
  assert.equal(known.rows.length, 0);
});

test('race: a session that ends while a request of it is under way does not live again', async (t) => {
  const domain = await startDomain(t);
  const other = await domain.another();
  for (let round = 0; round < 10; round += 1) {
    const browser = domain.browser();
    const { view } = await enter(browser);
    const cookie = [...browser.cookies.values()].map(({ name, value }) => `${name}=${value}`).join('; ');
    const visits = [1, 2, 3].map(() =>
      other.fetch(new Request(authorizeUrl({ prompt: 'consent' }), { headers: { cookie } }), {}),
    );
    const out = browser.submit({ view: { action: view.signOut, csrf: view.csrf } }, {});
    const answers = await Promise.all(visits);
    await pageOf(await out, 'signed-out');
    for (const answer of answers) {
      for (const set of answer.headers.getSetCookie()) {
        const [pair = ''] = set.split(';');
        if (!pair.startsWith('affinity-session=')) continue;
        const shown = await domain.server.fetch(new Request(account, { headers: { cookie: pair } }), {});
        assert.equal(shown.status, 303, 'nobody is signed in');
      }
    }
    const { rows } = await domain.database.pool.query(
      'select from sign_in_session where sub = $1 and ended_at is null',
      [domain.ana],
    );
    assert.equal(rows.length, 0);
  }
});
