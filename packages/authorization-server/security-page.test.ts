/** How people look after how they sign in, and what nobody else can change about it. NIST SP 800-63B §6.1; OWASP ASVS 2.2, 3.7. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from 'otpauth';
import { linkIdentity } from './factors/federated-identities.ts';
import { totpOf } from './factors/totp.ts';
import { defaultSettings } from './settings.ts';
import { createAuthenticator } from './testing/authenticator.ts';
import { createBrowser, type Fields, pageOf, type TestBrowser } from './testing/browser.ts';
import {
  authorizeUrl,
  basic,
  issuer,
  obtainTokens,
  refreshFields,
  startDomain,
  type TestDomain,
} from './testing/domain.ts';
import { enrolTotp, givePasskey } from './testing/factors.ts';

const address = `${issuer}/account/security`;
const fresh = 'a new and long password';

const enter = async (browser: TestBrowser, username = 'ana', password = 'correct horse') => {
  const page = await pageOf(await browser.open(address), 'sign-in');
  return pageOf(await browser.submit(page, { username, password }), 'security');
};
const change = async (browser: TestBrowser, page: Awaited<ReturnType<typeof enter>>, fields: Fields) =>
  browser.submit(page, fields);
const changes = (domain: TestDomain): readonly (string | undefined)[] =>
  domain.audit.filter(({ event }) => event === 'credential-changed').map(({ reason }) => reason);

test('an authenticator app is set up, used, and taken away', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const page = await enter(browser);
  assert.deepEqual(page.view.totp, { kind: 'none' });
  const begun = await pageOf(await change(browser, page, { do: 'totp-begin' }), 'security');
  assert.ok(begun.view.totp.kind === 'offered');
  const { secret, uri } = begun.view.totp;
  assert.match(uri, /^otpauth:\/\/totp\/.*ana\?.*secret=/);
  const { rows } = await domain.database.pool.query("select encode(secret, 'escape') as kept from totp");
  assert.ok(!JSON.stringify(rows).includes(secret), 'the secret is kept as it is');
  assert.ok(!rows[0]?.kept.includes(Buffer.from(Secret.fromBase32(secret).bytes).toString('latin1')));
  const code = () => totpOf(Secret.fromBase32(secret)).generate({ timestamp: domain.now().getTime() });
  const wrong = await change(browser, page, { do: 'totp-confirm', code: '000000' });
  assert.equal(wrong.status, 400);
  assert.deepEqual((await pageOf(wrong, 'security')).view.fault, { kind: 'wrong-code' });
  // until it is confirmed, nobody is asked for a code
  const other = domain.browser();
  await enter(other);
  const shown = await change(browser, page, { do: 'totp-confirm', code: code() });
  const { view } = await pageOf(shown, 'security');
  assert.equal(view.codes?.length, 10);
  assert.deepEqual(view.totp, { kind: 'on', codesLeft: 10 });
  // shown once
  assert.equal((await pageOf(await browser.open(address), 'security')).view.codes, undefined);
  // a secret that counts is not replaced by beginning again
  const again = await pageOf(await change(browser, page, { do: 'totp-begin' }), 'security');
  assert.equal(again.view.totp.kind, 'on');
  const asked = domain.browser();
  const signIn = await pageOf(await asked.open(address), 'sign-in');
  const second = await pageOf(
    await asked.submit(signIn, { username: 'ana', password: 'correct horse' }),
    'second-factor',
  );
  assert.equal((await asked.submit(second, { code: code() })).status, 400, 'the code that confirmed it counts again');
  const [first = ''] = view.codes ?? [];
  const used = await pageOf(await asked.submit(second, { code: first }), 'security');
  assert.ok(used.view.totp.kind === 'on');
  assert.equal(used.view.totp.codesLeft, 9);
  assert.ok(used.view.totp.codeLastUsed !== undefined, 'that a code was used is not told');
  const renewed = await pageOf(await change(browser, page, { do: 'recovery-codes' }), 'security');
  assert.equal(renewed.view.codes?.length, 10);
  assert.equal(renewed.view.codes?.includes(view.codes?.[1] ?? ''), false);
  await pageOf(await change(browser, page, { do: 'totp-remove' }), 'security');
  assert.equal((await domain.database.pool.query('select from recovery_code')).rowCount, 0);
  await enter(domain.browser());
  assert.deepEqual(changes(domain), [
    'an authenticator app was set up',
    'new recovery codes were made',
    'the authenticator app was taken away',
  ]);
});

test('passkeys are added in the session that asked, and removed; the last way in stays', async (t) => {
  const domain = await startDomain(t);
  const { pool } = domain.database;
  const browser = domain.browser();
  const page = await enter(browser);
  const authenticator = createAuthenticator();
  const answer = authenticator.create(page.view.newPasskey ?? assert.fail('nothing is asked for'));
  const ben = domain.browser();
  const theirs = await enter(ben, 'ben');
  assert.equal((await change(ben, theirs, { do: 'passkey-add', passkey: answer })).status, 400);
  const added = await pageOf(
    await change(browser, page, { do: 'passkey-add', passkey: answer, name: ' My\n phone ' }),
    'security',
  );
  assert.deepEqual([added.view.notice, added.view.passkeys.map(({ name }) => name)], ['passkey-added', ['My phone']]);
  assert.equal(
    (await change(browser, page, { do: 'passkey-add', passkey: answer })).status,
    400,
    'an answer counts twice',
  );
  const elsewhere = domain.browser();
  const signIn = await pageOf(await elsewhere.open(address), 'sign-in');
  const inside = await pageOf(
    await elsewhere.submit(signIn, { passkey: authenticator.get(signIn.view.passkey ?? '') }),
    'security',
  );
  assert.equal(inside.view.username, 'ana');
  // nobody removes somebody else's
  await change(ben, theirs, { do: 'passkey-remove', id: authenticator.id });
  assert.equal((await pool.query('select from passkey')).rowCount, 1);

  // race: with no password, of two passkeys that are removed at two servers at once one stays
  await pool.query('update person set password_hash = null where sub = $1', [domain.ana]);
  const twin = createBrowser(await domain.another(), issuer);
  for (const [name, cookie] of browser.cookies) twin.cookies.set(name, cookie);
  for (let round = 0; round < 8; round++) {
    await pool.query('delete from passkey');
    const keys = [createAuthenticator(), createAuthenticator()];
    for (const key of keys) await givePasskey(domain, domain.ana, key);
    const removed = await Promise.all(
      [browser, twin].map((one, at) => change(one, page, { do: 'passkey-remove', id: keys[at]?.id ?? '' })),
    );
    assert.deepEqual(removed.map(({ status }) => status).sort(), [200, 400], `round ${round}`);
    assert.equal((await pool.query('select from passkey')).rowCount, 1);
  }
  // an account elsewhere is a way in too
  const there = { issuer: 'https://id.example', subject: 'x' };
  const link = { sub: domain.ana, provider: 'id', proof: 'account', at: domain.now() } as const;
  assert.ok(await linkIdentity(pool, there, link));
  assert.equal(
    await linkIdentity(pool, there, { ...link, sub: (await domain.people.findNamed('ben'))?.sub ?? '' }),
    false,
  );
  const ids = await pool.query<{ id: string }>('select id from passkey');
  assert.equal((await change(browser, page, { do: 'passkey-remove', id: ids.rows[0]?.id ?? '' })).status, 200);
  await change(ben, theirs, { do: 'identity-remove', ...there });
  const last = await change(browser, page, { do: 'identity-remove', ...there });
  assert.deepEqual((await pageOf(last, 'security')).view.fault, { kind: 'last-way' });
});

test('the password: the old one, long enough, and everybody else is out (Q02)', async (t) => {
  const domain = await startDomain(t);
  const tokens = await obtainTokens(domain);
  const [browser, thief] = [domain.browser(), domain.browser()];
  const page = await enter(browser);
  await enter(thief);
  for (const [fields, kind] of [
    [{ old_password: 'wrong', new_password: fresh }, 'wrong-password'],
    [{ old_password: 'correct horse', new_password: '12345678901' }, 'short-password'],
    [{ old_password: 'correct horse', new_password: 'x'.repeat(1025) }, 'long-password'],
    [{ old_password: 'correct horse', new_password: 'my name is ANA and so on' }, 'same-as-username'],
  ] as const) {
    const refused = await change(browser, page, { do: 'password', ...fields });
    assert.equal(refused.status, 400, kind);
    assert.deepEqual((await pageOf(refused, 'security')).view.fault, { kind });
  }
  const done = await pageOf(
    await change(browser, page, { do: 'password', old_password: 'correct horse', new_password: fresh.slice(0, 12) }),
    'security',
  );
  assert.equal(done.view.notice, 'password-changed');
  await pageOf(await thief.open(address), 'sign-in');
  await pageOf(await browser.open(address), 'security');
  const old = domain.browser();
  const signIn = await pageOf(await old.open(address), 'sign-in');
  assert.equal((await old.submit(signIn, { username: 'ana', password: 'correct horse' })).status, 400);
  await pageOf(await old.submit(signIn, { username: 'ana', password: fresh.slice(0, 12) }), 'security');
  // what was allowed to go on goes on
  assert.equal((await domain.token(refreshFields(tokens.refresh_token), basic('web'))).status, 200);
  assert.ok(!JSON.stringify([domain.audit, domain.logged]).includes(fresh.slice(0, 12)), 'a password is written down');
  // guesses of the old one are counted like those at the door
  const statuses = [];
  for (let at = 0; at <= defaultSettings.signIn.perAccountAndAddress; at++)
    statuses.push((await change(browser, page, { do: 'password', old_password: `${at}`, new_password: fresh })).status);
  assert.equal(statuses.at(-1), 429);
});

test('nothing changes without a sign-in of a moment ago, nor by a form of somebody else (Q01)', async (t) => {
  const domain = await startDomain(t);
  const device = await enrolTotp(domain, domain.ana);
  const browser = domain.browser();
  const signIn = await pageOf(await browser.open(address), 'sign-in');
  const second = await pageOf(
    await browser.submit(signIn, { username: 'ana', password: 'correct horse' }),
    'second-factor',
  );
  const page = await pageOf(await browser.submit(second, { code: device.code() }), 'security');
  const everything: readonly Fields[] = [
    { do: 'password', old_password: 'correct horse', new_password: fresh },
    { do: 'totp-remove' },
    { do: 'recovery-codes' },
    { do: 'passkey-add', passkey: createAuthenticator().create(page.view.newPasskey ?? '') },
    { do: 'passkey-remove', id: 'x' },
    { do: 'identity-remove', issuer: 'x', subject: 'x' },
    { do: 'totp-begin' },
    { do: 'totp-confirm', code: device.code() },
  ];
  const forged = { view: { ...page.view, csrf: 'x' } };
  for (const fields of everything) assert.equal((await browser.submit(forged, fields)).status, 403);
  domain.advance(defaultSettings.freshSignInSeconds + 1);
  const stale = await pageOf(await browser.open(address), 'security');
  assert.equal(stale.view.fresh, false);
  assert.equal(stale.view.newPasskey, undefined);
  for (const fields of everything) await pageOf(await browser.submit(page, fields), 'sign-in');
  assert.deepEqual(changes(domain), []);
  // stepping up by the second factor alone is no fresh sign-in
  const strong = authorizeUrl({ acr_values: 'urn:affinity:acr:multi-factor', prompt: 'consent' });
  await pageOf(await browser.open(strong), 'consent');
  assert.equal((await pageOf(await browser.open(address), 'security')).view.fresh, false);
});
