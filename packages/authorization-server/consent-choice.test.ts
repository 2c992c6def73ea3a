/** How much of a record, whether to write, and all that is "other": above the single boxes, and never more than they say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosenAmount, consentKinds, letsConfidentialIn, tickedScopes } from './consent-choice.ts';
import { grantedScopes, offerOf } from './consent-items.ts';
import { formOf } from './testing/browser.ts';

const everything = ['patient/*.cruds'];
const form = (fields: Parameters<typeof formOf>[0]): URLSearchParams => formOf(fields);
const granted = (tokens: readonly string[], fields: Parameters<typeof formOf>[0]): readonly string[] => {
  const offer = offerOf(tokens);
  const scope = offer.items.map((item) => item.scope);
  return grantedScopes(tokens, offer, tickedScopes(offer.items, form({ scope, ...fields })));
};

test('it is asked where a whole record is, or many kinds of it, and nowhere else', () => {
  const amount = (...tokens: string[]) => chosenAmount(offerOf(tokens).items);
  assert.equal(amount('patient/*.rs'), 'not-confidential');
  assert.equal(amount('openid', 'user/*.read'), 'not-confidential');
  const many = 'Patient Condition AllergyIntolerance MedicationRequest Immunization Encounter'.split(' ');
  assert.equal(amount(...many.map((type) => `patient/${type}.rs`)), 'not-confidential');
  assert.equal(amount('patient/Observation.rs', 'patient/Condition.rs'), undefined);
  assert.equal(amount('openid', 'offline_access'), undefined);
});

test('read everything, and everything not marked confidential, are one choice each', () => {
  const { items } = offerOf(everything);
  assert.equal(
    letsConfidentialIn(items, form({ amount: 'all', confidential_asked: 'yes', leave_out_confidential: 'yes' })),
    true,
  );
  assert.equal(letsConfidentialIn(items, form({ amount: 'not-confidential', confidential_asked: 'yes' })), false);
  assert.deepEqual(granted(everything, { kind_asked: ['write'], kind: [] }), ['patient/*.rs'], 'to read, all of it');
  assert.deepEqual(
    granted(['patient/*.*'], { kind_asked: ['write'], kind: [] }),
    ['patient/*.read'],
    'v1 asked, v1 given',
  );
  assert.deepEqual(granted(everything, { kind_asked: ['write'], kind: ['write'] }), everything);
});

test('a field that is missing, doubled or invented never lets confidential entries in', () => {
  const whole = offerOf(everything).items;
  const part = offerOf(['patient/Condition.rs']).items;
  for (const fields of [
    {},
    { amount: 'ticked' },
    { amount: 'everything' },
    { amount: ['all', 'ticked'], confidential_asked: 'yes' },
    { amount: 'ticked', confidential_asked: 'yes', leave_out_confidential: 'yes' },
  ]) {
    assert.equal(letsConfidentialIn(whole, form(fields)), false, JSON.stringify(fields));
  }
  assert.equal(letsConfidentialIn(part, form({ amount: 'all' })), false, 'not asked there');
  assert.equal(letsConfidentialIn(whole, form({ amount: 'ticked', confidential_asked: 'yes' })), true);
  assert.equal(letsConfidentialIn(part, form({ confidential_asked: 'yes' })), true);
});

test('"everything" adds nothing to the boxes: what is unticked stays out', () => {
  const offer = offerOf(['patient/*.rs']);
  const scope = offer.items.filter(({ group }) => group !== 'conditions').map((item) => item.scope);
  const given = granted(['patient/*.rs'], { scope, amount: 'all' });
  assert.ok(given.includes('patient/Goal.rs') && !given.some((one) => /\*|Condition/.test(one)));
});

test('other clinical is one choice, to see and to write, and each of it one by itself', () => {
  const tokens = ['patient/CarePlan.cruds', 'patient/Goal.cruds', 'patient/Condition.rs'];
  const { items } = offerOf(tokens);
  assert.deepEqual(
    consentKinds(items).map(({ kind, access, checked }) => [kind, access, checked]),
    [
      ['other-see', ['see'], true],
      ['other-write', ['add', 'change', 'delete'], true],
    ],
  );
  const asked = { kind_asked: ['other-see', 'other-write'] };
  assert.deepEqual(granted(tokens, { ...asked, kind: [] }), ['patient/Condition.rs']);
  assert.deepEqual(granted(tokens, { ...asked, kind: ['other-see'] }), [
    'patient/CarePlan.rs',
    'patient/Goal.rs',
    'patient/Condition.rs',
  ]);
  assert.deepEqual(granted(tokens, { ...asked, kind: ['other-write'] }), [
    'patient/CarePlan.cud',
    'patient/Goal.cud',
    'patient/Condition.rs',
  ]);
  const oneOfThem = ['patient/Goal.rs', 'patient/Goal.cud'];
  assert.deepEqual(
    granted(tokens, { scope: oneOfThem }),
    ['patient/Goal.cruds'],
    'without the box, the boxes below say it',
  );
  assert.deepEqual(granted(tokens, { scope: [], ...asked, kind: ['other-see'] }), [], 'it adds nothing');
  assert.deepEqual(
    granted(tokens, { kind_asked: ['medications', 'write'] }),
    tokens,
    'an invented one counts for nothing',
  );
  assert.deepEqual(
    consentKinds(offerOf(['patient/Goal.rs', 'patient/Condition.rs']).items),
    [],
    'one alone is its own box',
  );
});

const groups = [
  ['medications', ['MedicationRequest', 'MedicationDispense']],
  ['allergies', ['AllergyIntolerance']],
  ['conditions', ['Condition']],
  ['other', ['Procedure']],
] as const;
for (const [group, types] of groups) {
  test(`${group}: to read, to write, both or neither, in v1 and in v2`, () => {
    const both = types.map((type) => `patient/${type}.cruds`);
    const { items } = offerOf(both);
    const [see, write, ...more] = items.filter((item) => item.group === group);
    assert.ok(see !== undefined && write !== undefined && more.length === 0, 'one box to see, one to write');
    assert.equal(see.thing, write.thing);
    assert.deepEqual(
      granted(both, { scope: [see.scope] }),
      types.map((type) => `patient/${type}.rs`),
    );
    assert.deepEqual(
      granted(both, { scope: [write.scope] }),
      types.map((type) => `patient/${type}.cud`),
    );
    assert.deepEqual(granted(both, { scope: [see.scope, write.scope] }), both);
    assert.deepEqual(granted(both, { scope: [] }), []);
    const old = types.flatMap((type) => [`patient/${type}.read`, `patient/${type}.write`]);
    const [oldSee] = offerOf(old).items;
    assert.deepEqual(
      granted(old, { scope: [oldSee?.scope ?? ''] }),
      types.map((type) => `patient/${type}.read`),
    );
    assert.deepEqual(granted(old, {}), old);
  });
}
