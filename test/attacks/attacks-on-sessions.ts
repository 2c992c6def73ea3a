/** A person's sign-in, their own pages, and signing out. RFC 9700 §4.7, §4.11, §4.14; OIDC RP-Initiated Logout 1.0 §5. */
import assert from 'node:assert/strict';
import type { TestBrowser } from '@affinity/authorization-server/testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  codeFields,
  issuer,
  postForm,
  refreshFields,
  signIn,
  type TestDomain,
  type Tokens,
} from '@affinity/authorization-server/testing/domain.ts';
import { type Attack, addressOfAttacker, assertRefused, assertStaysHere, pageOf, postAs } from './attack.ts';

const account = `${issuer}/account`;
const own = { origin: new URL(issuer).origin };
const asking = { prompt: 'consent', scope: 'openid patient/Observation.rs' };

const enter = async (domain: TestDomain, username = 'ana') => {
  const browser = domain.browser();
  const page = await pageOf(await browser.open(account), 'sign-in');
  const { view } = await pageOf(await browser.submit(page, { username, password: 'correct horse' }), 'apps');
  return { browser, view };
};

const isSignedIn = async (browser: TestBrowser): Promise<boolean> =>
  ((await (await browser.open(account)).json()) as { page: string }).page === 'apps';

/** Somebody who has allowed an app for now, and is signed in. */
const victim = async (domain: TestDomain, changes: Parameters<typeof authorizeUrl>[0] = asking) => {
  const browser = domain.browser();
  const back = await allow(browser, await signIn(browser, authorizeUrl(changes)));
  return { browser, code: answerOf(back).get('code') ?? '' };
};

const redeemed = async (domain: TestDomain, code: string, client = 'web'): Promise<Tokens> => {
  const fields = client === 'web' ? {} : { client_id: client };
  const answer = await domain.token(codeFields(code, fields), client === 'web' ? basic('web') : {});
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as Tokens;
};

const signOut = async (browser: TestBrowser): Promise<void> => {
  const { view } = await pageOf(await browser.open(account), 'apps');
  await pageOf(await browser.submit({ view: { action: view.signOut, csrf: view.csrf } }, {}), 'signed-out');
};

