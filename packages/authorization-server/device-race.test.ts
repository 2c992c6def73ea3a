/** One device, one decision, one answer with tokens, whoever asks at the same moment. RFC 8628 §3.3, §3.5. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBrowser, pageOf, type TestBrowser } from './testing/browser.ts';
import { errorOf, goOn, poll, startDevice, toConsent } from './testing/device.ts';
import { allow, issuer, startDomain } from './testing/domain.ts';

test('C54, race: of eight polls at once on two servers exactly one gets the tokens; of two decisions one holds', async (t) => {
  const domain = await startDomain(t, {
    device: {
      codeSeconds: 600,
      pollSeconds: 5,
      entriesPerAddress: 1000,
      entriesAltogether: 1000,
      requestsPerAddress: 1000,
      requestsAltogether: 1000,
    },
  });
  const servers = [domain.server, await domain.another()] as const;
  const [ana, ben] = [domain.browser(), createBrowser(servers[1], issuer)];
  const start = async (browser: TestBrowser, username: string): Promise<void> => {
    const { user_code: code } = await startDevice(domain);
    await toConsent(browser, code, username);
  };
  await start(ana, 'ana');
  await start(ben, 'doctor');
  const grants = async (): Promise<number> =>
    (await domain.database.pool.query('select from authorization_grant')).rowCount ?? 0;

  await t.test('eight polls', async () => {
    for (let round = 0; round < 20; round++) {
      const { device_code: code, user_code: userCode } = await startDevice(domain);
      await allow(ana, await goOn(ana, userCode));
      const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => poll(servers[at % 2 ? 1 : 0], code)));
      assert.equal(answers.filter(({ status }) => status === 200).length, 1, `round ${round}`);
      const errors = await Promise.all(answers.filter(({ status }) => status !== 200).map(errorOf));
      assert.deepEqual(new Set(errors), new Set(['slow_down']));
    }
  });

  await t.test('polls that nobody holds back: still one, and the others are a replay', async () => {
    for (let round = 0; round < 10; round++) {
      const { device_code: code, user_code: userCode } = await startDevice(domain);
      await allow(ana, await goOn(ana, userCode));
      await domain.database.pool.query('update device_authorization set poll_seconds = 0');
      const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => poll(servers[at % 2 ? 1 : 0], code)));
      assert.equal(answers.filter(({ status }) => status === 200).length, 1, `round ${round}`);
    }
  });

  await t.test('yes and no in two tabs', async () => {
    const results = new Set<string>();
    for (let round = 0; round < 12; round++) {
      const { device_code: code, user_code: userCode } = await startDevice(domain);
      const shown = await goOn(ana, userCode);
      const before = await grants();
      const decide = (decision: string) => allow(ana, shown.clone(), { fields: { decision } });
      const both = round % 2 ? ['allow', 'deny'] : ['deny', 'allow'];
      const ends = await Promise.all((await Promise.all(both.map(decide))).map((end) => pageOf(end, 'device-end')));
      const [one, other] = ends.map(({ view }) => view.result);
      assert.equal(one, other, 'both tabs say what was decided');
      const polled = await poll(domain.server, code);
      assert.equal(
        one === 'allowed' ? polled.status : await errorOf(polled),
        one === 'allowed' ? 200 : 'access_denied',
      );
      assert.equal(await grants(), before + (one === 'allowed' ? 1 : 0), 'what lost left nothing');
      results.add(String(one));
    }
    assert.ok(results.size > 0);
  });

  await t.test('two people with the same code', async () => {
    for (let round = 0; round < 12; round++) {
      const { device_code: code, user_code: userCode } = await startDevice(domain, { scope: 'user/Observation.rs' });
      const shown = await Promise.all([ana, ben].map((browser) => goOn(browser, userCode)));
      const before = await grants();
      const ends = await Promise.all(
        [ana, ben].map(async (browser, at) => allow(browser, shown[at] ?? assert.fail('no page'))),
      );
      assert.deepEqual(ends.map(({ status }) => status).sort(), [200, 409], `round ${round}`);
      const lost = ends.find(({ status }) => status === 409) ?? assert.fail('nobody lost');
      assert.equal((await pageOf(lost, 'error')).view.kind, 'device-gone');
      assert.equal(await grants(), before + 1);
      const tokens = await poll(domain.server, code);
      assert.equal(tokens.status, 200);
    }
  });
});
