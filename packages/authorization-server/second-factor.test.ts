/** The second factor and what apps may ask of a sign-in. RFC 6238; RFC 9470; NIST SP 800-63B §5.1.2, §5.2.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { multiFactor, requiredContext, satisfies, singleFactor } from './authentication-context.ts';
import { createSecretBox } from './factors/sealed-secret.ts';
import { foldTypedCode, makeTypedCode } from './factors/typed-code.ts';
import { createBrowser, pageOf, type TestBrowser } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  claimsOf,
  codeFields,
  postForm,
  signIn,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';
import { enrolTotp, giveRecoveryCodes } from './testing/factors.ts';

const always = { prompt: 'login consent' };
const strong = { acr_values: multiFactor };

const codePage = async (browser: TestBrowser, url = authorizeUrl(always), username = 'ana') =>
  pageOf(await signIn(browser, url, username), 'second-factor');

const redeem = async (domain: TestDomain, browser: TestBrowser, response: Response): Promise<Tokens> => {
  const back = response.headers.has('location') ? response : await allow(browser, response);
  const answer = await domain.token(codeFields(answerOf(back).get('code') ?? ''), basic('web'));
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as Tokens;
};

const subOf = async (domain: TestDomain, username: string): Promise<string> =>
  (await domain.people.findNamed(username))?.sub ?? assert.fail(username);

test('the second factor', async (t) => {
  const domain = await startDomain(t);
  const { pool } = domain.database;
  const device = await enrolTotp(domain, domain.ana);
  const recovery = await giveRecoveryCodes(domain, domain.ana);

  await t.test('after the password the code is asked for, and the tokens say so (B32, Q06)', async () => {
    const browser = domain.browser();
    const page = await codePage(browser);
    assert.equal(page.view.username, 'ana');
    assert.equal(browser.cookies.has('/ affinity-browser'), false, 'the browser is known after one factor');
    const wrong = await browser.submit(page, { code: device.wrong() });
    assert.equal(wrong.status, 400);
    assert.deepEqual((await pageOf(wrong, 'second-factor')).view.fault, { kind: 'wrong' });
    domain.advance(30);
    const tokens = await redeem(domain, browser, await browser.submit(page, { code: device.code() }));
    const identity = claimsOf(tokens.id_token ?? '');
    assert.deepEqual([identity.acr, identity.amr], [multiFactor, ['pwd', 'otp', 'mfa']]);
    const access = claimsOf(tokens.access_token);
    assert.equal(access.acr, multiFactor);
    assert.equal(access.auth_time, identity.auth_time);
    const seen = await postForm(domain.server, '/introspect', { token: tokens.access_token }, basic('web'));
    const told = (await seen.json()) as Record<string, unknown>;
    assert.deepEqual([told.acr, told.auth_time], [multiFactor, identity.auth_time]);
    const factor = domain.audit
      .filter(({ event }) => event === 'second-factor')
      .map(({ outcome, user }) => [outcome, user]);
    assert.deepEqual(factor, [
      ['denied', domain.ana],
      ['permitted', domain.ana],
    ]);
    assert.ok(!JSON.stringify([domain.audit, domain.logged]).includes(device.code()), 'a code is written down');
  });

  await t.test('no step past it: not by its address, not by the way back to the app (Q02)', async () => {
    const browser = domain.browser();
    const page = await codePage(browser);
    const uid = page.view.action.split('/').at(-1) ?? '';
    const passed = await browser.open(page.view.action.replace(/interaction\/.*/, `authorize/${uid}`));
    await pageOf(passed, 'sign-in');
    const again = await codePage(browser);
    await pageOf(await browser.submit(again, { decision: 'allow', scope: 'openid' }), 'second-factor');
    await pageOf(await browser.submit(again, { again: 'yes' }), 'sign-in');
    await pageOf(await browser.submit(again, { code: device.code() }), 'sign-in');
  });

  await t.test('a code that is one step off is taken, two are not, and each but once (RFC 6238 §5.2)', async () => {
    domain.advance(300);
    const browser = domain.browser();
    const page = await codePage(browser);
    for (const steps of [-2, 2]) assert.equal((await browser.submit(page, { code: device.code(steps) })).status, 400);
    assert.equal((await browser.submit(page, { code: device.code(-1) })).status, 200);
    for (const [steps, status] of [
      [-1, 400],
      [0, 200],
      [0, 400],
      [1, 200],
      [0, 400],
    ] as const) {
      await pool.query('delete from sign_in_failure');
      const other = domain.browser();
      const shown = await other.submit(await codePage(other), { code: device.code(steps) });
      assert.equal(shown.status, status, `step ${steps}`);
    }
  });

  await t.test('race: of many who present one code at two servers, one gets in', async () => {
    domain.advance(300);
    await pool.query('delete from sign_in_failure');
    const other = await domain.another();
    const browsers = Array.from({ length: 6 }, (_, at) =>
      at % 2 === 0 ? domain.browser() : createBrowser(other, 'http://localhost:4000/auth'),
    );
    for (const [kind, code] of [
      ['one-time code', device.code()],
      ['recovery code', recovery[0] ?? ''],
    ] as const) {
      await pool.query('delete from sign_in_failure');
      const pages = await Promise.all(browsers.map((browser) => codePage(browser)));
      await pool.query('delete from sign_in_failure');
      // Five wrong ones are allowed, and five of six are: none is turned away before it is looked at.
      const answers = await Promise.all(
        browsers.map((browser, at) => browser.submit(pages[at] ?? assert.fail(), { code })),
      );
      const signedIn = answers.filter(({ status }) => status === 200).length;
      assert.equal(signedIn, 1, `${kind}: ${answers.map(({ status }) => status)}`);
    }
  });

  await t.test('a recovery code is read as it was meant, works once, and is told in the audit log', async () => {
    await pool.query('delete from sign_in_failure');
    const browser = domain.browser();
    const typed = ` ${(recovery[1] ?? '').toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o')}`;
    const tokens = await redeem(domain, browser, await browser.submit(await codePage(browser), { code: typed }));
    assert.equal(claimsOf(tokens.access_token).acr, multiFactor);
    assert.ok(domain.audit.some(({ event, reason }) => event === 'second-factor' && reason === 'a recovery code'));
    const again = domain.browser();
    assert.equal((await again.submit(await codePage(again), { code: recovery[1] ?? '' })).status, 400);
    const { rows } = await pool.query('select code from recovery_code where sub = $1', [domain.ana]);
    assert.equal(rows.length, 10);
    for (const code of recovery) assert.ok(!JSON.stringify(rows).includes(code), 'a code is kept');
    // of another person it is none
    const ben = await subOf(domain, 'ben');
    await enrolTotp(domain, ben);
    const others = domain.browser();
    assert.equal(
      (await others.submit(await codePage(others, authorizeUrl(always), 'ben'), { code: recovery[2] ?? '' })).status,
      400,
    );
  });

  await t.test(
    'guesses are counted per person, at once or one by one, and nobody is locked out for good (Q06, Q07)',
    async () => {
      domain.advance(300);
      await pool.query('delete from sign_in_failure');
      const own = domain.browser();
      assert.equal((await own.submit(await codePage(own), { code: device.code() })).status, 200);
      domain.advance(60);
      const thief = domain.browser();
      const page = await codePage(thief);
      const tries = await Promise.all(Array.from({ length: 1000 }, () => thief.submit(page, { code: device.wrong() })));
      const counted = (status: number): number => tries.filter((one) => one.status === status).length;
      assert.deepEqual([counted(400), counted(429)], [5, 995]);
      assert.ok(Number(tries.find(({ status }) => status === 429)?.headers.get('retry-after')) > 0);
      // from wherever it is tried, also with the right one
      const elsewhere = Object.assign(domain.browser(), { address: '203.0.113.9' });
      assert.equal((await elsewhere.submit(await codePage(elsewhere), { code: device.code() })).status, 429);
      // the person's own browser is counted apart, and others get in again when the window has ended
      assert.equal((await own.submit(await codePage(own), { code: device.code() })).status, 200);
      domain.advance(60);
      await pool.query('update sign_in_failure set window_ends = now()');
      assert.equal((await elsewhere.submit(await codePage(elsewhere), { code: device.code() })).status, 200);
    },
  );

  await t.test(
    'a wrong password looks the same with a second factor and without, and shows no code page (Q06)',
    async () => {
      await pool.query('delete from sign_in_failure');
      const answers = [];
      for (const username of ['ana', 'nurse', 'unknown']) {
        const browser = domain.browser();
        const page = await pageOf(await browser.open(authorizeUrl(always)), 'sign-in');
        const response = await browser.submit(page, { username, password: 'wrong' });
        const { view } = await pageOf(response.clone(), 'sign-in');
        answers.push({ status: response.status, fault: view.fault, headers: [...response.headers.keys()].sort() });
      }
      for (const answer of answers) assert.deepEqual(answer, answers[0]);
    },
  );
});

