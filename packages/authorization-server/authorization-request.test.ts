/** The authorization endpoint: whom it never redirects to, what it refuses, and that nobody is sent on before signing in. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formOf, pageOf } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  callback,
  claimsOf,
  clinic,
  codeFields,
  hospital,
  issuer,
  obtainTokens,
  signIn,
  startDomain,
} from './testing/domain.ts';

test('the authorization endpoint', async (t) => {
  const domain = await startDomain(t);
  const { browser } = domain;

  /** Signs in and gives what the app is told. */
  const told = async (url: string): Promise<URLSearchParams> => {
    const opened = browser();
    const shown = await opened.open(url);
    assert.equal(shown.headers.get('location'), null, 'redirected before anyone signed in');
    const page = await pageOf(shown, 'sign-in');
    const back = await opened.submit(page, { username: 'ana', password: 'correct horse' });
    assert.equal(back.status, 303);
    assert.ok(back.headers.get('location')?.startsWith(callback));
    return answerOf(back);
  };

  await t.test('an app or address that cannot be trusted gets a page, never a redirect (B03, B04, B05)', async () => {
    const urls = [
      authorizeUrl({ client_id: undefined }),
      authorizeUrl({ client_id: 'nobody' }),
      authorizeUrl({ client_id: 'service' }),
      authorizeUrl({ redirect_uri: undefined }),
      authorizeUrl({ redirect_uri: `${callback}/` }),
      authorizeUrl({ redirect_uri: 'https://evil.example/' }),
      authorizeUrl({ state: 'a\0b' }),
      `${authorizeUrl()}&redirect_uri=${encodeURIComponent(callback)}`,
      `${authorizeUrl()}&redirect_uri=https%3A%2F%2Fevil.example`,
      `${authorizeUrl()}&client_id=web`,
    ];
    for (const url of urls) {
      for (const prompt of ['', '&prompt=none']) {
        const response = await browser().send(url + prompt);
        assert.equal(response.status, 400, url);
        assert.equal(response.headers.get('location'), null, url);
        await pageOf(response, 'error');
      }
    }
  });

  await t.test(
    'every other fault is told to the app with state and iss, after sign-in (B06–B14, B18, B20, B24)',
    async () => {
      const faults: [string, string][] = [
        [authorizeUrl({ state: undefined }), 'invalid_request'],
        [authorizeUrl({ response_type: undefined }), 'invalid_request'],
        [authorizeUrl({ response_type: 'token' }), 'unsupported_response_type'],
        [authorizeUrl({ response_type: 'id_token token' }), 'unsupported_response_type'],
        [authorizeUrl({ response_mode: 'form_post' }), 'invalid_request'],
        [authorizeUrl({ code_challenge: undefined }), 'invalid_request'],
        [authorizeUrl({ code_challenge_method: undefined }), 'invalid_request'],
        [authorizeUrl({ code_challenge_method: 'plain' }), 'invalid_request'],
        [authorizeUrl({ code_challenge: 'a'.repeat(42) }), 'invalid_request'],
        [authorizeUrl({ code_challenge: 'a'.repeat(129) }), 'invalid_request'],
        [authorizeUrl({ code_challenge: `${'a'.repeat(42)}=` }), 'invalid_request'],
        [authorizeUrl({ aud: undefined }), 'invalid_request'],
        [authorizeUrl({ aud: 'https://foreign.example/fhir' }), 'invalid_target'],
        [authorizeUrl({ aud: `${clinic}//` }), 'invalid_target'],
        [authorizeUrl({ resource: hospital }), 'invalid_target'],
        [authorizeUrl({ scope: undefined }), 'invalid_scope'],
        [authorizeUrl({ scope: 'patient/Observation. system/Patient.rs' }), 'invalid_scope'],
        [authorizeUrl({ scope: 'offline_access' }), 'invalid_scope'],
        [authorizeUrl({ scope: `openid ${'x'.repeat(16_384)}` }), 'invalid_scope'],
        [authorizeUrl({ scope: Array.from({ length: 301 }, (_, at) => `s${at}`).join(' ') }), 'invalid_scope'],
        [authorizeUrl({ prompt: 'create' }), 'invalid_request'],
        [authorizeUrl({ prompt: 'none login' }), 'invalid_request'],
        [authorizeUrl({ max_age: '-1' }), 'invalid_request'],
        [authorizeUrl({ id_token_hint: 'a.b.c' }), 'invalid_request'],
        [authorizeUrl({ launch: 'xyz' }), 'invalid_request'],
        [authorizeUrl({ request: 'a.b.c' }), 'invalid_request'],
        [`${authorizeUrl()}&scope=openid`, 'invalid_request'],
        [`${authorizeUrl()}&state=b`, 'invalid_request'],
      ];
      // The rest of a person's work is the same for each: a third of the cases signs in, the others are seen to wait for it.
      for (const [at, [url, error]] of faults.entries()) {
        if (at % 3 === 0) {
          const answer = await told(url);
          assert.equal(answer.get('error'), error, url);
          assert.equal(answer.get('iss'), issuer);
          assert.equal(answer.get('code'), null);
          if (new URL(url).searchParams.getAll('state').length === 1) assert.equal(answer.get('state'), 'a state');
        } else {
          const response = await browser().open(url);
          assert.equal(response.headers.get('location'), null, url);
          await pageOf(response, 'sign-in');
          const silent = answerOf(
            await browser().send(
              url.includes('prompt=') ? url.replace(/prompt=[^&]*/, 'prompt=none') : `${url}&prompt=none`,
            ),
          );
          if (!url.includes('prompt=')) assert.equal(silent.get('error'), error, url);
          assert.equal(silent.get('iss'), issuer);
        }
      }
    },
  );

  await t.test(
    'Q12: no answer goes from window to window: the mode is refused, not offered, and no page listens',
    async () => {
      for (const mode of ['web_message', 'web_message.jwt', 'fragment', 'form_post']) {
        const silent = await browser().send(authorizeUrl({ response_mode: mode, prompt: 'none' }));
        assert.equal(answerOf(silent).get('error'), 'invalid_request', mode);
        assert.equal(answerOf(silent).get('code'), null);
      }
      const at = `${issuer.replace('/auth', '')}/.well-known/oauth-authorization-server/auth`;
      const metadata = (await (await domain.server.fetch(new Request(at), {})).json()) as Record<string, unknown>;
      assert.deepEqual(metadata.response_modes_supported, ['query']);
      assert.ok(!('check_session_iframe' in metadata), 'a frame that talks to others');
      const scripts = globSync('../{portal,authorization-server,client}/**/*.{ts,js,mjs,css}', {
        cwd: import.meta.dirname,
      });
      const listening = scripts.filter(
        (file) =>
          !/node_modules|\.test\.ts$/.test(file) &&
          /postMessage|BroadcastChannel|onmessage/.test(readFileSync(join(import.meta.dirname, file), 'utf8')),
      );
      assert.ok(scripts.length > 100);
      assert.deepEqual(listening, []);
    },
  );

  await t.test('a parameter of ours cannot be smuggled in from outside', async () => {
    const url = `${authorizeUrl()}&affinity_scope=patient%2F*.cruds&affinity_audience=x&affinity_fault=y`;
    const page = await pageOf(await signIn(browser(), url), 'consent');
    assert.ok(!page.view.items.some(({ group }) => group === 'everything-else'));
  });

  await t.test('POST is the same as GET, and leaves no loose cookie (B01)', async () => {
    const opened = browser();
    const { searchParams } = new URL(authorizeUrl());
    const response = await opened.send(`${issuer}/authorize`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://app.example' },
      body: searchParams.toString(),
    });
    assert.equal(response.status, 303);
    for (const cookie of response.headers.getSetCookie()) {
      assert.match(cookie, /; HttpOnly; SameSite=Lax$/);
      assert.doesNotMatch(cookie, /none/i);
    }
    const page = await pageOf(await opened.open(response.headers.get('location') ?? ''), 'sign-in');
    const back = await allow(opened, await opened.submit(page, { username: 'ana', password: 'correct horse' }));
    assert.ok(answerOf(back).has('code'));
    // signed in, by POST again: the session cookie must not be loosened either
    const again = await opened.send(`${issuer}/authorize`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: formOf({ ...Object.fromEntries(searchParams) }).toString(),
    });
    for (const cookie of again.headers.getSetCookie()) assert.match(cookie, /; HttpOnly; SameSite=Lax$/);
  });

  await t.test('there is no CORS, and no other method (B02)', async () => {
    const preflight = await browser().send(authorizeUrl(), {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:4000' },
    });
    assert.equal(preflight.status, 405);
    assert.equal(preflight.headers.get('access-control-allow-origin'), null);
    const got = await browser().send(authorizeUrl(), { headers: { origin: 'http://localhost:4000' } });
    assert.equal(got.headers.get('access-control-allow-origin'), null);
  });

  await t.test('state comes back byte for byte, whatever is in it (B07, Q09)', async () => {
    const state = '\r\nset-cookie: a=b "<>&%00% ü 水 +/=;';
    const opened = browser();
    const back = await allow(opened, await signIn(opened, authorizeUrl({ state })));
    assert.equal(answerOf(back).get('state'), state);
    assert.deepEqual(
      back.headers.getSetCookie().filter((cookie) => cookie.startsWith('a=')),
      [],
    );
  });

  await t.test('aud with and without its last slash is one, and resource is a synonym (B10, B11)', async () => {
    for (const changes of [{ aud: `${clinic}/` }, { aud: undefined, resource: clinic }, { resource: `${clinic}/` }]) {
      assert.equal(claimsOf((await obtainTokens(domain, changes)).access_token).aud, clinic);
    }
    assert.equal(claimsOf((await obtainTokens(domain, { aud: hospital })).access_token).aud, hospital);
  });

  await t.test('offline_access is honoured without prompt=consent', async () => {
    assert.notEqual((await obtainTokens(domain)).refresh_token, undefined);
  });

  await t.test('an app’s registration caps what it can ask (Q23: every US Core scope still fits)', async () => {
    const limited = await pageOf(
      await signIn(
        browser(),
        authorizeUrl({ client_id: 'limited', scope: 'openid fhirUser launch/patient offline_access patient/*.rs' }),
      ),
      'consent',
    );
    assert.deepEqual(new Set(limited.view.items.flatMap(({ types }) => types)), new Set(['Observation']));
    assert.ok(!limited.view.items.some(({ group }) => group === 'offline' || group === 'everything-else'));
    const many = Array.from({ length: 280 }, (_, at) => `patient/Observation.rs?code=c${at}`).join(' ');
    const page = await pageOf(await signIn(browser(), authorizeUrl({ scope: `openid ${many}` })), 'consent');
    assert.equal(page.view.items.length, 281);
  });
});

