/** Signing in with a passkey, and every answer that is not one. WebAuthn Level 3 §7.1, §7.2, §13.4. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { hashOf } from './adapter.ts';
import { multiFactor } from './authentication-context.ts';
import { createChallenges } from './factors/challenge.ts';
import { createPasskeys, mostPasskeys } from './factors/passkeys.ts';
import { defaultSettings } from './settings.ts';
import { createAuthenticator, type Wrong } from './testing/authenticator.ts';
import { createBrowser, pageOf, type TestBrowser } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  claimsOf,
  codeFields,
  issuer,
  startDomain,
  type Tokens,
} from './testing/domain.ts';
import { enrolTotp, givePasskey } from './testing/factors.ts';

const url = authorizeUrl({ prompt: 'login consent', acr_values: multiFactor });
const open = async (browser: TestBrowser) => {
  const page = await pageOf(await browser.open(url), 'sign-in');
  return { page, options: page.view.passkey ?? assert.fail('no passkey is asked for') };
};

test('signing in with a passkey', async (t) => {
  const domain = await startDomain(t);
  const { pool } = domain.database;
  const authenticator = createAuthenticator();
  await givePasskey(domain, domain.ana, authenticator);
  await enrolTotp(domain, domain.ana);
  const other = await domain.another();

  await t.test('one press, no name and no second step: two factors, and the tokens say so (B32)', async () => {
    const browser = domain.browser();
    const { page, options } = await open(browser);
    assert.doesNotMatch(options, /allowCredentials":\[\{|ana|user"/i, 'the question names somebody');
    assert.match(options, /"userVerification":"required"/);
    const back = answerOf(await allow(browser, await browser.submit(page, { passkey: authenticator.get(options) })));
    const tokens = (await (await domain.token(codeFields(back.get('code') ?? ''), basic('web'))).json()) as Tokens;
    const { acr, amr, sub } = claimsOf(tokens.id_token ?? '');
    assert.deepEqual([acr, amr, sub], [multiFactor, ['hwk', 'user', 'mfa'], domain.ana]);
  });

  await t.test('whatever is wrong with an answer, it is refused, and all of it looks the same (Q06)', async () => {
    const ben = (await domain.people.findNamed('ben'))?.sub ?? assert.fail();
    const wrongs: readonly Wrong[] = [
      { origin: 'https://evil.example' },
      { origin: 'http://localhost:4001' },
      { origin: 'http://localhost:4000/' },
      { rpId: 'evil.example' },
      { type: 'webauthn.create' },
      { challenge: Buffer.alloc(54).toString('base64url') },
      { challenge: '' },
      { flags: 0x01 },
      { flags: 0x04 },
      { flags: 0 },
      { counter: 1 },
      { userHandle: Buffer.from(ben).toString('base64url') },
      { userHandle: '' },
      { id: createAuthenticator().id },
      { forged: true },
      { crossOrigin: true },
    ];
    const answers: unknown[] = [];
    const tryIt = async (make: (options: string) => string, what: string): Promise<void> => {
      const browser = domain.browser();
      const { page, options } = await open(browser);
      const response = await browser.submit(page, { passkey: make(options) });
      assert.equal(response.status, 400, what);
      assert.equal(response.headers.get('location'), null);
      const { view } = await pageOf(response.clone(), 'sign-in');
      answers.push({ status: response.status, fault: view.fault, headers: [...response.headers.keys()].sort() });
      const pages = await pageOf(await browser.open(url), 'sign-in');
      assert.ok(pages, 'somebody is signed in');
    };
    for (const wrong of wrongs) await tryIt((options) => authenticator.get(options, wrong), JSON.stringify(wrong));
    for (const text of ['x', '{', 'null', '[]', '{"id":1}', '{"id":"a","response":1}', `{"id":"a","response":{}}`])
      await tryIt(() => text, text);
    for (const member of ['clientDataJSON', 'authenticatorData', 'signature'])
      for (const value of [1, null, '', '!', 'AAAA', 'x'.repeat(5000)])
        await tryIt((options) => {
          const answer = JSON.parse(authenticator.get(options)) as { response: Record<string, unknown> };
          answer.response[member] = value;
          return JSON.stringify(answer);
        }, `${member}: ${value}`);
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.ok(domain.audit.some(({ event, user }) => event === 'sign-in-failed' && user === domain.ana));
  });

  await t.test('a challenge is for one browser, for a while, and once (Q02)', async () => {
    const [browser, thief] = [domain.browser(), domain.browser()];
    const { page, options } = await open(browser);
    const theirs = await open(thief);
    // an answer that somebody else was made to give
    assert.equal((await thief.submit(theirs.page, { passkey: authenticator.get(options) })).status, 400);
    const answer = authenticator.get(options);
    domain.advance(defaultSettings.challengeSeconds - 1);
    await pageOf(await browser.submit(page, { passkey: answer }), 'consent');
    const late = await open(domain.browser());
    void late;
    const slow = domain.browser();
    const asked = await open(slow);
    domain.advance(defaultSettings.challengeSeconds);
    assert.equal((await slow.submit(asked.page, { passkey: authenticator.get(asked.options) })).status, 400);
  });

  await t.test('race: of one answer that is given to two servers at once, one counts', async () => {
    const still = createAuthenticator(undefined, false);
    const nurse = (await domain.people.findNamed('nurse'))?.sub ?? assert.fail();
    await givePasskey(domain, nurse, still);
    const browser = domain.browser();
    const { page, options } = await pageOf(await browser.open(authorizeUrl({ prompt: 'login' })), 'sign-in').then(
      (shown) => ({ page: shown, options: shown.view.passkey ?? assert.fail() }),
    );
    const twin = createBrowser(other, issuer);
    for (const [name, cookie] of browser.cookies) twin.cookies.set(name, cookie);
    const answer = still.get(options);
    const signIns = () => domain.audit.filter(({ event, user }) => event === 'sign-in' && user === nurse).length;
    const before = signIns();
    await Promise.all([browser, twin, browser, twin].map((one) => one.submit(page, { passkey: answer })));
    assert.equal(signIns() - before, 1);
  });

  await t.test('one whose person is disabled, or that was taken away, opens nothing', async () => {
    const doctor = (await domain.people.findNamed('doctor'))?.sub ?? assert.fail();
    const theirs = createAuthenticator();
    await givePasskey(domain, doctor, theirs);
    await domain.people.disable(doctor, domain.now());
    const browser = domain.browser();
    const { page, options } = await open(browser);
    assert.equal((await browser.submit(page, { passkey: theirs.get(options) })).status, 400);
    await pool.query('delete from passkey where sub = $1', [domain.ana]);
    const again = await open(browser);
    assert.equal((await browser.submit(again.page, { passkey: authenticator.get(again.options) })).status, 400);
  });

  await t.test('attempts that name nobody are limited by address', async () => {
    const limited = await domain.another({ signIn: { ...defaultSettings.signIn, perAddress: 3 } });
    const browser = Object.assign(createBrowser(limited, issuer), { address: '203.0.113.77' });
    const { page } = await open(browser);
    const statuses = [];
    for (let at = 0; at < 4; at++) statuses.push((await browser.submit(page, { passkey: '{}' })).status);
    assert.deepEqual(statuses, [400, 400, 400, 429]);
  });

  await t.test('registering: only with what was asked for, and no more than there may be', async () => {
    const keys = { seal: (text: string) => hashOf(text).toString('base64url') };
    const challenges = createChallenges({ pool, keys, settings: defaultSettings, now: domain.now });
    const passkeys = createPasskeys({ issuer, pool, challenges, now: domain.now });
    const person = (await domain.people.find(domain.ana)) ?? assert.fail();
    for (const wrong of [
      { origin: 'https://evil.example' },
      { rpId: 'evil.example' },
      { type: 'webauthn.get' },
      { flags: 0x41 },
      { flags: 0x44 },
      { flags: 0x05 },
      { id: createAuthenticator().id },
    ] satisfies readonly Wrong[]) {
      const answer = createAuthenticator().create(await passkeys.creationOptions(person, 'a'), wrong);
      if ('id' in wrong) {
        // the id that counts is the signed one
        const made = await passkeys.verifyNew(answer, 'a');
        assert.notEqual(made?.id, wrong.id);
      } else assert.equal(await passkeys.verifyNew(answer, 'a'), undefined, JSON.stringify(wrong));
    }
    const answer = createAuthenticator().create(await passkeys.creationOptions(person, 'a'));
    assert.equal(await passkeys.verifyNew(answer, 'b'), undefined, 'asked for by somebody else');
    for (const text of ['', '{}', 'null', '{"id":"a","response":{"attestationObject":"AAAA","clientDataJSON":"AAAA"}}'])
      assert.equal(await passkeys.verifyNew(text, 'a'), undefined);
    const made = await Promise.all(
      Array.from({ length: mostPasskeys + 4 }, async () => {
        const one = createAuthenticator().create(await passkeys.creationOptions(person, 'a'));
        return (await passkeys.verifyNew(one, 'a')) ?? assert.fail();
      }),
    );
    const added = await Promise.all(
      made.map((one) => transaction(pool, (db) => passkeys.add(db, person.sub, one, 'x'))),
    );
    assert.equal(added.filter(Boolean).length, mostPasskeys);
  });
});
