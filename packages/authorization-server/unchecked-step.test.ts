/** An app that nobody vouches for leads nobody anywhere before they have read so. RFC 9700 §4.11.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOf } from './testing/browser.ts';
import { allow, answerOf, authorizeUrl, codeFields, issuer, postForm, signIn } from './testing/domain.ts';
import { appCallback, register, startRegistration } from './testing/registration.ts';

const metadata = { redirect_uris: [appCallback], client_name: 'Diary', token_endpoint_auth_method: 'none' };

test('B24, H04: whatever such an app asks, even wrongly, its page comes first, also for somebody who is signed in', async (t) => {
  const domain = await startRegistration(t);
  const app = await register(domain, metadata);
  const ask = (changes: Parameters<typeof authorizeUrl>[0] = {}): string =>
    authorizeUrl({
      client_id: app.client_id,
      redirect_uri: appCallback,
      scope: 'launch/patient patient/*.rs',
      ...changes,
    });
  const wrong: readonly Parameters<typeof authorizeUrl>[0][] = [
    {},
    { scope: 'no such scope' },
    { scope: 'user/*.rs' },
    { response_type: 'token' },
    { state: undefined },
    { code_challenge: undefined },
    { aud: 'https://evil.example/fhir' },
    { prompt: 'login' },
  ];
  const fresh = domain.browser();
  const signedIn = domain.browser();
  await signIn(signedIn);
  for (const browser of [fresh, signedIn])
    for (const changes of wrong) {
      const { view } = await pageOf(await browser.open(ask(changes)), 'unchecked');
      assert.deepEqual([view.app.name, view.app.unchecked, view.app.returnsTo], ['Diary', true, 'app.example']);
    }
  for (const changes of [{ prompt: 'none' }, { prompt: 'none', scope: 'no such scope' }])
    assert.equal((await pageOf(await signedIn.open(ask(changes)), 'error')).view.kind, 'bad-request');

  const fields = Object.fromEntries(new URL(ask()).searchParams);
  const pushed = (await (await postForm(domain.server, '/par', fields)).json()) as { request_uri: string };
  const brought = new URLSearchParams({ client_id: app.client_id, request_uri: pushed.request_uri });
  await pageOf(await signedIn.open(`${issuer}/authorize?${brought}`), 'unchecked');

  const page = await pageOf(await fresh.open(ask({ scope: 'no such scope' })), 'unchecked');
  const shown = await pageOf(await fresh.submit(page, { decision: 'continue' }), 'sign-in');
  assert.equal(shown.view.app?.unchecked, true);
  const back = await fresh.submit(shown, { username: 'ana', password: 'correct horse' });
  assert.equal(answerOf(back).get('error'), 'invalid_scope', 'told once somebody is there who knows of it');

  const other = await pageOf(await fresh.open(ask()), 'unchecked');
  const forged = await fresh.send(other.view.action, {
    method: 'POST',
    headers: { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' },
    body: `csrf=${encodeURIComponent(other.view.csrf)}&decision=continue`,
  });
  assert.equal(forged.status, 403);
  const again = await pageOf(await fresh.submit(other, { decision: 'elsewhere' }), 'unchecked');
  assert.equal((await pageOf(await fresh.submit(again, { decision: 'stop' }), 'unchecked')).view.stopped, true);
  const ended = await fresh.submit(again, { decision: 'continue' });
  assert.equal((await pageOf(ended, 'error')).view.kind, 'expired', 'what was stopped does not go on');
});

test('H04: whoever goes on, signs in and allows it gives such an app one record for as long as they use it', async (t) => {
  const domain = await startRegistration(t);
  const app = await register(domain, metadata);
  const browser = domain.browser();
  const scope = 'openid fhirUser launch/patient offline_access user/*.rs patient/Observation.rs';
  const url = authorizeUrl({ client_id: app.client_id, redirect_uri: appCallback, scope });
  const page = await pageOf(await browser.open(url), 'unchecked');
  const signingIn = await pageOf(await browser.submit(page, { decision: 'continue' }), 'sign-in');
  const consent = await browser.submit(signingIn, { username: 'ana', password: 'correct horse' });
  const back = await allow(browser, consent, { fields: { duration: '365' } });
  const response = await domain.token(
    codeFields(answerOf(back).get('code') ?? '', { redirect_uri: appCallback, client_id: app.client_id }),
  );
  const tokens = (await response.json()) as { scope: string; refresh_token?: string };
  assert.deepEqual(tokens.scope.split(' ').sort(), ['fhirUser', 'launch/patient', 'openid', 'patient/Observation.rs']);
  assert.equal(tokens.refresh_token, undefined);
  // The next request is asked about again from the start.
  await pageOf(await browser.open(url), 'unchecked');
});
