/** What lives as long as a sign-in does, and what a sign-in on a shared computer leaves behind: nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endGrant } from '@affinity/store/grant-feed.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { endSessionsOf } from './sessions.ts';
import { defaultSettings } from './settings.ts';
import { createBrowser, pageOf, type TestBrowser } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  claimsOf,
  codeFields,
  issuer,
  postForm,
  refreshFields,
  signIn,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';

const online = 'openid launch/patient online_access patient/Observation.rs';
const both = `${online} offline_access`;

const redeem = async (domain: TestDomain, back: Response): Promise<Response> =>
  domain.token(codeFields(answerOf(back).get('code') ?? ''), basic('web'));

const begin = async (
  domain: TestDomain,
  {
    scope = online,
    browser = domain.browser(),
    ...options
  }: { scope?: string; browser?: TestBrowser } & Parameters<typeof allow>[2] = {},
): Promise<{ tokens: Tokens; browser: TestBrowser }> => {
  const answer = await redeem(
    domain,
    await allow(browser, await signIn(browser, authorizeUrl({ scope, prompt: 'consent' })), options),
  );
  assert.equal(answer.status, 200, await answer.clone().text());
  return { tokens: (await answer.json()) as Tokens, browser };
};

const refresh = (domain: TestDomain, { refresh_token }: Tokens, server = domain.server): Promise<Response> =>
  postForm(server, '/token', refreshFields(refresh_token), basic('web'));

const signOut = async (browser: TestBrowser): Promise<void> => {
  const { view } = await pageOf(await browser.open(`${issuer}/account`), 'apps');
  await pageOf(await browser.submit({ view: { action: view.signOut, csrf: view.csrf } }, {}), 'signed-out');
};

const endedGrants = async (domain: TestDomain): Promise<readonly unknown[]> =>
  (await domain.database.pool.query('select grant_id from ended_grant')).rows.map(({ grant_id }) => grant_id);

test('online_access: refresh tokens for as long as the sign-in lives', async (t) => {
  const domain = await startDomain(t);

  await t.test('C30: until it expires, and no second longer', async () => {
    const { tokens } = await begin(domain);
    assert.match(tokens.scope, /online_access/);
    domain.advance(defaultSettings.sessionSeconds - 10);
    const next = await refresh(domain, tokens);
    assert.equal(next.status, 200);
    domain.advance(11);
    assert.equal((await refresh(domain, (await next.json()) as Tokens)).status, 400);
  });

  await t.test('a visit to the sign-in page keeps it alive, and with it the app', async () => {
    const { tokens, browser } = await begin(domain);
    domain.advance(defaultSettings.sessionSeconds - 10);
    await pageOf(await browser.open(authorizeUrl({ prompt: 'consent' })), 'consent');
    domain.advance(11);
    const next = await refresh(domain, tokens);
    assert.equal(next.status, 200, await next.clone().text());
  });

  await t.test(
    'C30: however often somebody comes back, it ends so long after it began, and the app with it',
    async () => {
      const { tokens, browser } = await begin(domain);
      const [most, step] = [defaultSettings.sessionMostSeconds, defaultSettings.sessionSeconds - 60];
      let current = tokens;
      const comeBack = async (seconds: number): Promise<void> => {
        domain.advance(seconds);
        await pageOf(await browser.open(authorizeUrl({ prompt: 'consent' })), 'consent');
        const next = await refresh(domain, current);
        assert.equal(next.status, 200);
        current = (await next.json()) as Tokens;
      };
      for (let passed = 0; passed + step < most - 10; passed += step) await comeBack(step);
      await comeBack((most - 10) % step);
      domain.advance(15);
      assert.equal((await refresh(domain, current)).status, 400);
      await pageOf(await browser.open(authorizeUrl()), 'sign-in');
    },
  );

  await t.test('C30: until the person signs out: at once, on every resource server', async () => {
    const { tokens, browser } = await begin(domain);
    const { grant_id } = claimsOf(tokens.access_token);
    await signOut(browser);
    assert.equal((await refresh(domain, tokens)).status, 400);
    assert.ok((await endedGrants(domain)).includes(grant_id));
    const told = await postForm(domain.server, '/introspect', { token: tokens.refresh_token ?? '' }, basic('web'));
    assert.deepEqual(await told.json(), { active: false });
  });

  await t.test('what goes on while the person is away is not ended by signing out', async () => {
    const { tokens, browser } = await begin(domain, { scope: both });
    assert.match(tokens.scope, /offline_access/);
    assert.doesNotMatch(tokens.scope, /online_access/, 'of both, what is more holds');
    await signOut(browser);
    assert.equal((await refresh(domain, tokens)).status, 200);
  });

  await t.test('both asked, and only this time chosen: while signed in', async () => {
    const { tokens, browser } = await begin(domain, { scope: both, fields: { duration: 'once' } });
    assert.match(tokens.scope, /online_access/);
    assert.doesNotMatch(tokens.scope, /offline_access/);
    await signOut(browser);
    assert.equal((await refresh(domain, tokens)).status, 400);
  });

  await t.test('C20: it may be refused like any other thing', async () => {
    const { tokens } = await begin(domain, { without: ['online_access'] });
    assert.equal(tokens.refresh_token, undefined);
    assert.doesNotMatch(tokens.scope, /online_access/);
  });

  await t.test('a code of a sign-in that has ended gives nothing that was for now', async () => {
    const browser = domain.browser();
    const back = await allow(browser, await signIn(browser, authorizeUrl({ scope: online })));
    await signOut(browser);
    assert.equal((await redeem(domain, back)).status, 400);
  });

  await t.test('a changed password ends every other session, and what lives with it', async () => {
    const [here, there] = [await begin(domain), await begin(domain)];
    const session = await domain.database.pool.query('select session_uid from authorization_grant where id = $1', [
      claimsOf(here.tokens.access_token).grant_id,
    ]);
    const { pool } = domain.database;
    const ending = { endGrant, consents: domain.consents, settings: defaultSettings, now: domain.now };
    await transaction(pool, (db) =>
      endSessionsOf(db, ending, domain.ana, { except: session.rows[0].session_uid, reason: 'session-ended' }),
    );
    assert.equal((await refresh(domain, here.tokens)).status, 200);
    assert.equal((await refresh(domain, there.tokens)).status, 400);
    await pageOf(await there.browser.open(`${issuer}/account`), 'sign-in');
  });

  await t.test('race: whoever refreshes while the person signs out, elsewhere, is left with nothing', async () => {
    const other = await domain.another();
    for (let round = 0; round < 8; round += 1) {
      const { tokens, browser } = await begin(domain);
      const [next] = await Promise.all([refresh(domain, tokens, other), signOut(browser)]);
      assert.ok([200, 400].includes(next.status), `${next.status}`);
      if (next.status === 200) assert.equal((await refresh(domain, (await next.json()) as Tokens)).status, 400);
      assert.ok((await endedGrants(domain)).includes(claimsOf(tokens.access_token).grant_id));
    }
  });

  await t.test('disabled: nothing of theirs goes on', async () => {
    const { tokens } = await begin(domain);
    await domain.people.disable(domain.ana, domain.now());
    assert.equal((await refresh(domain, tokens)).status, 400);
  });
});

test('a shared computer: a sign-in that leaves nothing behind', async (t) => {
  const domain = await startDomain(t);
  const lines: string[] = [];
  const sharedBrowser = (): TestBrowser =>
    createBrowser(
      {
        fetch: async (request, connection) => {
          const response = await domain.server.fetch(request, connection);
          lines.push(...response.headers.getSetCookie());
          return response;
        },
      },
      issuer,
    );
  const signInShared = async (browser: TestBrowser, url = authorizeUrl({ scope: both })): Promise<Response> =>
    browser.submit(await pageOf(await browser.open(url), 'sign-in'), {
      username: 'ana',
      password: 'correct horse',
      shared: 'yes',
    });

  await t.test('no cookie outlives the browser, and none says who was here', async () => {
    const browser = sharedBrowser();
    await redeem(domain, await allow(browser, await signInShared(browser)));
    assert.ok(lines.some((line) => line.startsWith('affinity-session=')));
    const kept = lines.filter((line) => !/^[^=]+=;/.test(line) && /;\s*(expires|max-age)=/i.test(line));
    assert.deepEqual(kept, []);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('affinity-browser=')),
      [],
    );
    // The check itself can fail: a sign-in of one's own leaves both.
    lines.length = 0;
    await signIn(sharedBrowser());
    assert.ok(lines.some((line) => line.startsWith('affinity-browser=') && /max-age/i.test(line)));
    assert.ok(lines.some((line) => line.startsWith('affinity-session=') && /expires/i.test(line)));
  });

  await t.test('no refresh token, whatever is asked and posted, and the page says so', async () => {
    const browser = sharedBrowser();
    const page = await pageOf(await signInShared(browser), 'consent');
    assert.equal(page.view.shared, true);
    assert.deepEqual(
      page.view.durations.map(({ value }) => value),
      ['once'],
    );
    assert.ok(page.view.items.every(({ group }) => group !== 'offline' && group !== 'online'));
    const scope = [...page.view.items.map((item) => item.scope), 'offline_access', 'online_access'];
    const back = await browser.submit(page, { decision: 'allow', scope, duration: '365' });
    const tokens = (await (await redeem(domain, back)).json()) as Tokens;
    assert.equal(tokens.refresh_token, undefined);
    assert.doesNotMatch(tokens.scope, /offline|online/);
    const { grant_id } = claimsOf(tokens.access_token);
    await signOut(browser);
    assert.ok((await endedGrants(domain)).includes(grant_id));
  });

  await t.test('what was allowed elsewhere for long is given here for now', async () => {
    await begin(domain, { scope: both });
    const browser = sharedBrowser();
    const back = await signInShared(browser);
    const answer = await redeem(domain, back);
    const tokens = (await answer.json()) as Tokens;
    assert.equal(answer.status, 200);
    assert.equal(tokens.refresh_token, undefined);
    assert.doesNotMatch(tokens.scope, /offline|online/);
  });

  await t.test('it ends by itself after minutes without a visit', async () => {
    const browser = sharedBrowser();
    await pageOf(await signInShared(browser, `${issuer}/account`), 'apps');
    domain.advance(defaultSettings.sharedSessionSeconds - 5);
    const { view } = await pageOf(await browser.open(`${issuer}/account`), 'apps');
    assert.equal(view.shared, true);
    domain.advance(6);
    await pageOf(await browser.open(`${issuer}/account`), 'sign-in');
  });
});
