/** Devices and servers in between: codes guessed, talked out of people, raced for; tokens handed on. RFC 8628 §5; RFC 8693 §5. */
import assert from 'node:assert/strict';
import {
  deviceGrant,
  devicePage,
  goOn,
  poll,
  startDevice,
  toConsent,
  typeCode,
} from '@affinity/authorization-server/testing/device.ts';
import {
  allow,
  authorizeUrl,
  basic,
  clinic,
  hospital,
  issuer,
  postForm,
  type TestDomain,
} from '@affinity/authorization-server/testing/domain.ts';
import { createClinic, observation } from '@affinity/resource-server/testing/clinic.ts';
import {
  type Attack,
  assertRefused,
  assertStaysHere,
  createBrowser,
  pageOf,
  postAs,
  tokensOfVictim,
} from './attack.ts';

const exchange = (domain: TestDomain, token: string, fields = {}, client = 'gateway'): Promise<Response> =>
  domain.token(
    {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: hospital,
      ...fields,
    },
    basic(client),
  );

/** The grants of the victim know them at the hospital, too. */
const tokenOfVictim = async (domain: TestDomain): Promise<string> => {
  const { access_token: token } = await tokensOfVictim(domain);
  const servers = JSON.stringify([
    { base: clinic, patient: 'p1' },
    { base: hospital, patient: 'h1' },
  ]);
  await domain.database.pool.query('update authorization_grant set servers = $1', [servers]);
  return token;
};

const allowedDevice = async (domain: TestDomain) => {
  const browser = domain.browser();
  const made = await startDevice(domain);
  await allow(browser, await toConsent(browser, made.user_code));
  return made;
};

