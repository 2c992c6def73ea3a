/** What may be registered, and that nothing but the very same address matches. RFC 9700 §2.1, §4.1.3; RFC 8252 §7.3. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formActionSource, matchesRedirectUri, redirectUriFault } from './redirect-uri.ts';

test('https, loopback http and a native app’s own scheme may be registered', () => {
  assert.equal(redirectUriFault('https://app.example/cb?x=1', false), undefined);
  assert.equal(redirectUriFault('http://localhost:4000/cb', false), undefined);
  assert.equal(redirectUriFault('http://[::1]/cb', true), undefined);
  assert.equal(redirectUriFault('com.example.app:/cb', true), undefined);
});

test('what could send an answer elsewhere may not', () => {
  const bad = [
    'http://app.example/cb',
    'http://10.0.0.1/cb',
    'http://localhost.evil.example/cb',
    'https://app.example/cb#fragment',
    'https://app.example/cb#',
    'https://user@app.example/cb',
    'https://user:pass@app.example/cb',
    'https://*.example/cb',
    'https:evil.example',
    'https:///evil.example',
    '//evil.example/cb',
    '/cb',
    'https://app.example/\r\nset-cookie:a',
    'https://app.example\\@evil.example',
    'https://app.example/<script>',
    'https://\u3002example/cb',
    'javascript:alert(1)',
    'data:text/html,x',
    'myapp:/cb',
    'com.example.app:/cb',
    '',
    `https://app.example/${'a'.repeat(2000)}`,
  ];
  for (const uri of bad) assert.notEqual(redirectUriFault(uri, false), undefined, uri);
  for (const uri of ['myapp:/cb', 'javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd']) {
    assert.notEqual(redirectUriFault(uri, true), undefined, uri);
  }
});

test('no mutation of a registered address matches', () => {
  const registered = ['https://app.example/cb'];
  assert.equal(matchesRedirectUri(registered, 'https://app.example/cb', false), true);
  const mutations = [
    'https://app.example/cb/',
    'https://app.example/c',
    'https://app.example/cb2',
    'https://app.example/cb?x=1',
    'https://app.example/cb#',
    'https://APP.example/cb',
    'https://app.example:443/cb',
    'HTTPS://app.example/cb',
    'http://app.example/cb',
    'https://app.example/./cb',
    'https://app.example/%63b',
    'https://evil.app.example/cb',
    'https://app.example@evil.example/cb',
    ' https://app.example/cb',
  ];
  for (const uri of mutations) assert.equal(matchesRedirectUri(registered, uri, true), false, uri);
});

test('only a native app’s loopback address may have another port', () => {
  const registered = ['http://127.0.0.1/cb', 'http://localhost/cb'];
  assert.equal(matchesRedirectUri(registered, 'http://127.0.0.1:51234/cb', true), true);
  assert.equal(matchesRedirectUri(registered, 'http://127.0.0.1:51234/cb', false), false);
  assert.equal(matchesRedirectUri(registered, 'http://localhost:51234/cb', true), false);
  assert.equal(matchesRedirectUri(registered, 'http://127.0.0.1:51234/other', true), false);
  assert.equal(matchesRedirectUri(registered, 'http://127.0.0.1:99999/cb', true), false);
});

test('a form may lead to the app’s origin, or to its scheme', () => {
  assert.equal(formActionSource('https://app.example/cb;x'), 'https://app.example');
  assert.equal(formActionSource('com.example.app:/cb'), 'com.example.app:');
});
