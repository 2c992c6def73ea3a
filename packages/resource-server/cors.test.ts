/** What pages of other origins may call and see. SMART App Launch 2.2, launch §CORS; Fetch Standard. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openToAll, originHeaders, preflight } from './cors.ts';

const listOf = (response: Response, header: string) =>
  (response.headers.get(header) ?? '').split(',').map((part) => part.trim().toLowerCase());

test('N28: a preflight allows the headers and methods of every interaction', () => {
  const response = preflight();
  assert.equal(response.status, 204);
  const headers = listOf(response, 'access-control-allow-headers');
  for (const name of [
    ...['authorization', 'content-type', 'accept', 'if-match', 'if-none-match', 'if-none-exist', 'if-modified-since'],
    ...['prefer', 'x-request-id', 'x-provenance', 'dpop'],
  ])
    assert.ok(headers.includes(name), name);
  const methods = listOf(response, 'access-control-allow-methods');
  assert.deepEqual(methods, ['get', 'head', 'post', 'put', 'patch', 'delete']);
});

test('N28: only registered origins see records, by their own name, and never with credentials', async () => {
  const allows = (origin: string) => origin === 'https://app.example';
  const known = new Headers(await originHeaders('https://app.example', allows));
  assert.equal(known.get('access-control-allow-origin'), 'https://app.example');
  assert.equal(known.get('vary'), 'Origin');
  for (const name of [
    ...['Location', 'ETag', 'Last-Modified', 'Content-Location'],
    ...['WWW-Authenticate', 'DPoP-Nonce', 'X-Request-Id'],
  ])
    assert.ok(known.get('access-control-expose-headers')?.includes(name), name);
  for (const origin of [
    null,
    'null',
    'https://evil.example',
    'https://app.example.evil.example',
    'http://app.example',
    '*',
  ]) {
    const unknown = new Headers(await originHeaders(origin, allows));
    assert.equal(unknown.get('access-control-allow-origin'), null, String(origin));
    assert.equal(unknown.get('vary'), 'Origin');
  }
  const open = openToAll(new Response());
  assert.equal(open.headers.get('access-control-allow-origin'), '*');
  for (const each of [known, open.headers, preflight().headers])
    assert.equal(each.get('access-control-allow-credentials'), null);
});
