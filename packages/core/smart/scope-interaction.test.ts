import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interactionKinds } from '../fhir/interaction.ts';
import { parseResourceScope, permissionOrder, printScope } from './scope.ts';
import { neededScope, speaksOf } from './scope-interaction.ts';

test('D03: eleven interactions by five letters', () => {
  // The table of SMART App Launch 2.2 by letter, written out a second time on purpose.
  const byLetter: Record<string, readonly string[]> = {
    c: ['create'],
    r: ['read', 'vread', 'history-instance'],
    u: ['update', 'patch'],
    d: ['delete'],
    s: ['search-type', 'search-system', 'history-type', 'history-system'],
  };
  assert.equal(interactionKinds.length, 11);
  for (const letter of permissionOrder) {
    const result = parseResourceScope(`patient/Observation.${letter}`);
    assert.ok(result.kind === 'scope');
    for (const kind of interactionKinds) {
      const spoken = speaksOf(result.scope, { kind, type: 'Observation' });
      assert.equal(spoken, byLetter[letter]?.includes(kind), `${kind} under ${letter}`);
      assert.ok(!speaksOf(result.scope, { kind, type: 'Condition' }));
      assert.ok(!speaksOf(result.scope, { kind }), 'a scope for one type never speaks of the whole system');
    }
  }
});

test('which scope would have been enough', () => {
  assert.equal(printScope(neededScope({ kind: 'vread', type: 'Observation' }, 'patient')), 'patient/Observation.r');
  assert.equal(printScope(neededScope({ kind: 'search-type', type: 'Condition' }, 'user')), 'user/Condition.s');
  assert.equal(printScope(neededScope({ kind: 'search-system' }, 'system')), 'system/*.s');
  for (const kind of interactionKinds) {
    assert.ok(speaksOf(neededScope({ kind, type: 'Observation' }, 'patient'), { kind, type: 'Observation' }));
  }
});