test('what an app asks of a sign-in (B32)', async (t) => {
  const domain = await startDomain(t);
  const device = await enrolTotp(domain, domain.ana);

  await t.test('a session of one factor steps up by the second alone; one of two factors is enough', async () => {
    // signed in before the second factor was set up
    await domain.database.pool.query('update totp set confirmed_at = null');
    const browser = domain.browser();
    const first = await redeem(domain, browser, await signIn(browser));
    assert.deepEqual([claimsOf(first.id_token ?? '').acr, claimsOf(first.id_token ?? '').amr], [singleFactor, ['pwd']]);
    await domain.database.pool.query('update totp set confirmed_at = now()');
    domain.advance(60);
    const silent = await browser.open(authorizeUrl({ ...strong, prompt: 'none' }));
    assert.equal(answerOf(silent).get('error'), 'login_required');
    const page = await pageOf(await browser.open(authorizeUrl(strong)), 'second-factor');
    const second = await redeem(domain, browser, await browser.submit(page, { code: device.code() }));
    const identity = claimsOf(second.id_token ?? '');
    assert.deepEqual([identity.acr, identity.amr], [multiFactor, ['pwd', 'otp', 'mfa']]);
    // the password was not entered anew, and max_age must not believe that it was
    assert.equal(identity.auth_time, claimsOf(first.id_token ?? '').auth_time);
    const third = await browser.open(authorizeUrl({ ...strong, prompt: 'none' }));
    assert.ok(answerOf(third).has('code'), third.headers.get('location') ?? '');
  });

  await t.test('whoever has one factor is told what to do, and the app why', async () => {
    const browser = domain.browser();
    const page = await pageOf(await signIn(browser, authorizeUrl(strong), 'ben'), 'too-weak');
    assert.equal(page.view.security, 'http://localhost:4000/auth/account/security');
    const back = answerOf(await browser.submit(page, { decision: 'back' }));
    assert.deepEqual([back.get('error'), back.get('code')], ['unmet_authentication_requirements', null]);
    // nobody was signed in by that
    await pageOf(await browser.open(authorizeUrl()), 'sign-in');
  });

  await t.test('values of others ask for nothing; the weakest that would do is enough', () => {
    assert.equal(requiredContext(undefined), undefined);
    assert.equal(requiredContext('urn:mace:incommon:iap:silver 3'), undefined);
    assert.equal(requiredContext(`x ${multiFactor}`), multiFactor);
    assert.equal(requiredContext(`${multiFactor} ${singleFactor}`), singleFactor);
    assert.ok(satisfies(undefined, singleFactor) && !satisfies(undefined, multiFactor));
    assert.ok(!satisfies('urn:unknown', multiFactor) && !satisfies(singleFactor, multiFactor));
    assert.ok(satisfies(multiFactor, multiFactor) && satisfies(singleFactor, undefined));
  });

  await t.test('max_age holds without openid too', async () => {
    const browser = domain.browser();
    const old = (most: string) => authorizeUrl({ scope: 'launch/patient patient/Observation.rs', max_age: most });
    domain.advance(60);
    const page = await pageOf(await signIn(browser, old('120')), 'second-factor');
    assert.ok(answerOf(await browser.submit(page, { code: device.code() })).has('code'));
    assert.ok(answerOf(await browser.open(old('120'))).has('code'));
    await domain.database.pool.query(`update authorization_state
      set payload = jsonb_set(payload, '{loginTs}', to_jsonb((payload->>'loginTs')::int - 130)) where model = 'Session'`);
    await pageOf(await browser.open(old('120')), 'sign-in');
    assert.equal(answerOf(await browser.open(`${old('120')}&prompt=none`)).get('error'), 'login_required');
    assert.ok(answerOf(await browser.open(old('200'))).has('code'));
  });
});

