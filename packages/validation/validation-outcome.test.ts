/** The outcome of `$validate`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validationOutcome } from './validation-outcome.ts';

test('M07: an outcome without an error says that the resource is valid', () => {
  const severities = (outcome: ReturnType<typeof validationOutcome>) =>
    (outcome.issue as { severity: string }[]).map(({ severity }) => severity);
  assert.deepEqual(severities(validationOutcome([])), ['information']);
  const warned = validationOutcome([{ severity: 'warning', code: 'invariant' }]);
  assert.deepEqual(severities(warned), ['warning', 'information']);
  assert.deepEqual(severities(validationOutcome([{ severity: 'error', code: 'value' }])), ['error']);
});
