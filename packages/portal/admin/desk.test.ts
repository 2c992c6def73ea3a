/** The administrators' desk over HTTP: who gets in, how long, what a form must prove, and what is never shown. OWASP ASVS 3, 4. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPortal } from '../portal.ts';
import { createDeskDouble, deskPages, explanation, petra } from '../testing/desk.ts';
import { parsePage, select } from '../testing/parse-page.ts';
import * as views from '../testing/views.ts';
import type { Administration } from './administration.ts';

const first = '0192f0c1-7f00-7000-8000-000000000001';

const open = (more: Partial<Administration> = {}, origin = views.neighbours.origin) => {
  const double = createDeskDouble(more);
  const clock = { time: Date.UTC(2026, 10, 23, 12) };
  const portal = createPortal({
    ...views.neighbours,
    origin,
    administration: double.administration,
    now: () => new Date(clock.time),
  });
  const jar = new Map<string, string>();
  const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await portal.fetch(new Request(origin + path, { ...init, headers }), { address: '192.0.2.1' });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/Max-Age=0/.test(cookie)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
  const post = (
    path: string,
    form: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) => send(path, { method: 'POST', body: new URLSearchParams(form), headers: { origin, ...headers } });
  const signIn = async (user = petra): Promise<Response> => {
    await post('/admin/sign-in');
    return send(`/admin/callback?code=${user}&state=s`);
  };
  const csrf = async (path = '/admin'): Promise<string> => {
    const page = parsePage(await (await send(path)).text());
    return select(page, 'input', { name: 'csrf' })[0]?.attributes.get('value') ?? assert.fail('no form');
  };
  return { ...double, clock, jar, send, post, signIn, csrf };
};

test('signed in at the authorization server, then at the desk; every answer is guarded and kept nowhere', async () => {
  const { post, send, signIn, calls } = open();
  const away = await post('/admin/sign-in');
  assert.equal(away.status, 303);
  assert.equal(away.headers.get('location'), 'http://localhost:4000/auth/authorize?state=s');
  const back = await signIn();
  assert.equal(back.status, 303);
  assert.equal(back.headers.get('location'), '/admin');
  const start = await send('/admin');
  assert.equal(start.status, 200);
  assert.match(await start.text(), /Petra Lindholm.*2 alerts wait/s);
  assert.deepEqual(calls.done, [`sign-in ${petra}`]);
  for (const response of [away, back, start]) {
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
    assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
  }
});

test('the cookies: __Host- and Secure over https, HttpOnly, Lax, no domain, and nothing readable in them', async () => {
  for (const origin of ['https://affinity.example', 'http://localhost:4000']) {
    const desk = open({}, origin);
    const cookies = [...(await desk.post('/admin/sign-in')).headers.getSetCookie()];
    cookies.push(...(await desk.send(`/admin/callback?code=${petra}`)).headers.getSetCookie());
    const secure = origin.startsWith('https:');
    assert.equal(cookies.length, 3);
    for (const cookie of cookies) {
      assert.match(cookie, /; Path=\/; HttpOnly; SameSite=Lax/);
      assert.doesNotMatch(cookie, /Domain/i);
      assert.equal(/^__Host-/.test(cookie), secure);
      assert.equal(/; Secure/.test(cookie), secure);
    }
    assert.doesNotMatch([...desk.jar.values()].join(), new RegExp(`${petra}|${btoa(petra)}|pending-1`));
  }
});

test('without a session there is the way in and nothing else', async () => {
  const { send, post, calls } = open();
  for (const path of ['/admin', '/admin/explain', '/admin/alerts']) {
    const text = await (await send(path)).text();
    assert.match(text, /action="\/admin\/sign-in"/, path);
    assert.doesNotMatch(text, /patient-0002|2 alerts/, path);
  }
  await post('/admin/explain', { client: 'vitals', url: '/fhir/Patient', method: 'GET', csrf: 'x' });
  await post('/admin/alerts', { alert: first, note: 'n', csrf: 'x' });
  assert.deepEqual(calls.done, []);
});

test('somebody who is no administrator is told so, is noted, and gets no session', async () => {
  const { signIn, send, calls, jar } = open();
  const refused = await signIn('user-ana');
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /This is not for your account/);
  assert.equal(jar.size, 0);
  assert.match(await (await send('/admin')).text(), /action="\/admin\/sign-in"/);
  assert.deepEqual(calls.done, ['turned-away user-ana']);
});

test('whoever loses the right is out with the next request', async () => {
  const { signIn, send, administrators, calls } = open();
  await signIn();
  administrators.delete(petra);
  const response = await send('/admin/alerts');
  assert.equal(response.status, 403);
  assert.doesNotMatch(await response.text(), /patient-0002/);
  administrators.set(petra, 'Petra Lindholm');
  assert.match(await (await send('/admin')).text(), /action="\/admin\/sign-in"/, 'signed out, not only refused');
  assert.deepEqual(calls.done, [`sign-in ${petra}`, `turned-away ${petra}`]);
});

test('a return without what was sealed before, late, or denied, is no sign-in', async () => {
  const alone = open();
  assert.equal((await alone.send(`/admin/callback?code=${petra}`)).status, 400);
  const late = open();
  await late.post('/admin/sign-in');
  late.clock.time += 600_000;
  assert.equal((await late.send(`/admin/callback?code=${petra}`)).status, 400);
  const denied = open();
  await denied.post('/admin/sign-in');
  assert.match(await (await denied.send('/admin/callback?error=access_denied')).text(), /did not let this page know/);
  const twice = open();
  await twice.signIn();
  assert.equal((await twice.send(`/admin/callback?code=${petra}`)).status, 400, 'what was pending serves once');
  for (const { jar } of [alone, late, denied]) assert.equal(jar.size, 0);
});

test('a session ends when it lies idle, and after a day’s work in any case', async () => {
  const idle = open();
  await idle.signIn();
  idle.clock.time += 1_799_000;
  assert.match(await (await idle.send('/admin')).text(), /Petra/);
  idle.clock.time += 1_799_000;
  assert.match(await (await idle.send('/admin')).text(), /Petra/, 'used in between');
  idle.clock.time += 1_800_000;
  assert.doesNotMatch(await (await idle.send('/admin')).text(), /Petra/);
  const busy = open();
  await busy.signIn();
  for (let minutes = 0; minutes < 479; minutes += 1) {
    busy.clock.time += 60_000;
    await busy.send('/admin');
  }
  assert.match(await (await busy.send('/admin')).text(), /Petra/);
  busy.clock.time += 60_000;
  assert.doesNotMatch(await (await busy.send('/admin')).text(), /Petra/);
});

test('a sign-out ends every copy of the session', async () => {
  const { signIn, csrf, post, send, jar, calls } = open();
  await signIn();
  const copy = new Map(jar);
  const token = await csrf();
  assert.match(await (await post('/admin/sign-out', { csrf: token })).text(), /You are signed out/);
  assert.equal(jar.size, 0);
  for (const [name, value] of copy) jar.set(name, value);
  assert.doesNotMatch(await (await send('/admin')).text(), /Petra/);
  assert.deepEqual(calls.done, [`sign-in ${petra}`, `sign-out ${petra}`]);
});

test('a cookie that was changed, or sealed for another use, is none', async () => {
  const { signIn, send, jar, post } = open();
  await signIn();
  const [[name, value] = ['', '']] = [...jar];
  const turned = value.at(20) === 'A' ? 'B' : 'A';
  for (const bad of [`${value.slice(0, 20)}${turned}${value.slice(21)}`, '', 'AAAA', value.slice(1)]) {
    jar.set(name, bad);
    assert.doesNotMatch(await (await send('/admin')).text(), /Petra/);
  }
  jar.clear();
  await post('/admin/sign-in');
  const [[, pending] = ['', '']] = [...jar];
  jar.set(name, pending);
  assert.doesNotMatch(await (await send('/admin')).text(), /Petra/);
});

test('a form must come from our own page: its token, and no foreign origin', async () => {
  const { signIn, csrf, post, send, calls } = open();
  await signIn();
  const token = await csrf();
  const question = { client: 'vitals', url: '/fhir/Patient', method: 'GET' };
  const before = [...calls.done];
  const tries: readonly (readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>])[] = [
    [{}, {}],
    [{ csrf: `${token.slice(0, -1)}x` }, {}],
    [{ csrf: token }, { origin: 'https://evil.example' }],
    [{ csrf: token }, { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    [{ csrf: token }, { 'content-type': 'text/plain' }],
  ];
  for (const [form, headers] of tries) {
    assert.equal((await post('/admin/explain', { ...question, ...form }, headers)).status, 403);
    await post('/admin/alerts', { alert: first, note: 'n', ...form }, headers);
    await post('/admin/sign-out', form, headers);
  }
  assert.equal((await post('/admin/explain', { ...question, csrf: token, scope: 'x'.repeat(70_000) })).status, 403);
  assert.deepEqual(calls.done, before);
  assert.match(await (await send('/admin')).text(), /Petra/, 'still signed in');
  assert.equal(
    (await post('/admin/explain', { ...question, csrf: token }, { origin: 'null', 'sec-fetch-site': 'same-origin' }))
      .status,
    200,
  );
});

test('a question is asked with what was typed, answered on the page, and stands in no address', async () => {
  const { signIn, csrf, post, calls } = open();
  await signIn();
  const token = await csrf('/admin/explain');
  const typed = {
    person: ' ana ',
    client: 'vitals',
    patient: '',
    method: 'DELETE',
    url: '/fhir/Patient/1',
    record: '',
  };
  const response = await post('/admin/explain', { ...typed, csrf: token });
  assert.equal(response.headers.get('location'), null);
  const text = await response.text();
  assert.deepEqual(calls.questions, [{ person: 'ana', client: 'vitals', method: 'DELETE', url: '/fhir/Patient/1' }]);
  for (const part of [
    'Denied',
    'HTTP 403',
    'Rule by rule',
    'What was known',
    'Hidden',
    'None of these is brought in',
    'and 3 other patients'.slice(4),
  ])
    assert.ok(text.includes(part), part);
  const refused = await post('/admin/explain', { ...typed, client: 'nothing', csrf: token });
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /There is no app &quot;nothing&quot;\..*value="nothing"/s);
  for (const missing of [{ client: '' }, { url: '' }, { method: 'TRACE' }])
    assert.equal((await post('/admin/explain', { ...typed, ...missing, csrf: token })).status, 400);
  assert.equal(calls.questions.length, 2);
});

test('an alert is acknowledged with a note, once, and the page is shown anew', async () => {
  const { signIn, csrf, post, send, calls } = open();
  await signIn();
  const token = await csrf('/admin/alerts');
  const done = await post('/admin/alerts', { alert: first, note: ' Called the ward. ', csrf: token });
  assert.equal(done.status, 303);
  assert.equal(done.headers.get('location'), '/admin/alerts?notice=done');
  assert.ok(calls.done.includes(`acknowledge ${first} Called the ward. ${petra}`));
  assert.match(await (await send('/admin/alerts?notice=done')).text(), /It is noted/);
  const other = await post('/admin/alerts', { alert: 'nobody', note: 'x', csrf: token });
  assert.equal(other.headers.get('location'), '/admin/alerts?notice=unknown');
  const acknowledged = calls.done.filter((one) => one.startsWith('acknowledge')).length;
  for (const note of ['', '   ', 'x'.repeat(1001)])
    assert.equal((await post('/admin/alerts', { alert: first, note, csrf: token })).status, 400);
  assert.equal(calls.done.filter((one) => one.startsWith('acknowledge')).length, acknowledged);
  assert.equal((await post('/admin/alerts', { alert: first, note: 'x'.repeat(1000), csrf: token })).status, 303);
});

test('whatever words stand in a record’s ids, a Consent or an alert, the page stays the same page', async () => {
  const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
  const shape = async (words: string): Promise<string> => {
    const { signIn, csrf, post, send } = open({
      explain: async () => ({ kind: 'explained', explanation: explanation(words), notes: [words] }),
      clients: [words],
      administrator: async () => words,
      openAlerts: async () => ({
        open: 1,
        alerts: [
          {
            id: words,
            kind: words,
            about: words,
            at: new Date(0),
            lastAt: new Date(1),
            count: 2,
            person: words,
            client: words,
            patient: words,
            detail: words,
          },
        ],
      }),
    });
    await signIn();
    const question = {
      person: words,
      client: words,
      url: words,
      method: 'GET',
      record: words,
      scope: words,
      csrf: await csrf(),
    };
    const pages = [await post('/admin/explain', question), await send('/admin/alerts'), await send('/admin')];
    const texts = await Promise.all(pages.map((page) => page.text()));
    for (const text of texts) assert.doesNotMatch(text, /<script|<img/);
    return texts
      .map((text) =>
        parsePage(text)
          .map(({ tag }) => tag)
          .join(),
      )
      .join();
  };
  assert.equal(await shape(hostile), await shape('plain'));
});

test('other methods are refused and told what is allowed; without administration there are no such pages', async () => {
  const { send, post } = open();
  for (const [method, path, allow] of [
    ['PUT', '/admin', 'GET, HEAD'],
    ['DELETE', '/admin/alerts', 'GET, HEAD, POST'],
    ['PUT', '/admin/explain', 'GET, HEAD, POST'],
    ['DELETE', '/admin/sign-out', 'POST'],
  ] as const) {
    const response = await send(path, { method });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), allow);
  }
  assert.equal((await post('/admin/callback')).status, 405);
  assert.equal((await send('/admin/nothing')).status, 404);
  const without = createPortal(views.neighbours);
  assert.equal((await without.fetch(new Request(`${views.neighbours.origin}/admin`))).status, 404);
});

test('each page of the desk names every thing once, so that what a heading names is what a screen reader reads', async () => {
  for (const [name, page] of Object.entries(await deskPages())) {
    const ids = parsePage(page).flatMap(({ attributes }) => attributes.get('id') ?? []);
    assert.deepEqual(ids, [...new Set(ids)], name);
  }
});
