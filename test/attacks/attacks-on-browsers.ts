/** The person's browser: forged requests, frames, redirects, fixed sessions, guessing. RFC 9700 §4.2, §4.7, §4.11, §4.12, §4.16. */
import assert from 'node:assert/strict';
import { allow, answerOf, authorizeUrl, issuer, signIn } from '@affinity/authorization-server/testing/domain.ts';
import {
  type Attack,
  addressOfAttacker,
  assertErrorAfterSignIn,
  assertStaysHere,
  createBrowser,
  pageOf,
  postAs,
} from './attack.ts';

/** A public app is asked about every time. */
const asking = authorizeUrl({ client_id: 'browser' });

const own = { origin: new URL(issuer).origin };

export const attacksOnBrowsers: readonly Attack[] = [
  {
    name: 'CSRF: consent posted by another site',
    section: '4.7',
    run: async (domain) => {
      const browser = domain.browser();
      const { view } = await pageOf(await signIn(browser, asking), 'consent');
      const fields = { csrf: view.csrf, decision: 'allow', scope: view.items.map(({ scope }) => scope) };
      const forged = await postAs(browser, view.action, fields, { origin: 'https://attacker.example' });
      assert.equal(forged.status, 403);
      const unmarked = await postAs(browser, view.action, fields, { 'sec-fetch-site': 'cross-site' });
      assert.equal(unmarked.status, 403);
    },
  },
  {
    name: 'CSRF: consent posted without the seal of our page',
    section: '4.7',
    run: async (domain) => {
      const browser = domain.browser();
      const { view } = await pageOf(await signIn(browser, asking), 'consent');
      for (const csrf of [
        '',
        'x'.repeat(43),
        (await pageOf(await signIn(domain.browser(), asking), 'consent')).view.csrf,
      ])
        assert.equal((await postAs(browser, view.action, { csrf, decision: 'allow' }, own)).status, 403);
    },
  },
  {
    name: 'CSRF: a request without state',
    section: '4.7; SMART App Launch 2.2, state',
    run: (domain) => assertErrorAfterSignIn(domain, { state: undefined }, 'invalid_request'),
  },
  {
    name: 'login CSRF: an interaction that was begun in another browser',
    section: '4.7',
    run: async (domain) => {
      const attacker = domain.browser();
      const { view } = await pageOf(await attacker.open(authorizeUrl()), 'sign-in');
      const response = await domain.browser().open(view.action);
      assert.equal(response.status, 400);
      await pageOf(response, 'error');
    },
  },
  {
    name: 'session fixation: the cookie of before sign-in',
    section: '4.7',
    run: async (domain) => {
      const browser = domain.browser();
      const first = await allow(browser, await signIn(browser, authorizeUrl({ client_id: 'browser' })));
      assert.ok(answerOf(first).has('code'));
      const before = new Map(browser.cookies);
      await signIn(browser, authorizeUrl({ client_id: 'browser', prompt: 'login' }), 'ben');
      const stolen = createBrowser(domain.server, issuer);
      for (const [key, cookie] of before) stolen.cookies.set(key, cookie);
      await pageOf(await stolen.open(authorizeUrl({ client_id: 'browser' })), 'sign-in');
    },
  },
  {
    name: 'clickjacking: our pages in a frame',
    section: '4.16',
    run: async (domain) => {
      const browser = domain.browser();
      const pages = [
        await browser.open(authorizeUrl()),
        await signIn(browser, asking),
        await browser.open(authorizeUrl({ redirect_uri: addressOfAttacker })),
      ];
      for (const { headers } of pages) {
        assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
        assert.equal(headers.get('x-frame-options'), 'DENY');
      }
    },
  },
  {
    name: 'leak: the address of our pages as a referrer, our pages in a cache',
    section: '4.2, 4.3',
    run: async (domain) => {
      const browser = domain.browser();
      const back = await allow(browser, await signIn(browser, asking));
      for (const { headers } of [await browser.open(authorizeUrl({ prompt: 'login' })), back]) {
        assert.equal(headers.get('referrer-policy'), 'no-referrer');
        assert.match(headers.get('cache-control') ?? '', /no-store/);
      }
    },
  },
  {
    name: '307: what was posted to us is posted on to the app',
    section: '4.12',
    run: async (domain) => {
      const browser = domain.browser();
      const { view } = await pageOf(await browser.open(asking), 'sign-in');
      const fields = { csrf: view.csrf, username: 'ana', password: 'correct horse' };
      const signedIn = await postAs(browser, view.action, fields, own);
      assert.equal(signedIn.status, 303);
      const back = await allow(browser, await browser.open(signedIn.headers.get('location') ?? ''));
      assert.equal(back.status, 303);
    },
  },
  {
    name: 'open redirector: an error that is sent on before anybody signed in',
    section: '4.11.2',
    run: async (domain) => {
      for (const changes of [{ scope: 'nothing' }, { response_type: 'token' }, { aud: 'https://elsewhere.example' }]) {
        const response = await domain.browser().open(authorizeUrl({ client_id: 'browser', ...changes }));
        assertStaysHere(response);
        await pageOf(response, 'sign-in');
      }
    },
  },
  {
    name: 'open redirector: an unknown app',
    section: '4.11.2',
    run: async (domain) => {
      const response = await domain.browser().open(authorizeUrl({ client_id: 'nobody' }));
      assert.equal(response.status, 400);
      assertStaysHere(response);
    },
  },
  {
    name: 'a patient who was never on the list',
    section: 'SMART App Launch 2.2, launch/patient',
    run: async (domain) => {
      const browser = domain.browser();
      const { view } = await pageOf(await signIn(browser, authorizeUrl(), 'ben'), 'patient');
      const response = await postAs(browser, view.action, { csrf: view.csrf, patient: 'p1' }, own);
      assert.equal(response.status, 403);
    },
  },
  {
    name: 'a scope that was never asked for, posted as ticked',
    section: 'RFC 6749 §3.3',
    run: async (domain) => {
      const browser = domain.browser();
      const shown = await signIn(
        browser,
        authorizeUrl({ client_id: 'browser', scope: 'openid patient/Observation.rs' }),
      );
      const { view } = await pageOf(shown.clone(), 'consent');
      const scope = ['patient/*.cruds', 'user/*.cruds', ...view.items.map((item) => item.scope)];
      const back = await allow(browser, shown, { fields: { scope } });
      const { rows } = await domain.database.pool.query(
        'select scope from authorization_grant order by created_at desc limit 1',
      );
      assert.ok(answerOf(back).has('code'));
      assert.doesNotMatch(rows[0]?.scope ?? '', /cruds/);
    },
  },
  {
    name: 'guessing: one password after another',
    section: 'NIST SP 800-63B §5.2.2',
    run: async (domain) => {
      const browser = domain.browser();
      const { view } = await pageOf(await browser.open(authorizeUrl()), 'sign-in');
      const statuses: number[] = [];
      for (let tries = 0; tries < 12; tries++) {
        const fields = { csrf: view.csrf, username: 'nurse', password: `guess ${tries}` };
        statuses.push((await postAs(browser, view.action, fields, own)).status);
      }
      assert.deepEqual([statuses[0], statuses.at(-1)], [400, 429]);
    },
  },
];
