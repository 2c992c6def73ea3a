/** A confirmation that is not understood is never taken for none. RFC 7800 §3; RFC 9449 §6.1. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfirmation } from './confirmation.ts';

const jkt = 'A'.repeat(43);

test('C56: cnf names one key, is not there, or is malformed', () => {
  assert.deepEqual(readConfirmation(undefined), { kind: 'none' });
  assert.deepEqual(readConfirmation({ jkt }), { kind: 'key', jkt });
  for (const cnf of [
    null,
    {},
    [],
    '',
    jkt,
    [jkt],
    { jkt: '' },
    { jkt: undefined },
    { jkt: `${jkt}A` },
    { jkt: `${jkt}=` },
    { jkt: [jkt] },
    { kid: 'a' },
    { 'x5t#S256': jkt },
    { jkt, 'x5t#S256': jkt },
  ])
    assert.deepEqual(readConfirmation(cnf), { kind: 'malformed' }, JSON.stringify(cnf));
});
