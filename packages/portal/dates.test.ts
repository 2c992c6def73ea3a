/** Dates of a day, a month and a year; ages on and around birthdays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showDate, showEnd, yearsSince } from './dates.ts';

test('a date is shown as exactly as it is known', () => {
  assert.equal(showDate('en', '2014-05-03'), '3 May 2014');
  assert.equal(showDate('en', '2014-05'), 'May 2014');
  assert.equal(showDate('en', '2014'), '2014');
  assert.equal(showDate('en', 'last spring'), 'last spring');
  assert.equal(showDate('en', '2014-13-40'), '2014-13-40');
});

test('a span ends so many days from today', () => {
  assert.equal(showEnd('en', new Date('2026-11-23T23:59:59Z'), 90), '21 February 2027');
  assert.equal(showEnd('en', new Date('2028-02-28T00:00:00Z'), 1), '29 February 2028');
});

test('whole years are counted from the birthday, and only where the day is known', () => {
  const at = (now: string) => yearsSince('2014-05-03', new Date(now));
  assert.equal(at('2026-05-02T12:00:00Z'), 11);
  assert.equal(at('2026-05-03T00:00:00Z'), 12);
  assert.equal(at('2014-05-03T00:00:00Z'), 0);
  assert.equal(at('2014-05-02T00:00:00Z'), undefined);
  assert.equal(yearsSince('2014-05', new Date()), undefined);
  assert.equal(yearsSince('2014-99-99', new Date()), undefined);
});
