import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { createPageCursors } from './page-cursor.ts';

const principal: Principal = { clientId: 'app', tokenId: 't', user: 'u', grant: 'g', scopes: [] };
const state = { params: [['category', 'laboratory']] as [string, string][], cursor: 'o7' };

test('a link opens for its caller, path, key and time alone, and says nothing', () => {
  let time = 1_000_000;
  const make = (fill: number, base = 'http://a/fhir') =>
    createPageCursors({ key: new Uint8Array(32).fill(fill), base, seconds: 60, now: () => time });
  const pages = make(1);
  const sealed = pages.seal(state, 'Observation', principal);
  assert.match(sealed, /^[\w-]+$/);
  assert.doesNotMatch(Buffer.from(sealed, 'base64url').toString('latin1'), /laboratory|o7/);
  assert.notEqual(pages.seal(state, 'Observation', principal), sealed);
  assert.deepEqual(pages.open(sealed, 'Observation', { ...principal, tokenId: 'refreshed' }), state);
  for (const other of [{ clientId: 'app2' }, { user: 'v' }, { grant: 'h' }]) {
    assert.equal(pages.open(sealed, 'Observation', { ...principal, ...other }), undefined);
  }
  assert.equal(pages.open(sealed, 'Condition', principal), undefined);
  const { user: _, grant: __, ...nobody } = principal;
  const foreign = (subject: string): Principal => ({ ...nobody, foreign: { issuer: 'https://lab.example', subject } });
  const theirs = pages.seal(state, 'Observation', foreign('u'));
  assert.deepEqual(pages.open(theirs, 'Observation', foreign('u')), state);
  assert.equal(pages.open(theirs, 'Observation', foreign('v')), undefined);
  assert.equal(make(2).open(sealed, 'Observation', principal), undefined);
  assert.equal(make(1, 'http://b/fhir').open(sealed, 'Observation', principal), undefined);
  for (const junk of [
    '',
    'x',
    '!!!',
    sealed.slice(1),
    `${sealed}AA`,
    sealed.replace(/.$/, sealed.endsWith('A') ? 'Q' : 'A'),
  ]) {
    assert.equal(pages.open(junk, 'Observation', principal), undefined, junk);
  }
  time += 59_999;
  assert.deepEqual(pages.open(sealed, 'Observation', principal), state);
  time += 1;
  assert.equal(pages.open(sealed, 'Observation', principal), undefined);
});

test('a short key is refused', () => {
  assert.throws(() => createPageCursors({ key: new Uint8Array(31), base: '', seconds: 1, now: () => 0 }), RangeError);
});
