/** How long each class of app goes on: at each limit and one second past it, by a clock that is moved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientOf } from './clients.ts';
import { classOf } from './lifetimes.ts';
import { pageOf } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  claimsOf,
  codeFields,
  obtainTokens,
  refreshFields,
  signIn,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';

const day = 86_400;

const apps = {
  web: { request: {}, fields: {}, headers: basic('web') },
  native: {
    request: { client_id: 'native', redirect_uri: 'com.example.app:/cb' },
    fields: { client_id: 'native', redirect_uri: 'com.example.app:/cb' },
    headers: {},
  },
  browser: { request: { client_id: 'browser' }, fields: { client_id: 'browser' }, headers: {} },
} as const;
type App = (typeof apps)[keyof typeof apps];

/** Signs in, chooses how long, and redeems. */
const begin = async (domain: TestDomain, app: App, duration: string, scope?: string): Promise<Tokens> => {
  const browser = domain.browser();
  const asked = { ...app.request, prompt: 'consent', ...(scope === undefined ? {} : { scope }) };
  const back = await allow(browser, await signIn(browser, authorizeUrl(asked)), { fields: { duration } });
  const answer = await domain.token(codeFields(answerOf(back).get('code') ?? '', app.fields), app.headers);
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as Tokens;
};

/** The next tokens, or the error. */
const go = async (domain: TestDomain, app: App, { refresh_token }: Tokens): Promise<Tokens | string> => {
  const { client_id } = { client_id: undefined, ...app.fields };
  const answer = await domain.token(
    refreshFields(refresh_token, client_id === undefined ? {} : { client_id }),
    app.headers,
  );
  const body = (await answer.json()) as Tokens & { error?: string };
  return answer.status === 200 ? body : (body.error ?? '');
};

const goOn = async (domain: TestDomain, app: App, tokens: Tokens): Promise<Tokens> => {
  const next = await go(domain, app, tokens);
  if (typeof next === 'string') return assert.fail(next);
  return next;
};

test('what class an app is of', () => {
  const of = (metadata: object) =>
    classOf(clientOf({ client_id: 'a', redirect_uris: ['https://a.example/cb'], ...metadata }));
  assert.equal(of({}), 'browser');
  assert.equal(of({ application_type: 'native' }), 'native');
  assert.equal(of({ redirect_uris: [] }), 'native');
  assert.equal(of({ client_secret: 'x'.repeat(16) }), 'confidential');
  assert.equal(of({ jwks_uri: 'https://a.example/jwks', application_type: 'native' }), 'confidential');
  assert.equal(of({ jwks_uri: 'https://a.example/jwks', grant_types: ['client_credentials'] }), 'service');
});

test('C29: confidential and native apps go on for three months from each use, until the person ends it', async (t) => {
  const domain = await startDomain(t);
  for (const app of [apps.web, apps.native]) {
    let tokens = await begin(domain, app, 'until-ended');
    for (let use = 0; use < 6; use += 1) {
      domain.advance(92 * day);
      tokens = await goOn(domain, app, tokens);
    }
    domain.advance(93 * day - 5);
    tokens = await goOn(domain, app, tokens);
    domain.advance(93 * day + 1);
    assert.equal(await go(domain, app, tokens), 'invalid_grant', 'not used for 93 days');
  }
  const held = [...domain.consents.held.values()].map(({ provision }) => (provision as { period: object }).period);
  assert.equal(held.length, 2);
  assert.ok(
    held.every((period) => !('end' in period)),
    'the Consent names no end',
  );
});

test('U5: what is chosen is what holds: a number of days is not moved by use', async (t) => {
  const domain = await startDomain(t);
  const tokens = await begin(domain, apps.web, '90');
  domain.advance(45 * day);
  const next = await goOn(domain, apps.web, tokens);
  domain.advance(45 * day - 5);
  const last = await goOn(domain, apps.web, next);
  assert.ok(last.expires_in <= 5);
  domain.advance(6);
  assert.equal(await go(domain, apps.web, last), 'invalid_grant');
});

test('C25: a page in a browser ends a day after the consent, however often it refreshes', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const shown = await pageOf(await signIn(browser, authorizeUrl(apps.browser.request)), 'consent');
  assert.deepEqual(
    shown.view.durations.map(({ value, days }) => [value, days]),
    [
      ['once', 'once'],
      ['longest', 1],
    ],
  );
  let tokens = await begin(domain, apps.browser, 'longest');
  for (let use = 0; use < 4; use += 1) {
    domain.advance(day / 4 - 3);
    tokens = await goOn(domain, apps.browser, tokens);
  }
  domain.advance(13);
  assert.equal(await go(domain, apps.browser, tokens), 'invalid_grant');
  const none = await begin(domain, apps.browser, '365');
  assert.equal(none.refresh_token, undefined, 'a time that was not offered is none');
});

test('C25: also where the grant is from a time when the app could keep a secret', async (t) => {
  const domain = await startDomain(t);
  const tokens = await begin(domain, apps.browser, 'longest');
  const { pool } = domain.database;
  await pool.query(`update authorization_grant set expires_at = expires_at + interval '300 days'`);
  await pool.query(`update refresh_token set expires_at = expires_at + interval '300 days'`);
  domain.consents.held.clear();
  const { grant_id } = claimsOf(tokens.access_token);
  await domain.server.giveConsents();
  await pool.query('update authorization_grant set consent_at = null where id = $1', [grant_id]);
  assert.equal(await domain.server.giveConsents(), 1);
  domain.advance(day - 5);
  const last = await goOn(domain, apps.browser, tokens);
  domain.advance(6);
  assert.equal(await go(domain, apps.browser, last), 'invalid_grant');
});

test('C05: an access token lives at most an hour, and a service’s five minutes, whatever is set', async (t) => {
  const domain = await startDomain(t, { accessTokenSeconds: 7_200, backendTokenSeconds: 900 });
  assert.equal((await obtainTokens(domain)).expires_in, 3_600);
  const answer = await domain.token({
    grant_type: 'client_credentials',
    scope: 'system/Patient.rs',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await domain.assertion(),
  });
  assert.equal(((await answer.json()) as Tokens).expires_in, 300);
});

test('C20: without being asked for, allowed and chosen, there is no refresh token', async (t) => {
  const domain = await startDomain(t);
  const plain = 'openid launch/patient patient/Observation.rs';
  assert.equal((await begin(domain, apps.web, 'until-ended', plain)).refresh_token, undefined);
  assert.equal((await begin(domain, apps.web, 'once', `${plain} offline_access`)).refresh_token, undefined);
  const refused = await obtainTokens(domain, { prompt: 'consent' }, ['offline_access']);
  assert.equal(refused.refresh_token, undefined);
  assert.doesNotMatch(refused.scope, /offline_access/);
});
