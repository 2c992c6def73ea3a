/** A Period holds from its start to the end of its end. FHIR R4 datatypes.html#Period. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdsAt } from './period.ts';

const at = (text: string) => Date.parse(text);

test('E31: a period holds as long as the precision of its ends', () => {
  const period = { start: '2026-02-01', end: '2026-03' };
  assert.equal(holdsAt(period, at('2026-01-31T23:59:59.999Z')), false);
  assert.equal(holdsAt(period, at('2026-02-01T00:00:00Z')), true);
  assert.equal(holdsAt(period, at('2026-03-31T23:59:59.999Z')), true);
  assert.equal(holdsAt(period, at('2026-04-01T00:00:00Z')), false);
  assert.equal(holdsAt({ start: '2026-02-01' }, at('2090-01-01T00:00:00Z')), true);
  assert.equal(holdsAt({ end: '2026-02-01' }, at('1990-01-01T00:00:00Z')), true);
  assert.equal(holdsAt(undefined, 0), true);
});

test('E31: a period that cannot be read holds never', () => {
  const now = at('2026-02-01T00:00:00Z');
  for (const period of [{ start: 'soon' }, { end: 'never' }, { start: 7 }, '2026', [], null, { end: '2026-13' }])
    assert.equal(holdsAt(period, now), false, JSON.stringify(period));
});
