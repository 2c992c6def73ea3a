/** Devices: what is asked, what a person sees before and after, and what the device is told meanwhile. RFC 8628. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProver } from '@affinity/proof/testing/prover.ts';
import { purgeExpired } from './purge.ts';
import { defaultSettings } from './settings.ts';
import { pageOf } from './testing/browser.ts';
import {
  askForDevice,
  deviceGrant,
  devicePage,
  deviceScope,
  errorOf,
  goOn,
  poll,
  startDevice,
  toConsent,
  typeCode,
} from './testing/device.ts';
import {
  allow,
  authorizeUrl,
  basic,
  claimsOf,
  clinic,
  issuer,
  refreshFields,
  signIn,
  startDomain,
  type Tokens,
} from './testing/domain.ts';
import { appCallback, register, startRegistration } from './testing/registration.ts';
import { endUnclaimedGrants } from './unclaimed-devices.ts';

test('C54: what a device may ask for is checked as an authorization request is', async (t) => {
  const domain = await startDomain(t);
  const ask = (fields: Parameters<typeof askForDevice>[1], headers = {}) =>
    askForDevice(domain.server, fields, headers);
  const faults: readonly [Parameters<typeof askForDevice>[1], string, Record<string, string>?][] = [
    [{ aud: '' }, 'invalid_request'],
    [{ aud: 'https://evil.example/fhir' }, 'invalid_target'],
    [{ resource: 'https://evil.example/fhir' }, 'invalid_target'],
    [{ scope: '' }, 'invalid_scope'],
    [{ scope: 'system/Observation.rs' }, 'invalid_scope'],
    [{ launch: 'x' }, 'invalid_request'],
    [{ purpose_of_use: 'TREAT' }, 'invalid_request'],
    [{ scope: [deviceScope, deviceScope] }, 'invalid_request'],
    [{ client_id: 'browser' }, 'unauthorized_client'],
    [{ client_id: 'web' }, 'invalid_client'],
    [{ client_id: 'monitor' }, 'invalid_client'],
    [{ client_id: 'monitor', purpose_of_use: 'BTG' }, 'invalid_request', basic('monitor')],
  ];
  for (const [fields, error, headers] of faults) {
    const response = await ask(fields, headers);
    assert.deepEqual([response.status, await errorOf(response)], [error === 'invalid_client' ? 401 : 400, error]);
  }
  assert.equal((await ask({ client_id: 'monitor', purpose_of_use: 'HRESCH' }, basic('monitor'))).status, 200);
  assert.equal((await ask({ aud: '', resource: clinic })).status, 200);
  const asked = domain.audit.filter(({ event }) => event === 'device-authorization');
  assert.deepEqual(
    asked.map(({ client, outcome, purpose }) => [client, outcome, purpose]),
    [
      ['monitor', 'permitted', 'HRESCH'],
      ['scale', 'permitted', undefined],
    ],
  );
  // the return of a device is no address that a request from outside may name
  const outside = authorizeUrl({ client_id: 'monitor', redirect_uri: `${issuer}/device/done` });
  const { view } = await pageOf(await domain.browser().open(outside), 'error');
  assert.equal(view.kind, 'bad-return-address');
  const noApp = authorizeUrl({ client_id: 'scale', redirect_uri: `${issuer}/device/done` });
  assert.equal((await pageOf(await domain.browser().open(noApp), 'error')).view.kind, 'unknown-app');
});

test('C54: from the code to tokens that are refreshed, with the launch context and the sign-in', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const made = await startDevice(domain);
  assert.equal(await errorOf(await poll(domain.server, made.device_code)), 'authorization_pending');

  const entered = await pageOf(await browser.open(made.verification_uri_complete), 'device-code');
  assert.equal(entered.view.code, made.user_code, 'prefilled, and still to be pressed');
  const confirming = await pageOf(await browser.submit(entered, { user_code: made.user_code }), 'device');
  assert.deepEqual(confirming.view.app, { clientId: 'scale', name: 'Kitchen Scale', device: made.user_code });
  const next = await browser.submit(confirming, { user_code: made.user_code, decision: 'connect' });
  const signing = await pageOf(next, 'sign-in');
  assert.deepEqual(signing.view.app, confirming.view.app, 'what waits is said while somebody signs in');
  const consent = await browser.submit(signing, { username: 'ana', password: 'correct horse' });
  const { view } = await pageOf(consent.clone(), 'consent');
  assert.deepEqual([view.app.device, view.app.returnsTo], [made.user_code, undefined]);
  const end = await allow(browser, consent);
  assert.equal(end.status, 200);
  assert.deepEqual((await pageOf(end, 'device-end')).view, {
    result: 'allowed',
    app: 'Kitchen Scale',
    again: devicePage,
  });

  domain.advance(5);
  const answer = await poll(domain.server, made.device_code);
  assert.equal(answer.status, 200, await answer.clone().text());
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const tokens = (await answer.json()) as Tokens;
  assert.equal(tokens.patient, 'p1');
  assert.equal(tokens.scope, deviceScope);
  const { sub, aud, client_id, grant_id } = claimsOf(tokens.access_token);
  assert.deepEqual([sub, aud, client_id], [domain.ana, clinic, 'scale']);
  const { auth_time: authTime, aud: app } = claimsOf(tokens.id_token ?? '');
  assert.ok(typeof authTime === 'number' && app === 'scale');
  const { rows } = await domain.database.pool.query('select session_uid, amr from authorization_grant where id = $1', [
    grant_id,
  ]);
  assert.deepEqual(rows[0]?.amr, ['pwd']);
  assert.ok(rows[0]?.session_uid !== null);
  const refreshed = await domain.token(refreshFields(tokens.refresh_token, { client_id: 'scale' }));
  assert.equal(refreshed.status, 200);

  assert.deepEqual(
    domain.audit.map(({ event, outcome }) => `${event} ${outcome}`),
    [
      'device-authorization permitted',
      'device-code-entered permitted',
      'sign-in permitted',
      'patient-shown permitted',
      'patient-shown permitted',
      'consent-granted permitted',
      'token-issued permitted',
      'token-refreshed permitted',
    ],
  );
  // no code of the authorization endpoint was ever made
  const codes = await domain.database.pool.query(`select from authorization_state where model = 'AuthorizationCode'`);
  assert.equal(codes.rowCount, 0);
});

test('C54: pending, slow_down with five seconds more each time, expired_token; the code is bound to its app', async (t) => {
  const domain = await startDomain(t);
  const { device_code: code, user_code: userCode } = await startDevice(domain);
  const ask = async (): Promise<string> => errorOf(await poll(domain.server, code));
  assert.equal(await ask(), 'authorization_pending');
  domain.advance(3);
  assert.equal(await ask(), 'slow_down');
  domain.advance(7);
  assert.equal(await ask(), 'slow_down', 'ten seconds now');
  domain.advance(12);
  assert.equal(await ask(), 'slow_down', 'fifteen');
  domain.advance(20);
  assert.equal(await ask(), 'authorization_pending', 'twenty, and not sooner');

  for (const [fields, error] of [
    [{ device_code: '' }, 'invalid_request'],
    [{ device_code: 'A'.repeat(43) }, 'invalid_grant'],
    [{ device_code: userCode }, 'invalid_grant'],
    [{ client_id: 'browser' }, 'unauthorized_client'],
  ] as const) {
    assert.equal(await errorOf(await poll(domain.server, code, fields)), error);
  }
  const other = await domain.token({ grant_type: deviceGrant, device_code: code }, basic('monitor'));
  assert.equal(await errorOf(other), 'invalid_grant', 'of another app');

  domain.advance(600 - 3 - 7 - 12 - 20 - 30);
  assert.equal(await ask(), 'authorization_pending', 'as long as it lives');
  const consent = await toConsent(domain.browser(), userCode);
  domain.advance(30);
  assert.equal(await ask(), 'expired_token');
  assert.equal(
    (await pageOf(await typeCode(domain.browser(), userCode), 'device-code')).view.fault?.kind,
    'unknown-code',
  );
  const browser = domain.browser();
  assert.ok(consent.ok && browser.cookies.size === 0);
  const refusals = domain.audit.filter(({ event }) => event === 'token-refused');
  assert.equal(refusals.length, 5, 'what decides nothing is not recorded');
});

test('C54: an expired code is allowed by nobody, and leaves no grant', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const { device_code: code, user_code: userCode } = await startDevice(domain);
  const consent = await toConsent(browser, userCode);
  domain.advance(601);
  assert.equal((await pageOf(await allow(browser, consent), 'error')).view.kind, 'device-gone');
  assert.equal(await errorOf(await poll(domain.server, code)), 'expired_token');
  const { rowCount } = await domain.database.pool.query('select from authorization_grant');
  assert.equal(rowCount, 0);
});

test('a device asks each time, and is asked about even where somebody is signed in and allowed it before', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  await signIn(browser, authorizeUrl({ client_id: 'browser' }));
  for (let round = 0; round < 2; round++) {
    const made = await startDevice(domain);
    const end = await allow(browser, await goOn(browser, made.user_code));
    assert.equal((await pageOf(end, 'device-end')).view.result, 'allowed');
    assert.equal((await poll(domain.server, made.device_code)).status, 200);
  }
});

test('a code that is presented again later ends what it gave; what the person or the Consent took back is not given', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const connect = async () => {
    const made = await startDevice(domain);
    const shown = browser.cookies.has('/ affinity-session')
      ? await goOn(browser, made.user_code)
      : await toConsent(browser, made.user_code);
    await allow(browser, shown);
    return made;
  };
  const made = await connect();
  const tokens = (await (await poll(domain.server, made.device_code)).json()) as Tokens;
  assert.equal(await errorOf(await poll(domain.server, made.device_code)), 'slow_down', 'too soon to be judged');
  domain.advance(30);
  assert.equal(await errorOf(await poll(domain.server, made.device_code)), 'invalid_grant');
  assert.ok(domain.audit.some(({ event }) => event === 'code-replayed'));
  const refresh = await domain.token(refreshFields(tokens.refresh_token, { client_id: 'scale' }));
  assert.equal(await errorOf(refresh), 'invalid_grant');

  const withdrawn = await connect();
  for (const [id, consent] of domain.consents.held) domain.consents.held.set(id, { ...consent, status: 'inactive' });
  assert.equal(await errorOf(await poll(domain.server, withdrawn.device_code)), 'invalid_grant');

  // allowed for this time only, by somebody who has signed out since
  const once = await startDevice(domain);
  await allow(browser, await goOn(browser, once.user_code), { fields: { duration: 'once' } });
  await domain.database.pool.query('update sign_in_session set ended_at = now()');
  assert.equal(await errorOf(await poll(domain.server, once.device_code)), 'invalid_grant');
  browser.cookies.clear();

  const gone = await connect();
  await domain.people.disable(domain.ana, domain.now());
  assert.equal(await errorOf(await poll(domain.server, gone.device_code)), 'invalid_grant');
});

test('a person without a right to the purpose is refused, and the device is told', async (t) => {
  const domain = await startDomain(t);
  const response = await askForDevice(
    domain.server,
    { client_id: 'monitor', purpose_of_use: 'HRESCH' },
    basic('monitor'),
  );
  const made = (await response.json()) as { device_code: string; user_code: string };
  const end = await toConsent(domain.browser(), made.user_code);
  assert.equal((await pageOf(end, 'device-end')).view.result, 'refused');
  const polled = await domain.token({ grant_type: deviceGrant, device_code: made.device_code }, basic('monitor'));
  assert.equal(await errorOf(polled), 'access_denied');
});

test('C54: what a device never came for ends with its Consent, and the row is forgotten a day later', async (t) => {
  const domain = await startDomain(t);
  const { pool } = domain.database;
  const browser = domain.browser();
  const never = await startDevice(domain);
  await allow(browser, await toConsent(browser, never.user_code));
  const fetched = await startDevice(domain);
  await allow(browser, await goOn(browser, fetched.user_code));
  assert.equal((await poll(domain.server, fetched.device_code)).status, 200);
  const ends = async (): Promise<unknown[]> =>
    (await pool.query('select ended_reason from authorization_grant order by created_at')).rows.map(
      ({ ended_reason }) => ended_reason,
    );
  const sweep = () => endUnclaimedGrants({ pool, consents: domain.consents }, domain.now());
  domain.advance(600 + 30);
  await sweep();
  assert.deepEqual(await ends(), [null, null], 'somebody may be on the way');
  domain.advance(40);
  await sweep();
  assert.deepEqual(await ends(), ['never-fetched', null]);
  assert.deepEqual([...domain.consents.held.values()].map(({ status }) => status).sort(), ['active', 'inactive']);
  const left = async (): Promise<unknown> => (await pool.query('select from device_authorization')).rowCount;
  await purgeExpired(pool, defaultSettings);
  assert.equal(await left(), 2);
  await pool.query("update device_authorization set expires_at = now() - interval '25 hours'");
  await purgeExpired(pool, defaultSettings);
  assert.equal(await left(), 0);
});

test('C54: tokens of a device are bound to the key that it proves; an app that nobody vouches for has no devices', async (t) => {
  const domain = await startRegistration(t);
  const browser = domain.browser();
  const made = await startDevice(domain);
  await allow(browser, await toConsent(browser, made.user_code));
  const prover = await createProver();
  const proof = await prover.proof({ method: 'POST', url: `${issuer}/token` });
  const fields = { grant_type: deviceGrant, device_code: made.device_code, client_id: 'scale' };
  const tokens = (await (await domain.token(fields, { dpop: proof })).json()) as Tokens;
  assert.equal(tokens.token_type, 'DPoP');
  assert.deepEqual(claimsOf(tokens.access_token).cnf, { jkt: prover.jkt });
  const stolen = await domain.token(refreshFields(tokens.refresh_token, { client_id: 'scale' }));
  assert.equal(stolen.status, 400, 'the refresh token too');

  const { client_id: id, grant_types: kept } = await register(domain, {
    redirect_uris: [appCallback],
    grant_types: ['authorization_code', deviceGrant],
    token_endpoint_auth_method: 'none',
  });
  assert.deepEqual(kept, ['authorization_code']);
  assert.equal(await errorOf(await askForDevice(domain.server, { client_id: id })), 'unauthorized_client');
});
