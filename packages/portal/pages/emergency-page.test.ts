/** The contract of the page on which an emergency is declared: its fields, its words, and that nobody is listed on it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPortal } from '../portal.ts';
import { parsePage, select } from '../testing/parse-page.ts';
import * as views from '../testing/views.ts';

const { pages } = createPortal(views.neighbours);
const printed = (more: Partial<typeof views.emergency> = {}): string =>
  pages.emergency({ ...views.emergency, ...more });

test('E74: the fields of the contract, two buttons, and what follows in plain words', () => {
  const text = printed();
  const page = parsePage(text);
  const names = ['input', 'textarea'].flatMap((tag) =>
    select(page, tag).map(({ attributes }) => attributes.get('name')),
  );
  assert.deepEqual(names, ['csrf', 'identifier', 'patient_name', 'birth_date', 'reason']);
  assert.deepEqual(
    select(page, 'button').map((button) => [button.attributes.get('value'), button.text]),
    [
      // The first is what the Enter key presses: it must not throw away what was typed.
      ['declare', 'Declare an emergency'],
      ['cancel', 'Cancel'],
    ],
  );
  for (const words of ['for 15 minutes', 'recorded', 'privacy officer', 'patient can see who looked', 'change nothing'])
    assert.ok(text.includes(words), words);
  assert.ok(printed({ minutes: 1 }).includes('for 1 minute:'));
});

test('E74: what was typed stands there again, escaped, with what was wrong said at once', () => {
  const typed = { identifier: '"><script>', name: 'A & B', birthDate: '1984-02-11', reason: '</textarea><b>now' };
  const text = printed({ typed, fault: { kind: 'nobody-found' } });
  assert.doesNotMatch(text, /<script|<b>now/);
  const page = parsePage(text);
  assert.equal(select(page, 'input', { name: 'identifier' })[0]?.attributes.get('aria-invalid'), 'true');
  assert.equal(select(page, 'textarea')[0]?.attributes.has('aria-invalid'), false);
  assert.match(text, /Not exactly one patient/);
  const unsaid = parsePage(printed({ typed, fault: { kind: 'no-reason' } }));
  assert.equal(select(unsaid, 'textarea')[0]?.attributes.get('aria-invalid'), 'true');
  assert.match(printed({ fault: { kind: 'throttled', retryAfterSeconds: 300 } }), /Wait 5 minutes/);
});