export const attacksOnSessions: readonly Attack[] = [
  {
    name: 'account: another site ends everything',
    section: '4.7',
    run: async (domain) => {
      const { browser } = await enter(domain);
      const { view } = await enter(domain, 'ben');
      for (const [csrf, headers] of [
        ['', own],
        [view.csrf, own],
      ] as const) {
        assert.equal((await postAs(browser, account, { everything: 'yes', csrf }, headers)).status, 403);
      }
      assert.ok(await isSignedIn(browser));
    },
  },
  {
    name: 'account: the end of what somebody else has allowed',
    section: 'OWASP ASVS 4.2.1',
    run: async (domain) => {
      const { code } = await victim(domain);
      const { access_token: token } = await redeemed(domain, code);
      const { rows } = await domain.database.pool.query(
        'select id from authorization_grant where redeemed_at is not null order by redeemed_at desc limit 1',
      );
      const { browser, view } = await enter(domain, 'ben');
      await browser.submit({ view }, { grant: rows[0].id });
      const about = await postForm(domain.server, '/introspect', { token }, basic('clinic'));
      assert.equal(((await about.json()) as { active: boolean }).active, true);
    },
  },
  {
    name: 'account: our own pages as an app of the attacker',
    section: '4.1',
    run: async (domain) => {
      const url = authorizeUrl({
        client_id: 'affinity account',
        redirect_uri: `${account}/signed-in`,
        scope: 'openid',
      });
      const page = await pageOf(await domain.browser().open(url), 'error');
      assert.equal(page.view.kind, 'unknown-app');
    },
  },
  {
    name: 'account: a way back that this browser never went',
    section: '4.7',
    run: async (domain) => {
      const state = new URLSearchParams({ state: '/account made-up' });
      assert.equal((await domain.browser().send(`${account}/signed-in?${state}`)).status, 400);
    },
  },
  {
    name: 'session: written once more after it ended',
    section: 'OWASP ASVS 3.3.1',
    run: async (domain) => {
      const { browser } = await enter(domain);
      const { pool } = domain.database;
      const cookie = browser.cookies.get('/ affinity-session');
      const { rows } = await pool.query(`select * from authorization_state where model = 'Session'`);
      await signOut(browser);
      // As a request that was under way does it.
      for (const { model, id, payload, expires_at } of rows) {
        await pool.query(
          `insert into authorization_state (model, id, payload, expires_at) values ($1, $2, $3, $4)
           on conflict (model, id) do nothing`,
          [model, id, JSON.stringify(payload), expires_at],
        );
      }
      const thief = domain.browser();
      assert.ok(cookie !== undefined);
      thief.cookies.set('/ affinity-session', cookie);
      assert.equal(await isSignedIn(thief), false);
    },
  },
  {
    name: 'session: what was allowed for now, after signing out',
    section: '4.14',
    run: async (domain) => {
      const { browser, code } = await victim(domain);
      const { access_token: token } = await redeemed(domain, code);
      await signOut(browser);
      const about = await postForm(domain.server, '/introspect', { token }, basic('clinic'));
      assert.deepEqual(await about.json(), { active: false });
    },
  },
  {
    name: 'session: a code kept back until after signing out',
    section: '4.14',
    run: async (domain) => {
      const { browser, code } = await victim(domain);
      await signOut(browser);
      await assertRefused(await domain.token(codeFields(code), basic('web')), 'invalid_grant', 400);
    },
  },
  {
    name: 'shared computer: a refresh token to take away',
    section: '4.14',
    run: async (domain) => {
      const browser = domain.browser();
      const url = authorizeUrl({ prompt: 'consent', scope: `${asking.scope} offline_access online_access` });
      const page = await pageOf(await browser.open(url), 'sign-in');
      const shown = await browser.submit(page, { username: 'ana', password: 'correct horse', shared: 'yes' });
      const scope = ['openid', 'offline_access', 'online_access', 'patient/Observation.rs'];
      const consent = await pageOf(shown, 'consent');
      const offered = consent.view.items.map((item) => item.scope);
      const back = await browser.submit(consent, { scope: [...scope, ...offered], duration: '365', decision: 'allow' });
      const tokens = await redeemed(domain, answerOf(back).get('code') ?? '');
      assert.equal(tokens.refresh_token, undefined);
    },
  },
  {
    name: 'refresh: a page in a browser that goes on and on',
    section: '4.14; OAuth 2.0 for Browser-Based Applications',
    run: async (domain) => {
      const scope = `${asking.scope} offline_access`;
      const { code } = await victim(domain, { ...asking, client_id: 'browser', scope });
      const { refresh_token: token } = await redeemed(domain, code, 'browser');
      const { pool } = domain.database;
      // A grant that by itself would last for years, as of an app that has changed what it is.
      const { rows } = await pool.query(
        `update authorization_grant set expires_at = expires_at + interval '300 days' where client_id = 'browser' returning id`,
      );
      for (const [id, consent] of domain.consents.held) {
        const { period: _, ...provision } = consent.provision as { period: object };
        if (rows.some((row) => id.includes(row.id))) domain.consents.held.set(id, { ...consent, provision });
      }
      const next = await domain.token(refreshFields(token, { client_id: 'browser' }));
      assert.equal(next.status, 200, await next.clone().text());
      const { rows: kept } = await pool.query(
        `select token.expires_at - given.created_at > interval '1 day' as longer from refresh_token token
         join authorization_grant given on given.id = token.grant_id
         where given.client_id = 'browser' and token.consumed_at is null`,
      );
      assert.ok(kept.length > 0);
      assert.ok(kept.every(({ longer }) => longer === false));
    },
  },
  {
    name: 'logout: sent on to an address of the attacker',
    section: '4.11',
    run: async (domain) => {
      const { browser, code } = await victim(domain);
      const { id_token: hint = '' } = await redeemed(domain, code);
      const query = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: addressOfAttacker });
      assertStaysHere(await browser.send(`${issuer}/logout?${query}`));
    },
  },
  {
    name: 'logout: by a link that anybody can make',
    section: 'OIDC RP-Initiated Logout 1.0 §5',
    run: async (domain) => {
      const { browser } = await enter(domain);
      await browser.send(`${issuer}/logout?client_id=web`);
      assert.ok(await isSignedIn(browser));
    },
  },
  {
    name: 'logout: with an id_token of somebody else',
    section: 'OIDC RP-Initiated Logout 1.0 §2',
    run: async (domain) => {
      const { code } = await victim(domain);
      const { id_token: hint = '' } = await redeemed(domain, code);
      const { browser } = await enter(domain, 'ben');
      await browser.send(`${issuer}/logout?${new URLSearchParams({ id_token_hint: hint })}`);
      assert.ok(await isSignedIn(browser));
    },
  },
  {
    name: 'logout: another site answers the question',
    section: '4.7',
    run: async (domain) => {
      const { browser } = await enter(domain);
      await pageOf(await browser.send(`${issuer}/logout?client_id=web`), 'sign-out');
      const theirs = domain.browser();
      const { view } = await pageOf(await postAs(theirs, `${issuer}/logout`, { client_id: 'web' }, {}), 'sign-out');
      const { csrf } = view;
      assert.equal((await postAs(browser, `${issuer}/logout`, { client_id: 'web', csrf }, own)).status, 403);
      assert.ok(await isSignedIn(browser));
    },
  },
];