test('prompt and max_age (B25, B26)', async (t) => {
  const domain = await startDomain(t);

  await t.test('prompt=none tells what is missing and shows nothing', async () => {
    const browser = domain.browser();
    assert.equal(answerOf(await browser.open(authorizeUrl({ prompt: 'none' }))).get('error'), 'login_required');
    await signIn(browser);
    const asked = answerOf(await browser.open(authorizeUrl({ prompt: 'none' })));
    assert.equal(asked.get('error'), 'consent_required');
    assert.equal(asked.get('state'), 'a state');
  });

  await t.test('a confidential app that was allowed is not asked about again, unless it wants to be', async () => {
    const browser = domain.browser();
    const first = await allow(browser, await signIn(browser));
    // not before the app has used what it was allowed
    assert.ok(answerOf(first).has('code'));
    assert.equal(answerOf(await browser.open(authorizeUrl({ prompt: 'none' }))).get('error'), 'consent_required');
    await obtainTokens(domain);
    assert.ok(answerOf(await browser.open(authorizeUrl({ prompt: 'none' }))).has('code'));
    assert.ok(
      answerOf(await browser.open(authorizeUrl({ scope: 'openid launch/patient patient/Condition.rs' }))).has('code'),
    );
    await pageOf(await browser.open(authorizeUrl({ prompt: 'consent' })), 'consent');
    await pageOf(
      await browser.open(authorizeUrl({ scope: 'openid launch/patient patient/Immunization.rs' })),
      'consent',
    );
    await pageOf(await browser.open(authorizeUrl({ aud: hospital })), 'consent');
    await pageOf(await browser.open(authorizeUrl({ client_id: 'other' })), 'consent');
  });

  await t.test('a public app is asked about each time', async () => {
    const browser = domain.browser();
    const back = await allow(browser, await signIn(browser, authorizeUrl({ client_id: 'browser' })));
    const fields = { ...codeFields(answerOf(back).get('code') ?? ''), client_id: 'browser' };
    assert.equal((await domain.token(fields)).status, 200);
    await pageOf(await browser.open(authorizeUrl({ client_id: 'browser' })), 'consent');
    const silent = await browser.open(authorizeUrl({ client_id: 'browser', prompt: 'none' }));
    assert.equal(answerOf(silent).get('error'), 'consent_required');
  });

  await t.test('prompt=login and max_age=0 ask for the password again', async () => {
    const browser = domain.browser();
    await signIn(browser);
    for (const changes of [{ prompt: 'login' }, { max_age: '0' }]) {
      const page = await pageOf(await browser.open(authorizeUrl({ client_id: 'browser', ...changes })), 'sign-in');
      await pageOf(await browser.submit(page, { username: 'ana', password: 'correct horse' }), 'consent');
    }
    await pageOf(await browser.open(authorizeUrl({ client_id: 'browser', max_age: '1000' })), 'consent');
  });
});
