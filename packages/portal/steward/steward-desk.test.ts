/** The stewards' pages over HTTP: who gets in, what a form must prove, and what is decided. OWASP ASVS 3, 4. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPortal } from '../portal.ts';
import { csrfIn } from '../testing/ehr.ts';
import { createStewardDouble, openSteward, stella } from '../testing/steward.ts';
import * as views from '../testing/views.ts';
import type { Steward } from './steward.ts';

const open = (more: Partial<Steward> = {}) => {
  const double = createStewardDouble(more);
  const clock = { time: Date.UTC(2026, 10, 23, 12) };
  const portal = createPortal({ ...views.neighbours, steward: double.steward, now: () => new Date(clock.time) });
  const browser = openSteward(portal);
  const text = async (path: string): Promise<string> => (await browser.send(path)).text();
  const csrf = async () => csrfIn(await text('/steward'));
  return { ...double, ...browser, clock, text, csrf };
};

test('K33: a steward sees the queue and two records side by side, what agrees and what differs in words', async () => {
  const { signIn, text } = open();
  assert.equal((await signIn()).headers.get('location'), '/steward');
  assert.match(await text('/steward'), /Ana Maria Ribeiro.*Anna Ribeiro.*81 of 100 alike/s);
  const shown = await text('/steward/cases/7');
  for (const [fact, word] of [
    ['Name', 'Partly agrees'],
    ['Born', 'Agrees'],
    ['Address', 'Partly agrees'],
    ['Phone and e-mail', 'Cannot be compared'],
    ['Numbers', 'Differs'],
  ])
    assert.match(shown, new RegExp(`<th scope="row">${fact}</th>(?:(?!</tr>).)*${word}`, 's'), fact);
  assert.match(shown, /11 February 1984/);
});

test('K33: the verdict needs a reason, is kept with the name, and counts once', async () => {
  const { signIn, post, csrf, done, text } = open();
  await signIn();
  const token = await csrf();
  const form = { csrf: token, verdict: 'same', why: 'Called both numbers.' };
  assert.equal((await post('/steward/cases/7', { ...form, why: ' ' })).status, 400);
  assert.equal((await post('/steward/cases/7', { ...form, why: 'x'.repeat(1001) })).status, 400);
  assert.deepEqual(done, [`sign-in ${stella}`]);
  assert.equal((await post('/steward/cases/7', form)).headers.get('location'), '/steward?notice=done');
  assert.equal((await post('/steward/cases/7', form)).headers.get('location'), '/steward?notice=already');
  assert.deepEqual(done.slice(1), ['decide 7 same Called both numbers. Stella Brandt']);
  assert.match(await text('/steward'), /No two records wait for you/);
  assert.match(await text('/steward/cases/7'), /Decided: the same person.*By Stella Brandt, 23 November 2026/s);
});

test('K32: a record is separated from its person with a reason, and only one that is in it', async () => {
  const { signIn, post, csrf, done, text } = open();
  await signIn();
  const token = await csrf();
  assert.match(await text('/steward/persons/p1'), /Separate this record.*Linked, Stella Brandt.*Called her\./s);
  const form = { csrf: token, record: 'r2', why: 'Two sisters.' };
  assert.equal((await post('/steward/persons/p1', { ...form, record: 'r9' })).status, 409);
  assert.equal((await post('/steward/persons/p1', { ...form, why: '' })).status, 400);
  assert.equal((await post('/steward/persons/p1', form)).status, 303);
  assert.deepEqual(done.slice(1), ['separate r2 Two sisters. Stella Brandt']);
  const found = await post('/steward/find', { csrf: token, number: ' 0047113 ' });
  assert.equal(found.headers.get('location'), '/steward/persons/p1');
  assert.match(await (await post('/steward/find', { csrf: token, number: '1' })).text(), /Nobody is known/);
  assert.match(await (await post('/steward/find', { csrf: token, number: 'several' })).text(), /Person 2/);
});

test('nothing is decided by a form that did not come from here, nor without a verdict', async () => {
  const { signIn, post, csrf, done } = open();
  await signIn();
  const form = { csrf: await csrf(), verdict: 'same', why: 'sure', record: 'r2', number: '1' };
  for (const path of ['/steward/cases/7', '/steward/persons/p1', '/steward/find']) {
    assert.equal((await post(path, { ...form, csrf: 'x' })).status, 403, path);
    assert.equal((await post(path, form, { origin: 'https://evil.example' })).status, 403, path);
    assert.equal((await post(path, form, { 'sec-fetch-site': 'cross-site' })).status, 403, path);
  }
  assert.equal((await post('/steward/cases/7', { ...form, verdict: 'perhaps' })).status, 403);
  assert.deepEqual(done, [`sign-in ${stella}`]);
});

test('without a session there is the way in and nothing else; whoever is no steward any more is turned away', async () => {
  const { send, text, post, signIn, stewards, done, jar, clock } = open();
  for (const path of ['/steward', '/steward/cases/7', '/steward/persons/p1', '/steward/find']) {
    const shown = await text(path);
    assert.match(shown, /action="\/steward\/sign-in"/, path);
    assert.doesNotMatch(shown, /Ribeiro/);
  }
  assert.match(await (await post('/steward/cases/7', { verdict: 'same' })).text(), /steward\/sign-in/);
  assert.equal((await signIn('user-ana')).status, 403);
  await signIn();
  jar.set('desk', jar.get('steward') ?? '');
  stewards.delete(stella);
  const turned = await send('/steward/cases/7');
  assert.equal(turned.status, 403);
  assert.doesNotMatch(await turned.text(), /Ribeiro/);
  assert.deepEqual(done, ['turned-away user-ana', `sign-in ${stella}`, `turned-away ${stella}`]);
  stewards.set(stella, 'Stella Brandt');
  await signIn();
  clock.time += 1800 * 1000;
  assert.match(await text('/steward'), /action="\/steward\/sign-in"/);
});

test('what is not there, methods, and signing out', async () => {
  const { send, post, signIn, csrf, jar, text } = open();
  await signIn();
  assert.equal((await send('/steward/cases/8')).status, 404);
  assert.equal((await send('/steward/persons/p9')).status, 404);
  assert.equal((await send('/steward/nothing')).status, 404);
  assert.equal((await post('/steward')).status, 405);
  assert.equal((await send('/steward/cases/7', { method: 'PUT' })).status, 405);
  const copy = jar.get('steward') ?? '';
  await post('/steward/sign-out', { csrf: 'x' });
  assert.ok(jar.has('steward'));
  await post('/steward/sign-out', { csrf: await csrf() });
  jar.set('steward', copy);
  assert.match(await text('/steward'), /action="\/steward\/sign-in"/);
});
