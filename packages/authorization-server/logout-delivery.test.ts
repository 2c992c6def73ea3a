/** Apps are told that a session has ended: what, by whom, how often, and that nothing is lost on the way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutboundAnswer, OutboundRequest } from '@affinity/outbound/safe-fetch.ts';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import type { AuthorizationServer } from './authorization-server.ts';
import { createClientRegistry } from './clients.ts';
import { defaultSettings } from './settings.ts';
import { createBrowser, pageOf, type TestBrowser } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  callback,
  claimsOf,
  codeFields,
  issuer,
  postForm,
  secret,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';

const told = 'https://app.example/logged-out';
const clients = [
  { client_id: 'web', client_secret: secret, redirect_uris: [callback], backchannel_logout_uri: told },
  {
    client_id: 'other',
    client_secret: secret,
    redirect_uris: [callback],
    backchannel_logout_uri: 'https://other.example/out',
    backchannel_logout_session_required: true,
    id_token_signed_response_alg: 'ES256',
  },
  { client_id: 'silent', client_secret: secret, redirect_uris: [callback] },
];
const ok: OutboundAnswer = { kind: 'answer', status: 200, headers: new Headers(), body: Buffer.alloc(0) };
const refusedAnswer: OutboundAnswer = { ...ok, status: 503 };

const begin = async (
  domain: TestDomain,
  {
    clientId = 'web',
    browser = domain.browser(),
    scope = 'openid patient/Observation.rs',
    server = domain.server,
  } = {},
): Promise<{ browser: TestBrowser; tokens: Tokens }> => {
  const url = authorizeUrl({ client_id: clientId, scope, prompt: 'consent' });
  const first = await browser.open(url);
  const shown = browser.cookies.has('/ affinity-session')
    ? first
    : await browser.submit(await pageOf(first, 'sign-in'), { username: 'ana', password: 'correct horse' });
  const code = answerOf(await allow(browser, shown)).get('code') ?? '';
  const answer = await postForm(server, '/token', codeFields(code), basic(clientId));
  return { browser, tokens: (await answer.json()) as Tokens };
};

const signOut = async (browser: TestBrowser): Promise<void> => {
  const { view } = await pageOf(await browser.open(`${issuer}/account`), 'apps');
  await pageOf(await browser.submit({ view: { action: view.signOut, csrf: view.csrf } }, {}), 'signed-out');
};

const waiting = async (domain: TestDomain): Promise<number> =>
  (await domain.database.pool.query('select from logout_delivery')).rows.length;

/** Nothing here is timed: it is looked at until it is so. */
const until = async (is: () => Promise<boolean> | boolean): Promise<void> => {
  for (let look = 0; look < 2_000; look += 1) {
    if (await is()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail('it did not come about');
};

const tokenOf = ({ body }: OutboundRequest): string => new URLSearchParams(body).get('logout_token') ?? '';
const never = { logoutPollSeconds: 3_600 };

test('back-channel logout', async (t) => {
  const calls: OutboundRequest[] = [];
  let answer = (_: OutboundRequest): Promise<OutboundAnswer> => Promise.resolve(ok);
  const domain = await startDomain(
    t,
    { logoutPollSeconds: 0.05 },
    {},
    {
      clients,
      fetchOutside: (request) => {
        calls.push(request);
        return answer(request);
      },
    },
  );

  await t.test('F12: each app of the session is told, in a token that is no id_token', async () => {
    const { browser, tokens } = await begin(domain);
    const second = await begin(domain, { clientId: 'other', browser });
    await begin(domain, { clientId: 'silent', browser });
    await signOut(browser);
    await until(async () => calls.length === 2 && (await waiting(domain)) === 0);
    const web = calls.find(({ url }) => url === told);
    const other = calls.find(({ url }) => url === 'https://other.example/out');
    assert.ok(web !== undefined && other !== undefined);
    assert.equal(web.method, 'POST');
    assert.equal(web.headers?.['content-type'], 'application/x-www-form-urlencoded');
    const keys = createLocalJWKSet(await domain.server.keys());
    const { payload, protectedHeader } = await jwtVerify(tokenOf(web), keys, {
      issuer,
      audience: 'web',
      typ: 'logout+jwt',
      requiredClaims: ['iat', 'exp', 'jti', 'sub', 'sid', 'events'],
      currentDate: domain.now(),
    });
    assert.equal(protectedHeader.alg, 'RS256');
    assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
    assert.equal('nonce' in payload, false);
    assert.equal(payload.sub, domain.ana);
    assert.ok((payload.exp ?? 0) - (payload.iat ?? 0) <= 120);
    assert.equal(payload.sid, claimsOf(tokens.id_token ?? '').sid);
    const theirs = decodeJwt(tokenOf(other));
    assert.equal(theirs.sid, claimsOf(second.tokens.id_token ?? '').sid);
    assert.notEqual(theirs.sid, payload.sid, 'no two apps know a session by the same name');
    const { rows } = await domain.database.pool.query('select uid from sign_in_session');
    assert.ok(rows.every(({ uid }) => uid !== payload.sid && uid !== theirs.sid));
    // It opens nothing: not as a hint, not as a token.
    const page = await domain.browser().send(`${issuer}/logout?id_token_hint=${tokenOf(web)}&client_id=web`);
    await pageOf(page, 'signed-out');
    const userinfo = await domain.server.fetch(
      new Request(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${tokenOf(web)}` } }),
      {},
    );
    assert.equal(userinfo.status, 401);
  });

  await t.test('a refreshed id_token names the same session', async () => {
    const { tokens } = await begin(domain, { scope: 'openid offline_access patient/Observation.rs' });
    const again = await domain.token(
      { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' },
      basic('web'),
    );
    const next = (await again.json()) as Tokens;
    assert.equal(claimsOf(next.id_token ?? '').sid, claimsOf(tokens.id_token ?? '').sid);
  });

  await t.test('F12: whichever way it ends: its time, another person, everything', async () => {
    calls.length = 0;
    const { browser: one } = await begin(domain);
    const page = await pageOf(await one.open(authorizeUrl({ prompt: 'login' })), 'sign-in');
    await one.submit(page, { username: 'ben', password: 'correct horse' });
    await until(() => calls.length === 1);
    const { browser: two } = await begin(domain);
    const { view } = await pageOf(await two.open(`${issuer}/account`), 'apps');
    await two.submit({ view }, { everything: 'yes' });
    await until(async () => (await waiting(domain)) === 0);
    assert.ok(calls.length >= 2);
    calls.length = 0;
    await begin(domain);
    domain.advance(defaultSettings.sessionSeconds + 1);
    const purging = await domain.another({ purgeSeconds: 0.05 });
    await until(() => calls.length === 1);
    await purging.close();
    await begin(domain, { clientId: 'other' });
    await domain.people.disable(domain.ana, domain.now());
    const again = await domain.another({ purgeSeconds: 0.05 });
    await until(() => calls.length === 2);
    await again.close();
    await domain.people.set('ana', { disabled: false }, domain.now());
  });

  await t.test('nobody waits for an app that does not answer, and it is asked again, later each time', async () => {
    await until(async () => (await waiting(domain)) === 0);
    calls.length = 0;
    answer = async () => refusedAnswer;
    const { browser } = await begin(domain);
    await signOut(browser);
    await until(() => calls.length === 1);
    const due = async (): Promise<number> => {
      const { rows } = await domain.database.pool.query('select due_at from logout_delivery');
      return Math.round((rows[0]?.due_at.getTime() - domain.now().getTime()) / 1000);
    };
    await until(async () => (await due()) <= 10);
    domain.advance(11);
    await until(() => calls.length === 2);
    const [first, second] = calls.map((call) => decodeJwt(tokenOf(call)));
    assert.equal(first?.jti, second?.jti, 'the same telling');
    await until(async () => (await due()) > 10 && (await due()) <= 20);
    answer = async () => ok;
    domain.advance(21);
    await until(async () => (await waiting(domain)) === 0);
    assert.equal(calls.length, 3);
  });

  await t.test('it is given up at last, and said', async () => {
    answer = async () => ({ kind: 'refused', why: 'address' });
    calls.length = 0;
    const { browser } = await begin(domain);
    await signOut(browser);
    await until(async () => {
      domain.advance(3_700);
      return (await waiting(domain)) === 0;
    });
    assert.equal(calls.length, defaultSettings.logoutAttempts);
    assert.ok(domain.logged.some((line) => JSON.stringify(line).includes('was not told of a logout')));
    assert.ok(domain.logged.every((line) => !JSON.stringify(line).includes(domain.ana)));
    answer = async () => ok;
  });

  await t.test('M: what a process had in hand when it died is told by another', async () => {
    await until(async () => (await waiting(domain)) === 0);
    calls.length = 0;
    // A process that takes it and never comes back, as one that was killed.
    let taken = 0;
    let letGo = (): void => {};
    answer = () => {
      taken += 1;
      if (taken > 1) return Promise.resolve(ok);
      return new Promise((resolve) => {
        letGo = () => resolve(refusedAnswer);
      });
    };
    const { browser } = await begin(domain);
    await signOut(browser);
    await until(() => calls.length === 1);
    const other = await domain.another();
    domain.advance(61);
    await until(async () => (await waiting(domain)) === 0);
    assert.equal(calls.length, 2);
    letGo();
    await other.close();
  });
});

test('race: of several processes each telling is made by one', async (t) => {
  const calls: string[] = [];
  const options = {
    clients,
    fetchOutside: async (request: OutboundRequest): Promise<OutboundAnswer> => {
      calls.push(decodeJwt(tokenOf(request)).jti ?? '');
      return ok;
    },
  };
  const domain = await startDomain(t, never, {}, options);
  for (let round = 0; round < 6; round += 1) {
    const { browser } = await begin(domain);
    await signOut(browser);
  }
  assert.equal(await waiting(domain), 6, 'written with the end of the session, before anybody tells');
  const others: AuthorizationServer[] = await Promise.all(
    [1, 2, 3].map(() => domain.another({ logoutPollSeconds: 0.02 })),
  );
  await until(async () => (await waiting(domain)) === 0);
  await Promise.all(others.map((other) => other.close()));
  assert.equal(calls.length, 6);
  assert.equal(new Set(calls).size, 6);
});

test('H: what a stranger has registered is never asked for on this machine or in private networks', async (t) => {
  const calls: OutboundRequest[] = [];
  const declared = createClientRegistry(clients);
  const domain = await startDomain(
    t,
    { logoutPollSeconds: 0.05 },
    {},
    {
      clients,
      outbound: { dangerouslyAllowLoopback: true },
      registry: {
        ...declared,
        find: async (id) => {
          const client = await declared.find(id);
          return id === 'other' && client !== undefined ? { ...client, registered: 'listed' } : client;
        },
      },
      fetchOutside: async (request) => {
        calls.push(request);
        return ok;
      },
    },
  );
  const browser = createBrowser(domain.server, issuer);
  await begin(domain, { browser });
  await begin(domain, { browser, clientId: 'other' });
  await signOut(browser);
  await until(() => calls.length === 2);
  const of = (host: string) => calls.find(({ url }) => url.includes(host));
  assert.equal(of('app.example')?.dangerouslyAllowLoopback, true);
  assert.equal(of('other.example')?.dangerouslyAllowLoopback, undefined);
});

test('what an app may say of signing out', () => {
  const base = { client_id: 'a', redirect_uris: ['https://a.example/cb'] };
  const fails = (metadata: object): boolean => {
    try {
      createClientRegistry([{ ...base, ...metadata }]);
      return false;
    } catch {
      return true;
    }
  };
  assert.equal(
    fails({ post_logout_redirect_uris: ['https://a.example/'], backchannel_logout_uri: 'https://a.example/out' }),
    false,
  );
  for (const wrong of [
    { post_logout_redirect_uris: 'https://a.example/' },
    { post_logout_redirect_uris: ['http://a.example/'] },
    { post_logout_redirect_uris: ['javascript:alert(1)'] },
    { post_logout_redirect_uris: ['https://a.example/#x'] },
    { backchannel_logout_uri: 'http://a.example/out' },
    { backchannel_logout_uri: 'https://a.example/out#x' },
    { backchannel_logout_uri: 7 },
    { backchannel_logout_session_required: 'yes' },
    { grant_types: ['refresh_token'], backchannel_logout_uri: 'https://a.example/out' },
  ]) {
    assert.ok(fails(wrong), JSON.stringify(wrong));
  }
});
