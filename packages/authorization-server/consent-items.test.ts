/** What a person is asked, and that what was unticked is not granted. SMART App Launch 2.2, scopes; ONC g(10). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseResourceScope, printScope } from '@affinity/core/smart/scope.ts';
import { setCovers } from '@affinity/core/smart/scope-order.ts';
import fc from 'fast-check';
import { grantedScopes, offerOf } from './consent-items.ts';

const laboratory = 'category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory';
const valuesOf = (tokens: readonly string[]): string[] => offerOf(tokens).items.map(({ scope }) => scope);
/** What is left when the items of these groups are unticked. */
const without = (tokens: readonly string[], ...groups: string[]): string[] => {
  const offer = offerOf(tokens);
  const ticked = offer.items.filter(({ group }) => !groups.includes(group)).map(({ scope }) => scope);
  return grantedScopes(tokens, offer, ticked);
};

test('everything ticked gives what was asked, as it was asked', () => {
  const tokens = [
    'openid',
    'fhirUser',
    'launch/patient',
    'offline_access',
    'patient/Observation.read',
    'patient/*.rs',
    'user/Condition.cruds',
    `patient/Observation.rs?${laboratory}`,
  ];
  assert.deepEqual(grantedScopes(tokens, offerOf(tokens), valuesOf(tokens)), tokens);
});

test('nothing posted leaves what is required, and nothing else', () => {
  const tokens = ['openid', 'fhirUser', 'launch/patient', 'offline_access', 'patient/*.cruds'];
  assert.deepEqual(grantedScopes(tokens, offerOf(tokens), []), ['openid', 'fhirUser', 'launch/patient']);
});

test('Observation without laboratory is its other categories, and no laboratory report either', () => {
  const granted = without(['patient/Observation.read', 'patient/DiagnosticReport.rs'], 'laboratory');
  assert.ok(granted.length > 3);
  assert.ok(
    granted.every((scope) => scope.includes('?category=')),
    granted.join(' '),
  );
  assert.ok(!granted.some((scope) => /laboratory|v2-0074/.test(scope)));
  assert.ok(
    granted.includes(
      'patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs',
    ),
  );
  const reports = without(['patient/DiagnosticReport.rs'], 'laboratory');
  assert.ok(reports.every((scope) => scope.startsWith('patient/DiagnosticReport.rs?category=http://loinc.org|')));
});

test('laboratory alone is one granular scope', () => {
  assert.deepEqual(without(['patient/Observation.rs'], 'vital-signs', 'other'), [
    `patient/Observation.rs?${laboratory}`,
  ]);
});

test('a wildcard is asked about group by group and says that it covers what does not exist yet (B28)', () => {
  const { items } = offerOf(['patient/*.rs']);
  const rest = items.find(({ group }) => group === 'everything-else');
  assert.equal(rest?.future, true);
  assert.equal(rest?.scope, 'patient/*.rs');
  for (const group of [
    'medications',
    'allergies',
    'conditions',
    'laboratory',
    'vital-signs',
    'immunizations',
    'visits',
    'documents',
    'patient',
  ]) {
    assert.equal(items.filter((item) => item.group === group).length, 1, group);
  }
  const narrowed = without(['patient/*.rs'], 'conditions');
  assert.ok(!narrowed.some((scope) => scope.includes('*') || scope.includes('/Condition.')));
  assert.ok(narrowed.includes('patient/AllergyIntolerance.rs') && narrowed.includes('patient/Account.rs'));
  const known = without(['patient/*.rs'], 'everything-else');
  assert.ok(!known.some((scope) => scope.includes('*') || scope.includes('/Account.')));
  assert.ok(known.includes('patient/Condition.rs'));
});