test('codes that people type', () => {
  const codes = Array.from({ length: 2000 }, () => makeTypedCode(4));
  assert.equal(new Set(codes).size, codes.length);
  for (const code of codes) assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
  // every letter in every place, about equally often: nothing of the 80 bits is lost
  const counts = new Map<string, number>();
  for (const letter of codes.join('').replaceAll('-', '')) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  assert.equal(counts.size, 32);
  for (const [letter, count] of counts) assert.ok(count > 800 && count < 1200, `${letter}: ${count}`);
  assert.equal(foldTypedCode(' o1il-abcd '), '0111ABCD');
});

test('a sealed secret opens under its key, for whom it was sealed, and unchanged', () => {
  const box = createSecretBox(Buffer.alloc(32, 1));
  const sealed = box.seal(Buffer.from('secret'), 'ana');
  assert.equal(box.open(sealed, 'ana').toString(), 'secret');
  assert.notDeepEqual(box.seal(Buffer.from('secret'), 'ana'), sealed);
  assert.throws(() => box.open(sealed, 'ben'));
  assert.throws(() => createSecretBox(Buffer.alloc(32, 2)).open(sealed, 'ana'));
  assert.throws(() => box.open(sealed.subarray(0, -1), 'ana'));
  for (const at of [0, 13, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => box.open(changed, 'ana'));
  }
});
