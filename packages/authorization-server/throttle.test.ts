/** Guessing passwords: slow, told apart by nothing, and no way to lock a person out. NIST SP 800-63B §5.2.2; OWASP ASVS 2.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, verifyPassword } from './password.ts';
import { pageOf, type TestBrowser } from './testing/browser.ts';
import { authorizeUrl, startDomain, type TestDomain } from './testing/domain.ts';

const limits = {
  windowSeconds: 900,
  perAccountAndAddress: 3,
  perKnownBrowser: 3,
  perAccount: 8,
  perAddress: 6,
  altogether: 1000,
  secondFactor: 3,
};

const attempt = async (browser: TestBrowser, username: string, password: string): Promise<Response> =>
  browser.submit(await pageOf(await browser.open(authorizeUrl({ client_id: 'browser', prompt: 'login' })), 'sign-in'), {
    username,
    password,
  });

const from = (domain: TestDomain, address: string): TestBrowser => Object.assign(domain.browser(), { address });

test('a wrong password and an unknown person look the same', async (t) => {
  const domain = await startDomain(t);
  const answers = [];
  for (const [username = '', password = ''] of [
    ['ana', 'wrong'],
    ['unknown', 'wrong'],
    ['ana', 'x'.repeat(2000)],
    ['ANA ', ''],
  ]) {
    const response = await attempt(domain.browser(), username, password);
    const { view } = await pageOf(response.clone(), 'sign-in');
    answers.push({ status: response.status, fault: view.fault, headers: [...response.headers.keys()].sort() });
  }
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  assert.deepEqual(answers[0]?.fault, { kind: 'wrong' });
  const failed = domain.audit.filter(({ event }) => event === 'sign-in-failed');
  assert.equal(failed.length, 4);
  assert.deepEqual(
    failed.map(({ user }) => user === domain.ana),
    [true, false, true, true],
  );
  assert.ok(!JSON.stringify(domain.audit).includes('wrong'), 'what was typed is recorded');
  assert.equal((await attempt(domain.browser(), ' ANA', 'correct horse')).status, 200);
});

test('the same work is done for an unknown person', async () => {
  const hash = await hashPassword('correct horse');
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.notEqual(hash, await hashPassword('correct horse'));
  assert.equal(await verifyPassword('correct horse', hash), true);
  assert.equal(await verifyPassword('Correct horse', hash), false);
  // the hash against which an unknown person is tried is one that no password has
  for (const password of ['', 'nobody', '\0']) assert.equal(await verifyPassword(password, undefined), false);
  assert.equal(await verifyPassword('x', '$argon2id$broken'), false);
});

test('Q30: failures are counted per account and address, at once or one by one', async (t) => {
  const domain = await startDomain(t, { signIn: limits });
  const all = await Promise.all(
    Array.from({ length: 12 }, () => attempt(from(domain, '198.51.100.1'), 'ana', 'wrong')),
  );
  assert.equal(all.filter(({ status }) => status === 400).length, 3);
  const throttled = all.find(({ status }) => status === 429);
  assert.ok(Number(throttled?.headers.get('retry-after')) > 0);
  // the right password is not looked at either; an unknown account is throttled just so
  assert.equal((await attempt(from(domain, '198.51.100.1'), 'ana', 'correct horse')).status, 429);
  assert.ok(domain.audit.some(({ event }) => event === 'sign-in-throttled'));
  const unknown = await Promise.all(
    Array.from({ length: 4 }, () => attempt(from(domain, '198.51.100.2'), 'unknown', 'wrong')),
  );
  assert.deepEqual(unknown.map(({ status }) => status).sort(), [400, 400, 400, 429]);
  // one address is limited over all accounts
  const spray = [];
  for (let at = 0; at < 7; at++)
    spray.push((await attempt(from(domain, '198.51.100.3'), `person ${at}`, 'wrong')).status);
  assert.deepEqual(spray, [400, 400, 400, 400, 400, 400, 429]);
  // from elsewhere the person gets in
  assert.equal((await attempt(from(domain, '198.51.100.4'), 'ana', 'correct horse')).status, 200);
  // and from there, when the window has ended
  await domain.database.pool.query('update sign_in_failure set window_ends = now()');
  assert.equal((await attempt(from(domain, '198.51.100.1'), 'ana', 'correct horse')).status, 200);
});

test('whoever guesses from everywhere does not lock out the browser that the person uses', async (t) => {
  const domain = await startDomain(t, { signIn: limits });
  const own = from(domain, '192.0.2.77');
  assert.equal((await attempt(own, 'ana', 'correct horse')).status, 200);
  for (let at = 0; at < 20; at++) await attempt(from(domain, `203.0.113.${at}`), 'ana', 'wrong');
  assert.equal((await attempt(from(domain, '203.0.113.200'), 'ana', 'correct horse')).status, 429);
  assert.equal((await attempt(own, 'ana', 'correct horse')).status, 200);
  // the cookie helps with no other account, and has a limit of its own
  assert.equal((await attempt(own, 'ben', 'wrong')).status, 400);
  const tries = [];
  for (let at = 0; at < 4; at++) tries.push((await attempt(own, 'ana', 'wrong')).status);
  assert.deepEqual(tries, [400, 400, 400, 429]);
});

test('successes are not counted', async (t) => {
  const domain = await startDomain(t, { signIn: { ...limits, altogether: 4 } });
  for (let at = 0; at < 10; at++) assert.equal((await attempt(domain.browser(), 'ana', 'correct horse')).status, 200);
  for (let at = 0; at < 4; at++) await attempt(from(domain, `203.0.113.${at}`), `person ${at}`, 'wrong');
  assert.equal((await attempt(from(domain, '203.0.113.99'), 'ana', 'correct horse')).status, 429);
});