test('kinds of medicine entries are one thing; types without a group are one each', () => {
  const { items } = offerOf([
    'patient/MedicationRequest.rs',
    'patient/MedicationDispense.rs',
    'patient/Goal.rs',
    'patient/Procedure.rs',
  ]);
  assert.deepEqual(
    items.map(({ group, scope }) => [group, scope]),
    [
      ['medications', 'patient/MedicationRequest.rs patient/MedicationDispense.rs'],
      ['other', 'patient/Goal.rs'],
      ['other', 'patient/Procedure.rs'],
    ],
  );
});

test('reading and writing are told apart', () => {
  const { items } = offerOf(['patient/Condition.read', 'patient/Condition.write', 'user/Condition.rs']);
  assert.deepEqual(
    items.map(({ access }) => access),
    [['see'], ['add', 'change', 'delete'], ['see']],
  );
  const offer = offerOf(['patient/Condition.read', 'patient/Condition.write']);
  assert.deepEqual(
    grantedScopes(['patient/Condition.read', 'patient/Condition.write'], offer, ['patient/Condition.read']),
    ['patient/Condition.read'],
  );
});

test('a posted value that was not offered counts for nothing', () => {
  const tokens = ['patient/Condition.rs', 'patient/Observation.rs'];
  const forged = [
    'patient/Condition.rs',
    'patient/*.cruds',
    'system/*.cruds',
    'offline_access',
    'openid',
    'patient/Observation.cruds',
  ];
  assert.deepEqual(grantedScopes(tokens, offerOf(tokens), forged), ['patient/Condition.rs']);
});

test('whatever is ticked, never more than was asked, and no two things share a value', () => {
  const token = fc.constantFrom(
    'openid', 'fhirUser', 'launch/patient', 'offline_access', 'patient/*.rs', 'patient/*.read', 'patient/*.cruds', 'user/*.rs',
    'patient/Observation.rs', 'patient/Observation.write', 'user/Observation.r', 'patient/DiagnosticReport.rs', 'patient/Patient.r',
    'patient/Medication.rs', 'patient/MedicationRequest.crs', 'patient/Condition.rs?category=a|b', `patient/Observation.rs?${laboratory}`,
    'patient/Goal.rs', 'user/Practitioner.rs', 'patient/Binary.rs',
  ); // biome-ignore format: a list
  const resources = (tokens: readonly string[]) =>
    tokens.flatMap((one) => {
      const parsed = parseResourceScope(one);
      return parsed.kind === 'scope' ? [parsed.scope] : [];
    });
  fc.assert(
    fc.property(fc.uniqueArray(token, { maxLength: 8 }), fc.infiniteStream(fc.boolean()), (tokens, coins) => {
      const offer = offerOf(tokens);
      const values = offer.items.map(({ scope }) => scope);
      assert.equal(new Set(values).size, values.length);
      const ticked = values.filter(() => coins.next().value);
      const granted = grantedScopes(tokens, offer, ticked);
      assert.ok(setCovers(resources(tokens), resources(granted)));
      const itemOf = new Map(offer.items.map((item) => [item.scope, item]));
      const isTicked = (value: string): boolean => ticked.includes(value) || itemOf.get(value)?.required === true;
      const byTicked = offer.items
        .filter(({ scope }) => isTicked(scope))
        .flatMap(({ scope, types, group }) =>
          group === 'everything-else'
            ? scope.split(' ').flatMap((one) => types.map((type) => one.replace('*', type)))
            : scope.split(' '),
        );
      for (const one of granted) {
        // As it was asked, or all of it to see or to write: then every piece is ticked. Otherwise some ticked thing says all.
        const isWhole = offer.requested.some(({ scope, halves }) => {
          const full = halves.filter(({ pieces }) => pieces.every(({ item }) => isTicked(item)));
          return (
            full.some((half) => printScope(half.whole) === one) || (scope === one && full.length === halves.length)
          );
        });
        if (isWhole) continue;
        assert.ok(
          byTicked.includes(one) || setCovers(resources(byTicked), resources([one])),
          `${one} of ${tokens.join(' ')}`,
        );
        assert.ok(resources([one]).length === 1 || byTicked.includes(one), one);
      }
    }),
    { numRuns: 500 },
  );
});
