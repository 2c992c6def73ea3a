/** The pages on which somebody connects a device: hardened, slow to guess at, and easy to leave. RFC 8628 §3.3, §5.1, §5.4. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOf } from './testing/browser.ts';
import { askForDevice, devicePage, errorOf, poll, startDevice, toConsent, typeCode } from './testing/device.ts';
import { allow, issuer, startDomain } from './testing/domain.ts';

test('C54, Q07, Q30: wrong codes are counted, from one address and altogether; right ones are not', async (t) => {
  const device = { codeSeconds: 600, pollSeconds: 5, requestsPerAddress: 8, requestsAltogether: 12 };
  const limits = { device: { ...device, entriesPerAddress: 3, entriesAltogether: 5 } };
  const domain = await startDomain(t, limits);
  const { user_code: userCode } = await startDevice(domain);
  const from = (address: string) => Object.assign(domain.browser(), { address });
  const browser = from('198.51.100.1');
  for (let at = 0; at < 5; at++) assert.equal((await typeCode(browser, userCode)).status, 200);
  const wrong = await Promise.all(
    Array.from({ length: 8 }, (_, at) => typeCode(from('198.51.100.1'), `BCDF-GHJ${'KLMNPQRS'[at]}`)),
  );
  assert.deepEqual(wrong.map(({ status }) => status).sort(), [400, 400, 400, 429, 429, 429, 429, 429]);
  const throttled = wrong.find(({ status }) => status === 429);
  assert.ok(Number(throttled?.headers.get('retry-after')) > 0);
  assert.equal((await typeCode(browser, userCode)).status, 429, 'the right one is not looked at either');
  const others = [];
  for (let at = 0; at < 3; at++) others.push((await typeCode(from(`203.0.113.${at}`), 'BCDF-GHJK')).status);
  assert.deepEqual(others, [400, 400, 429], 'altogether');
  const entered = domain.audit.filter(({ event, outcome }) => event === 'device-code-entered' && outcome === 'denied');
  assert.equal(entered.length, 8 + 1 + 3);
  assert.ok(!JSON.stringify(domain.audit).includes('BCDF'), 'what was typed is not recorded');

  const asked = [];
  for (let at = 0; at < 9; at++) asked.push((await askForDevice(domain.server)).status);
  assert.deepEqual(asked.slice(6), [200, 429, 429], 'devices that ask are counted too');
});

test('Q03, Q04, U16: the pages of devices are hardened, and take a form only from themselves', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const { user_code: userCode } = await startDevice(domain);
  const shown = await browser.open(`${devicePage}?user_code=${userCode}`);
  const end = await browser.open(`${issuer}/device/done?state=7b0d9a52-0000-4000-8000-000000000000`);
  assert.equal(end.status, 404);
  for (const response of [shown, end, await typeCode(domain.browser(), userCode)]) {
    assert.match(response.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'.*base-uri 'none'/);
    assert.equal(response.headers.get('x-frame-options'), 'DENY');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(response.headers.get('access-control-allow-origin'), null);
  }
  assert.match(shown.headers.getSetCookie().join(), /^affinity-device=.*Path=\/auth\/device;.*HttpOnly; SameSite=Lax/);
  const page = await pageOf(shown, 'device-code');
  const post = (fields: Record<string, string>, headers: Record<string, string> = {}, from = browser) =>
    from.send(devicePage, {
      method: 'POST',
      headers: { origin: 'http://localhost:4000', 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ csrf: page.view.csrf, user_code: userCode, ...fields }).toString(),
    });
  assert.equal((await post({})).status, 200);
  assert.equal((await post({ csrf: 'x' })).status, 403);
  assert.equal((await post({ csrf: '' })).status, 403);
  assert.equal((await post({}, { origin: 'http://evil.example' })).status, 403);
  assert.equal((await post({}, { origin: 'null', 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await post({}, {}, domain.browser())).status, 400, 'another browser');
  const other = domain.browser();
  await other.open(devicePage);
  assert.equal((await post({}, {}, other)).status, 403, 'the proof of another browser');
  assert.equal((await browser.send(devicePage, { method: 'PUT' })).status, 405);
  assert.equal((await browser.send(`${issuer}/device/done`, { method: 'POST' })).status, 405);
  const get = await domain.server.fetch(new Request(`${issuer}/device_authorization`), {});
  assert.equal(get.status, 405);
});

test('C54: no, before the sign-in or after it, is told to the device', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const first = await startDevice(domain);
  const page = await pageOf(await typeCode(browser, first.user_code), 'device');
  const stopped = await browser.submit(page, { user_code: page.view.code, decision: 'refuse' });
  assert.equal((await pageOf(stopped, 'device-end')).view.result, 'refused');
  assert.equal(await errorOf(await poll(domain.server, first.device_code)), 'access_denied');

  const second = await startDevice(domain);
  const consent = await toConsent(browser, second.user_code);
  const denied = await allow(browser, consent.clone(), { fields: { decision: 'deny' } });
  assert.equal((await pageOf(denied, 'device-end')).view.result, 'refused');
  assert.equal(await errorOf(await poll(domain.server, second.device_code)), 'access_denied');
  // the same page once more, by the back button: what was decided stands
  const again = await allow(browser, consent);
  assert.equal((await pageOf(again, 'device-end')).view.result, 'refused');
  domain.advance(5);
  assert.equal(await errorOf(await poll(domain.server, second.device_code)), 'access_denied');
  const denials = domain.audit.filter(({ event }) => event === 'consent-denied');
  assert.deepEqual(
    denials.map(({ user, client }) => [user, client]),
    [
      [undefined, 'scale'],
      [domain.ana, 'scale'],
    ],
  );
});
