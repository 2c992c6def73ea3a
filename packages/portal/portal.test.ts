/** What the portal answers over HTTP: pages, stylesheet, headers, and nothing for the rest. CSP Level 3; RFC 9110; RFC 9111. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createPortal } from './portal.ts';
import { parsePage, select } from './testing/parse-page.ts';
import * as views from './testing/views.ts';

const origin = views.neighbours.origin;
const portal = createPortal(views.neighbours);
const get = (path: string, init: RequestInit = {}): Promise<Response> => portal.fetch(new Request(origin + path, init));

const assertGuarded = (response: Response): void => {
  const policy = response.headers.get('content-security-policy') ?? '';
  for (const rule of [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]) {
    assert.ok(policy.split('; ').includes(rule), rule);
  }
  assert.doesNotMatch(policy, /unsafe|script-src|\*/);
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(response.headers.get('x-frame-options'), 'DENY');
  assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
};

test('the front page: apps, people, addresses', async () => {
  const response = await get('/');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  assertGuarded(response);
  const page = parsePage(await response.text());
  assert.ok(select(page, 'a', { href: 'http://localhost:4000/apps/vitals/' }).length === 1);
  assert.ok(page.some((element) => element.tag === 'code' && element.text === 'ana-sample'));
  assert.ok(select(page, 'a', { href: 'http://localhost:4000/fhir' }).length === 1);
});

test('outside the demonstration domain there is no sample sign-in, and no app is said, not left blank', async () => {
  const { demonstration: _, ...locked } = views.neighbours;
  const page = await (await createPortal({ ...locked, apps: [] }).fetch(new Request(`${origin}/`))).text();
  assert.doesNotMatch(page, /Sample people|ana-sample|Demonstration/);
  assert.match(page, /No app is listed here yet/);
});

test('300 apps are all listed', async () => {
  const [app] = views.neighbours.apps;
  const apps = Array.from({ length: 300 }, () => app ?? assert.fail());
  const page = parsePage(
    await (await createPortal({ ...views.neighbours, apps }).fetch(new Request(`${origin}/`))).text(),
  );
  assert.equal(select(page, 'li', { class: 'tile' }).length, 300);
});

test('the address of the stylesheet changes with what is in it, and may be kept for ever', async () => {
  const page = parsePage(await (await get('/')).text());
  const address = select(page, 'link', { rel: 'stylesheet' })[0]?.attributes.get('href') ?? '';
  assert.match(address, /^\/assets\/portal\.css\?v=[\w-]{16}$/);
  const response = await get(address);
  assert.equal(response.headers.get('content-type'), 'text/css; charset=utf-8');
  assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.match(await response.text(), /--accent:/);
  const again = await get(address, { headers: { 'if-none-match': response.headers.get('etag') ?? '' } });
  assert.equal(again.status, 304);
  for (const other of ['/assets/portal.css', '/assets/portal.css?v=older']) {
    assert.equal((await get(other)).headers.get('cache-control'), 'no-cache');
  }
});

test('the icon of the tab is there', async () => {
  const page = parsePage(await (await get('/')).text());
  const response = await get(select(page, 'link', { rel: 'icon' })[0]?.attributes.get('href') ?? '');
  assert.equal(response.headers.get('content-type'), 'image/svg+xml');
  assertGuarded(response);
});

test('anything else is a page that says so, guarded, with a reference that is also in the log and without the path', async () => {
  const lines: string[] = [];
  const logged = createPortal({ ...views.neighbours, log: (...line) => lines.push(JSON.stringify(line)) });
  for (const path of [
    '/nothing',
    '/assets/',
    '/assets/../portal.ts',
    '/%2e%2e/package.json',
    '/<script>alert(1)</script>',
    '//evil.example',
  ]) {
    const response = await logged.fetch(new Request(`${origin}${path}`));
    assert.equal(response.status, 404, path);
    assertGuarded(response);
    const page = await response.text();
    assert.doesNotMatch(page, /nothing\b.*404|alert\(1\)|evil/);
    const [reference] = /[0-9a-f-]{36}/.exec(page) ?? assert.fail();
    assert.ok(lines.at(-1)?.includes(reference));
    assert.doesNotMatch(lines.at(-1) ?? '', /alert|evil|portal\.ts/);
  }
});

test('HEAD answers without a body; other methods are refused and told what is allowed', async () => {
  const head = await get('/', { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
  const post = await get('/', { method: 'POST', body: 'x' });
  assert.equal(post.status, 405);
  assert.equal(post.headers.get('allow'), 'GET, HEAD');
  assertGuarded(post);
});

test('https is held on to only where it is used', async () => {
  const secure = createPortal({ ...views.neighbours, origin: 'https://affinity.example' });
  const header = async (from: typeof portal) =>
    (await from.fetch(new Request(`${origin}/`))).headers.get('strict-transport-security');
  assert.match((await header(secure)) ?? '', /^max-age=\d{8,}$/);
  assert.equal(await header(portal), null);
});

test('the script of the pages is a file of its own that is taken for nothing else', async () => {
  const script = await get('/assets/passkey.js');
  assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
  assert.equal(script.headers.get('x-content-type-options'), 'nosniff');
});

test('a sign-in page with all that it brings is less than 30 kB, and its files leave smaller for whoever takes them so', async () => {
  const { demonstration: _, ...plain } = views.neighbours;
  const page = createPortal(plain).pages.signIn(views.signIn);
  const addresses = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, address = '']) => address);
  assert.ok(addresses.length >= 2, addresses.join());
  let bytes = Buffer.byteLength(page);
  for (const address of addresses) {
    const url = new URL(address.replaceAll('&amp;', '&'), views.neighbours.origin);
    const small = await portal.fetch(new Request(url, { headers: { 'accept-encoding': 'gzip, br' } }));
    const whole = await (await portal.fetch(new Request(url))).text();
    const sent = Buffer.from(await small.arrayBuffer());
    assert.equal(small.headers.get('content-encoding'), 'gzip');
    assert.equal(gunzipSync(sent).toString(), whole);
    bytes += sent.byteLength;
  }
  assert.ok(bytes < 30_000, `${bytes} bytes`);
});
