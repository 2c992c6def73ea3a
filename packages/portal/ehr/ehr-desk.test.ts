/** The clinicians' pages over HTTP: who gets in, what a form must prove, and where a launch leads. OWASP ASVS 3, 4. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPortal } from '../portal.ts';
import { createDeskDouble } from '../testing/desk.ts';
import { ana, createEhrDouble, csrfIn, okafor, openAt } from '../testing/ehr.ts';
import * as views from '../testing/views.ts';
import type { Ehr } from './ehr.ts';

const open = (more: Partial<Ehr> = {}, origin = views.neighbours.origin) => {
  const double = createEhrDouble(more);
  const clock = { time: Date.UTC(2026, 10, 23, 12) };
  const { administration } = createDeskDouble();
  const portal = createPortal({
    ...views.neighbours,
    origin,
    administration,
    ehr: double.ehr,
    now: () => new Date(clock.time),
  });
  const browser = openAt(portal, origin);
  const text = async (path: string): Promise<string> => (await browser.send(path)).text();
  const form = async (more: Readonly<Record<string, string>> = {}) => ({
    csrf: csrfIn(await text(`/ehr/patients/${ana.id}`)),
    client: 'long',
    patient: ana.id,
    ...more,
  });
  return { ...double, ...browser, clock, text, form };
};

test('a clinician signs in, sees patients, and opens an app for one of them at its launch address (B16)', async () => {
  const { signIn, text, post, form, launched, done } = open();
  assert.equal((await signIn()).headers.get('location'), '/ehr');
  assert.match(await text('/ehr'), /Dr\. Daniel Okafor.*4 patients are in your care.*Ana Ribeiro/s);
  const chart = await text(`/ehr/patients/${ana.id}`);
  assert.match(chart, /Check-up.*2 October 2026.*Riverside Clinic/s);
  assert.match(chart, /name="client" value="vitals"/);
  const away = await post('/ehr/launch', await form({ encounter: 'e3' }));
  assert.equal(away.status, 303);
  assert.equal(away.headers.get('location'), 'https://companion.example/launch?launch=handle');
  await post('/ehr/launch', await form({ encounter: '' }));
  const asked = { clientId: 'long', patient: ana.id };
  assert.deepEqual(launched, [{ ...asked, encounter: 'e3' }, asked]);
  assert.deepEqual(done, [`sign-in ${okafor}`]);
});

test('a form may lead to the apps that are launched from here, and to no other origin', async () => {
  const { signIn, send } = open();
  await signIn();
  const policy = (await send(`/ehr/patients/${ana.id}`)).headers.get('content-security-policy') ?? '';
  assert.match(policy, /form-action 'self' http:\/\/localhost:4000 https:\/\/companion\.example;/);
  assert.match(policy, /default-src 'none'.*frame-ancestors 'none'/);
  assert.doesNotMatch((await send('/')).headers.get('content-security-policy') ?? '', /companion/);
});

test('nothing is launched by a form that did not come from here, for an app that is not there, or for a patient who is not', async () => {
  const { signIn, post, form, launched } = open();
  await signIn();
  const sound = await form();
  assert.equal((await post('/ehr/launch', { ...sound, csrf: 'x' })).status, 403);
  assert.equal((await post('/ehr/launch', sound, { origin: 'https://evil.example' })).status, 403);
  assert.equal((await post('/ehr/launch', sound, { 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await post('/ehr/launch', { ...sound, client: 'nobody' })).status, 404);
  assert.equal((await post('/ehr/launch', { ...sound, patient: '' })).status, 404);
  assert.deepEqual(launched, []);
  assert.equal((await post('/ehr/launch', { ...sound, patient: 'patient-9999' })).status, 404);
});

test('without a session there is the way in and nothing else; whoever is no clinician is turned away, and it is written down', async () => {
  const { send, text, post, signIn, done, held, clinicians } = open();
  for (const path of ['/ehr', `/ehr/patients/${ana.id}`]) {
    const shown = await text(path);
    assert.match(shown, /action="\/ehr\/sign-in"/);
    assert.doesNotMatch(shown, /Ana Ribeiro/);
  }
  assert.match(await (await post('/ehr/launch', { client: 'vitals', patient: ana.id })).text(), /ehr\/sign-in/);
  assert.equal((await signIn('user-ana')).status, 403);
  assert.deepEqual([...held], [], 'no token is kept');
  await signIn();
  clinicians.delete(okafor);
  assert.equal((await send('/ehr')).status, 403);
  assert.deepEqual(done, ['turned-away user-ana', `sign-in ${okafor}`, `turned-away ${okafor}`]);
  assert.deepEqual([...held], []);
});

test('when the tokens are over, so is the session; a session of one desk is none at the other', async () => {
  const { signIn, send, text, held, jar } = open();
  await signIn();
  jar.set('desk', jar.get('ehr') ?? '');
  assert.match(await text('/admin'), /action="\/admin\/sign-in"/);
  held.clear();
  const over = await send('/ehr');
  assert.match(await over.text(), /Your sign-in is over/);
  assert.equal(jar.has('ehr'), false);
});

test('signed out with proof: the tokens are given back, and a copy of the cookie is worth nothing; idle, it ends by itself', async () => {
  const { signIn, post, text, held, jar, clock, done } = open();
  await signIn();
  const copy = jar.get('ehr') ?? '';
  const csrf = csrfIn(await text('/ehr'));
  await post('/ehr/sign-out', { csrf: 'x' });
  assert.equal(held.size, 1);
  await post('/ehr/sign-out', { csrf });
  assert.equal(held.size, 0);
  jar.set('ehr', copy);
  assert.match(await text('/ehr'), /action="\/ehr\/sign-in"/);
  assert.equal(done.at(-1), `sign-out ${okafor}`);
  await signIn();
  clock.time += 1800 * 1000;
  assert.match(await text('/ehr'), /action="\/ehr\/sign-in"/);
});

test('the cookies are __Host-, Secure, HttpOnly and Lax over https', async () => {
  const { post, send } = open({}, 'https://affinity.example');
  const cookies = (await post('/ehr/sign-in')).headers.getSetCookie();
  cookies.push(...(await send(`/ehr/callback?code=${okafor}`)).headers.getSetCookie());
  for (const cookie of cookies)
    assert.match(cookie, /^__Host-ehr(-pending)?=.*; Path=\/; HttpOnly; SameSite=Lax; Secure/);
});

test('methods', async () => {
  const { send, post } = open();
  for (const path of ['/ehr/sign-in', '/ehr/launch', '/ehr/sign-out', '/ehr/'])
    assert.equal((await send(path)).headers.get('location'), '/ehr', path);
  for (const path of ['/ehr', '/ehr/callback', `/ehr/patients/${ana.id}`])
    assert.equal((await post(path)).status, 405, path);
  for (const path of ['/ehr/nothing', '/ehr/patients/a/b']) assert.equal((await send(path)).status, 404, path);
});
