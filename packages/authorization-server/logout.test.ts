/** Signing out for an app: what ends, who is asked first, and where a browser may be sent afterwards. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formOf, pageOf, type TestBrowser } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  callback,
  claimsOf,
  codeFields,
  issuer,
  refreshFields,
  secret,
  signIn,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';

const goodbye = 'http://localhost:4000/apps/vitals/goodbye?from=affinity';
const clients = [
  { client_id: 'web', client_secret: secret, redirect_uris: [callback], post_logout_redirect_uris: [goodbye] },
  { client_id: 'other', client_secret: secret, redirect_uris: [callback] },
];

const logoutUrl = (parameters: Readonly<Record<string, string>>): string =>
  `${issuer}/logout?${new URLSearchParams(parameters)}`;

const postTo = (browser: TestBrowser, fields: Readonly<Record<string, string>>, headers: Record<string, string> = {}) =>
  browser.send(`${issuer}/logout`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: formOf(fields).toString(),
  });

const begin = async (
  domain: TestDomain,
  browser = domain.browser(),
  scope = 'openid offline_access patient/Observation.rs',
) => {
  const shown = await signIn(browser, authorizeUrl({ scope, prompt: 'consent' }));
  const answer = await domain.token(codeFields(answerOf(await allow(browser, shown)).get('code') ?? ''), basic('web'));
  const tokens = (await answer.json()) as Tokens;
  return { browser, tokens, hint: tokens.id_token ?? '' };
};

const isSignedIn = async (browser: TestBrowser): Promise<boolean> => {
  const response = await browser.open(`${issuer}/account`);
  return ((await response.json()) as { page: string }).page === 'apps';
};

test('RP-initiated logout', async (t) => {
  const domain = await startDomain(t, {}, {}, { clients });

  await t.test(
    'F11: with an id_token of the one who is signed in, at once; state comes back; what goes on, goes on',
    async () => {
      const { browser, hint, tokens } = await begin(domain);
      const out = await browser.send(
        logoutUrl({ id_token_hint: hint, post_logout_redirect_uri: goodbye, state: 'a b&c=d#' }),
      );
      assert.equal(out.status, 303);
      const target = new URL(out.headers.get('location') ?? '');
      assert.equal(target.origin + target.pathname, 'http://localhost:4000/apps/vitals/goodbye');
      assert.deepEqual(
        [...target.searchParams],
        [
          ['from', 'affinity'],
          ['state', 'a b&c=d#'],
        ],
      );
      assert.match(out.headers.getSetCookie().join(), /affinity-session=;.*Max-Age=0/);
      assert.equal(await isSignedIn(browser), false);
      assert.equal((await domain.token(refreshFields(tokens.refresh_token), basic('web'))).status, 200);
      const record = domain.audit.findLast(({ event }) => event === 'sign-out');
      assert.deepEqual([record?.user, record?.client], [domain.ana, 'web']);
    },
  );

  await t.test('F11: an expired id_token will do; without an address there is a page', async () => {
    const { browser, hint } = await begin(domain);
    domain.advance(7 * 3600);
    await pageOf(await browser.send(logoutUrl({ id_token_hint: hint })), 'signed-out');
    assert.equal(await isSignedIn(browser), false);
  });

  await t.test(
    'F11: a form from the app’s own page comes without our cookie, and ends the session that the hint names',
    async () => {
      const { browser, hint } = await begin(domain);
      const elsewhere = domain.browser();
      const out = await postTo(
        elsewhere,
        { id_token_hint: hint, post_logout_redirect_uri: goodbye },
        { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' },
      );
      assert.equal(out.status, 303);
      assert.equal(await isSignedIn(browser), false);
      // Of another session of the same person it says nothing.
      const [one, two] = [await begin(domain), await begin(domain)];
      await postTo(domain.browser(), { id_token_hint: one.hint });
      assert.deepEqual([await isSignedIn(one.browser), await isSignedIn(two.browser)], [false, true]);
    },
  );

  await t.test('without a valid hint the person is asked, and nothing happens until they say so (Q01)', async () => {
    const { browser } = await begin(domain);
    const strangers = await begin(domain);
    const ben = domain.browser();
    await signIn(ben, authorizeUrl({ scope: 'openid' }), 'ben');
    const theirs = await begin(domain, domain.browser());
    const parts = theirs.hint.split('.');
    const unsound = ['x', `${parts[0]}.${parts[1]}.AAAA`, theirs.tokens.access_token];
    for (const id_token_hint of [undefined, strangers.hint, ...unsound]) {
      const page = await pageOf(
        await browser.send(
          logoutUrl({
            client_id: 'web',
            post_logout_redirect_uri: goodbye,
            ...(id_token_hint === undefined ? {} : { id_token_hint }),
          }),
        ),
        'sign-out',
      );
      assert.equal(page.view.app?.clientId, 'web');
    }
    assert.ok(await isSignedIn(browser));
    const page = await pageOf(
      await browser.send(logoutUrl({ client_id: 'web', post_logout_redirect_uri: goodbye, state: 's' })),
      'sign-out',
    );
    const { csrf, fields } = page.view;
    const other = domain.browser();
    const foreign = await pageOf(await postTo(other, { client_id: 'web' }), 'sign-out');
    for (const [sent, headers] of [
      [{ ...fields, csrf: '' }, {}],
      [{ ...fields, csrf: foreign.view.csrf }, {}],
      [{ ...fields, csrf }, { origin: 'https://evil.example' }],
      [
        { ...fields, csrf },
        { origin: 'null', 'sec-fetch-site': 'cross-site' },
      ],
    ] as const) {
      assert.equal((await postTo(browser, sent, headers)).status, 403);
    }
    assert.ok(await isSignedIn(browser));
    const out = await postTo(browser, { ...fields, csrf }, { origin: new URL(issuer).origin });
    assert.equal(out.headers.get('location'), `${goodbye}&state=s`);
    assert.equal(await isSignedIn(browser), false);
  });

  await t.test(
    'a link that anybody can make sends nobody on: without a hint and a press there is only a page',
    async () => {
      const out = await domain.browser().send(logoutUrl({ client_id: 'web', post_logout_redirect_uri: goodbye }));
      assert.equal(out.headers.get('location'), null);
      await pageOf(out, 'signed-out');
    },
  );

  await t.test('Q08: only to an address that this app has registered, letter by letter', async () => {
    const { browser, hint } = await begin(domain);
    const corpus = [
      callback,
      'http://localhost:4000/apps/vitals/goodbye',
      `${goodbye}&x=1`,
      `${goodbye}#x`,
      `${goodbye} `,
      goodbye.toUpperCase(),
      goodbye.replace('localhost', 'LOCALHOST'),
      goodbye.replace('4000', '4001'),
      goodbye.replace('http:', 'https:'),
      goodbye.replace('/apps', '/x/../apps'),
      goodbye.replace('//localhost', '//user@localhost'),
      goodbye.replace('//localhost', '//localhost.evil.example'),
      goodbye.replace('//localhost', '//localhost:4000@evil.example'),
      '//evil.example',
      '/\\evil.example',
      'https:evil.example',
      'https:///evil.example',
      'https://evil.example',
      'https://evil。example',
      'javascript:alert(1)',
      'data:text/html,x',
      `${goodbye}\r\nSet-Cookie: a=b`,
      '%2F%2Fevil.example',
      '.',
    ];
    for (const address of corpus) {
      for (const named of [{ id_token_hint: hint }, { client_id: 'web' }, { client_id: 'other' }]) {
        const answer = await browser.send(logoutUrl({ ...named, post_logout_redirect_uri: address }));
        assert.equal(answer.status, 400, address);
        assert.equal(answer.headers.get('location'), null);
        assert.equal(answer.headers.get('refresh'), null);
      }
    }
    assert.equal((await browser.send(logoutUrl({ post_logout_redirect_uri: goodbye }))).status, 400, 'of no app');
    assert.ok(await isSignedIn(browser), 'nothing has happened');
  });

  await t.test('what cannot be understood is a page', async () => {
    const { browser, hint } = await begin(domain);
    for (const url of [
      logoutUrl({ client_id: 'nobody' }),
      logoutUrl({ client_id: 'other', id_token_hint: hint }),
      `${logoutUrl({ client_id: 'web' })}&client_id=other`,
      logoutUrl({ client_id: 'web', state: 'a\0b' }),
    ]) {
      await pageOf(await browser.send(url), 'error');
    }
    assert.equal((await browser.send(`${issuer}/logout`, { method: 'PUT' })).status, 405);
    assert.equal((await browser.send(logoutUrl({ state: 'x'.repeat(60_000) }))).status, 414);
    assert.ok(await isSignedIn(browser));
  });

  await t.test('what lives with the session ends: online access, and what was for now', async () => {
    const online = await begin(domain, domain.browser(), 'openid online_access patient/Observation.rs');
    await online.browser.send(logoutUrl({ id_token_hint: online.hint }));
    assert.equal((await domain.token(refreshFields(online.tokens.refresh_token), basic('web'))).status, 400);
    const { rows } = await domain.database.pool.query('select grant_id from ended_grant where grant_id = $1', [
      claimsOf(online.tokens.access_token).grant_id,
    ]);
    assert.equal(rows.length, 1);
  });

  await t.test('F11: discovery says where', async () => {
    assert.equal(domain.server.metadata().end_session_endpoint, `${issuer}/logout`);
  });
});