export const attacksOnDevices: readonly Attack[] = [
  {
    name: 'device: a code fetched by another app',
    section: 'RFC 8628 §5.2',
    run: async (domain) => {
      const { device_code: code } = await allowedDevice(domain);
      const fields = { grant_type: deviceGrant, device_code: code };
      await assertRefused(await domain.token(fields, basic('monitor')), 'invalid_grant', 400);
      assert.equal((await poll(domain.server, code)).status, 200, 'the device is not locked out');
    },
  },
  {
    name: 'device: a code presented again',
    section: 'RFC 8628 §5.2',
    run: async (domain) => {
      const { device_code: code } = await allowedDevice(domain);
      const { access_token: token } = (await (await poll(domain.server, code)).json()) as { access_token: string };
      domain.advance(10);
      await assertRefused(await poll(domain.server, code), 'invalid_grant', 400);
      const about = await postForm(domain.server, '/introspect', { token }, basic('clinic'));
      assert.deepEqual(await about.json(), { active: false });
    },
  },
  {
    name: 'device: user codes guessed',
    section: 'RFC 8628 §5.1',
    run: async (domain) => {
      const browser = Object.assign(domain.browser(), { address: '198.51.100.77' });
      const statuses = [];
      for (let at = 0; at < 25; at++) statuses.push((await typeCode(browser, 'BCDF-GHJK')).status);
      assert.ok(statuses.includes(429), statuses.join());
    },
  },
  {
    name: 'device: a link that allows by being opened',
    section: 'RFC 8628 §3.3.1, §5.4',
    run: async (domain) => {
      const victim = domain.browser();
      const { verification_uri_complete: link } = await startDevice(domain);
      const shown = await pageOf(await victim.open(link), 'device-code');
      const next = await pageOf(await victim.submit(shown, { user_code: shown.view.code ?? '' }), 'device');
      assert.ok(next.view.app.device !== undefined, 'the code to compare');
      // pressing there is the person's to do: by themselves the pages go nowhere
      assert.ok(![...victim.cookies.values()].some(({ name }) => name.endsWith('affinity-interaction')));
    },
  },
  {
    name: 'device: another site presses the button',
    section: 'RFC 8628 §5.4; RFC 9700 §4.7',
    run: async (domain) => {
      const victim = domain.browser();
      await victim.open(devicePage);
      const own = createBrowser(domain.server, issuer);
      const { user_code: code } = await startDevice(domain);
      const { view } = await pageOf(await own.open(devicePage), 'device-code');
      const fields = { user_code: code, decision: 'connect', csrf: view.csrf };
      for (const headers of [{ origin: 'https://attacker.example' }, { origin: 'http://localhost:4000' }]) {
        const response = await postAs(victim, devicePage, fields, headers);
        assert.equal(response.status, 403, JSON.stringify(headers));
      }
    },
  },
  {
    name: 'device: the return of devices as an app’s address',
    section: '4.1.1',
    run: async (domain) => {
      const url = authorizeUrl({ client_id: 'monitor', redirect_uri: `${issuer}/device/done` });
      const shown = await pageOf(await domain.browser().open(url), 'error');
      assert.equal(shown.view.kind, 'bad-return-address');
    },
  },
  {
    name: 'device: two people with one code',
    section: 'RFC 8628 §5.4',
    run: async (domain) => {
      const [ana, doctor] = [domain.browser(), domain.browser()];
      const { user_code: code, device_code: deviceCode } = await startDevice(domain, { scope: 'user/Observation.rs' });
      const late = await toConsent(doctor, code, 'doctor');
      assert.equal((await allow(ana, await toConsent(ana, code))).status, 200);
      const lost = await allow(doctor, late);
      assertStaysHere(lost);
      assert.equal(lost.status, 409);
      const { access_token: token } = (await (await poll(domain.server, deviceCode)).json()) as {
        access_token: string;
      };
      const about = await postForm(domain.server, '/introspect', { token }, basic('clinic'));
      assert.equal(((await about.json()) as { sub: string }).sub, domain.ana);
    },
  },
  {
    name: 'device: what was allowed before, taken for allowed',
    section: 'RFC 8628 §5.4',
    run: async (domain) => {
      const browser = domain.browser();
      const ask = { scope: 'user/Observation.rs offline_access', aud: clinic };
      const start = async () => {
        const made = await postForm(domain.server, '/device_authorization', ask, basic('monitor'));
        return (await made.json()) as { user_code: string; device_code: string };
      };
      const first = await start();
      await allow(browser, await toConsent(browser, first.user_code));
      const fields = { grant_type: deviceGrant, device_code: first.device_code };
      assert.equal((await domain.token(fields, basic('monitor'))).status, 200);
      await pageOf(await goOn(browser, (await start()).user_code), 'consent');
    },
  },
  {
    name: 'exchange: a token that was meant for another server',
    section: 'RFC 8693 §5; 4.9.1',
    run: async (domain) => {
      const token = await tokenOfVictim(domain);
      await assertRefused(await exchange(domain, token, { resource: clinic }, 'hospital'), 'invalid_request', 400);
    },
  },
  {
    name: 'exchange: for a server that was not agreed',
    section: 'RFC 8693 §5',
    run: async (domain) => {
      await assertRefused(
        await exchange(domain, await tokenOfVictim(domain), { resource: clinic }),
        'invalid_target',
        400,
      );
    },
  },
  {
    name: 'exchange: more scope than the token has',
    section: 'RFC 8693 §5',
    run: async (domain) => {
      const token = await tokenOfVictim(domain);
      await assertRefused(await exchange(domain, token, { scope: 'patient/*.cruds' }), 'invalid_scope', 400);
    },
  },
  {
    name: 'exchange: the patient’s id of one server at another',
    section: 'SMART App Launch 2.2, launch/patient',
    run: async (domain) => {
      const { access_token: token } = await tokensOfVictim(domain);
      await domain.database.pool.query('update authorization_grant set servers = null');
      await assertRefused(await exchange(domain, token), 'invalid_target', 400);
    },
  },
  {
    name: 'exchange: on and on',
    section: 'RFC 8693 §4.1',
    run: async (domain) => {
      let token = await tokenOfVictim(domain);
      let client = 'gateway';
      for (let hops = 0; hops < 3; hops++, client = 'hospital') {
        const response = await exchange(domain, token, {}, client);
        assert.equal(response.status, 200);
        ({ access_token: token } = (await response.json()) as { access_token: string });
      }
      await assertRefused(await exchange(domain, token, {}, 'hospital'), 'invalid_request', 400);
    },
  },
  {
    name: 'exchange: who holds the token speaks as the app',
    section: 'RFC 8693 §1.1',
    run: async (domain) => {
      const response = await exchange(domain, await tokenOfVictim(domain));
      const { access_token: token } = (await response.json()) as { access_token: string };
      const bearer = { authorization: `Bearer ${token}` };
      assert.equal((await postForm(domain.server, '/introspect', { token }, bearer)).status, 401);
    },
  },
  {
    name: 'exchange: a chain of actors that says nothing',
    section: 'RFC 8693 §4.1',
    run: async () => {
      const place = await createClinic();
      await place.put(observation('o1', 'a', 'laboratory'));
      assert.equal((await place.send('/Observation/o1', await place.token({ act: { sub: 'gateway' } }))).status, 200);
      assert.equal((await place.send('/Observation/o1', await place.token({ act: { sub: '' } }))).status, 401);
    },
  },
];
