import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { interactionKinds } from '../fhir/interaction.ts';
import { arbitraryScope } from '../testing/arbitrary-scope.ts';
import { parseResourceScope, printScope, type ResourceScope } from './scope.ts';
import { speaksOf } from './scope-interaction.ts';
import { covers, intersect, intersectSets, normalForm, sameMeaning, setCovers } from './scope-order.ts';

const scope = (token: string): ResourceScope => {
  const result = parseResourceScope(token);
  assert.ok(result.kind === 'scope', token);
  return result.scope;
};
const set = (...tokens: string[]): ResourceScope[] => tokens.map(scope);
const many = fc.array(arbitraryScope, { maxLength: 5 });

test('covers: type, letters, constraints; never across compartments', () => {
  assert.ok(covers(scope('patient/*.rs'), scope('patient/Observation.r?category=laboratory')));
  assert.ok(
    covers(
      scope('patient/Observation.rs?category=laboratory'),
      scope('patient/Observation.rs?category=http://x|laboratory'),
    ),
  );
  assert.ok(covers(scope('patient/Observation.rs?category=a,b'), scope('patient/Observation.rs?category=b')));
  assert.ok(
    !covers(
      scope('patient/Observation.rs?category=http://x|laboratory'),
      scope('patient/Observation.rs?category=laboratory'),
    ),
  );
  assert.ok(!covers(scope('patient/Observation.rs?category=b'), scope('patient/Observation.rs?category=a,b')));
  assert.ok(!covers(scope('patient/Observation.rs?category=|b'), scope('patient/Observation.rs?category=http://x|b')));
  assert.ok(!covers(scope('patient/Observation.r'), scope('patient/Observation.rs')));
  assert.ok(!covers(scope('patient/Observation.rs'), scope('patient/*.rs')));
  assert.ok(!covers(scope('user/*.cruds'), scope('patient/Observation.r')));
});

test('covers is reflexive and transitive', () => {
  fc.assert(fc.property(arbitraryScope, (one) => covers(one, one)));
  fc.assert(
    fc.property(arbitraryScope, arbitraryScope, arbitraryScope, (a, b, c) => {
      assert.ok(!(covers(a, b) && covers(b, c)) || covers(a, c));
    }),
    { numRuns: 5000 },
  );
});

test('covers agrees with the interaction table: what the narrow scope speaks of, the wide one does', () => {
  fc.assert(
    fc.property(arbitraryScope, arbitraryScope, fc.constantFrom(...interactionKinds), (wide, narrow, kind) => {
      const interaction = { kind, type: narrow.type };
      assert.ok(!(covers(wide, narrow) && speaksOf(narrow, interaction)) || speaksOf(wide, interaction));
    }),
    { numRuns: 2000 },
  );
});

test('intersect is the greatest lower bound under covers', () => {
  fc.assert(
    fc.property(arbitraryScope, arbitraryScope, arbitraryScope, (a, b, below) => {
      const both = intersect(a, b);
      if (both !== undefined) {
        assert.ok(covers(a, both) && covers(b, both));
        assert.deepEqual(parseResourceScope(printScope(both)), { kind: 'scope', scope: both });
      }
      if (covers(a, below) && covers(b, below)) assert.ok(both !== undefined && covers(both, below));
    }),
    { numRuns: 5000 },
  );
});

test('D05: scopes are a union, equal by meaning', () => {
  assert.ok(sameMeaning(set('patient/Observation.r', 'patient/Observation.s'), set('patient/Observation.rs')));
  assert.ok(
    sameMeaning(set('patient/Observation.read', 'patient/Observation.write'), set('patient/Observation.cruds')),
  );
  assert.ok(sameMeaning(set('patient/*.rs', 'patient/Observation.r'), set('patient/*.read')));
  assert.ok(!sameMeaning(set('patient/Observation.r'), set('patient/Observation.rs')));
  assert.ok(
    !sameMeaning(
      set('patient/Observation.rs?category=a', 'patient/Observation.rs?code=b'),
      set('patient/Observation.rs?category=a&code=b'),
    ),
  );
});

test('normalForm keeps the meaning, says nothing twice and prints alike for any order', () => {
  fc.assert(
    fc.property(many, (scopes) => {
      const normal = normalForm(scopes);
      assert.ok(sameMeaning(normal, scopes));
      assert.deepEqual(normalForm(normal), normal);
      assert.deepEqual(normalForm([...scopes].reverse()).map(printScope), normal.map(printScope));
    }),
    { numRuns: 2000 },
  );
  assert.deepEqual(normalForm(set('patient/Observation.r', 'patient/Observation.s', 'patient/*.s')).map(printScope), [
    'patient/*.s',
    'patient/Observation.r',
  ]);
});

test('intersectSets gives what both give and no more', () => {
  fc.assert(
    fc.property(many, many, arbitraryScope, (one, other, probe) => {
      const both = intersectSets(one, other);
      assert.ok(setCovers(one, both) && setCovers(other, both));
      assert.equal(setCovers(both, [probe]), setCovers(one, [probe]) && setCovers(other, [probe]));
    }),
    { numRuns: 2000 },
  );
});
