/** Escaping, tidying and linking of other people's words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { html, linkable, quoted, tidy } from './markup.ts';

test('a value is escaped for text and for a quoted attribute; markup made here is not escaped twice', () => {
  const inner = html`<b>${`<&"'>`}</b>`;
  assert.equal(
    html`<a title="${`"><i>`}">${inner}</a>`.toString(),
    '<a title="&quot;&gt;&lt;i&gt;"><b>&lt;&amp;&quot;&#39;&gt;</b></a>',
  );
});

test('nothing is left behind by false and undefined, and lists are joined', () => {
  assert.equal(html`[${false}${undefined}${[html`<i>`, 1, ['&']]}]`.toString(), '[<i>1&amp;]');
});

test('a promise among the values is refused', () => {
  const late = Promise.resolve('late') as unknown as string;
  assert.throws(() => html`${late}`, TypeError);
});

test('direction overrides, controls, invisible and heaped characters are taken out of names', () => {
  assert.equal(tidy('Vital\u202es\u0000\r\nSet-Cookie: a=b'), 'Vital s Set-Cookie: a=b');
  assert.equal(tidy('\u2066\u200bAna\u{e0041}'), 'Ana');
  assert.equal(tidy(`Z${'\u0301'.repeat(50)}`), `Z${'\u0301'.repeat(3)}`);
  assert.equal(tidy('می\u200cخواهم'), 'می\u200cخواهم');
  assert.equal(tidy('\ud800x'), '\ufffdx');
});

test('a name of 120 characters is whole, a longer one is cut', () => {
  assert.equal(tidy('n'.repeat(120)), 'n'.repeat(120));
  assert.equal(tidy('n'.repeat(121)), `${'n'.repeat(119)}…`);
});

test('a name in a sentence keeps its writing direction to itself', () => {
  assert.equal(quoted('<Ana>').toString(), '<bdi>&lt;Ana&gt;</bdi>');
});

test('only https, and http on this machine, are linked', () => {
  assert.equal(linkable('https://vitals.example/privacy'), 'https://vitals.example/privacy');
  for (const address of ['http://localhost:4000/a', 'http://127.0.0.1/', 'http://[::1]:8/']) {
    assert.equal(linkable(address), address);
  }
  const refused = [
    undefined,
    '',
    '/relative',
    '//evil.example',
    'http://evil.example/',
    'http://localhost.evil.example/',
    'http://127.0.0.1.evil.example/',
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'blob:https://a/b',
    'https://user:pass@evil.example/',
    'https://user@evil.example/',
  ];
  for (const address of refused) assert.equal(linkable(address), undefined, String(address));
});
