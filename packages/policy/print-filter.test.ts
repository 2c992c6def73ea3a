import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allOf, anyOf, everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import fc from 'fast-check';
import { evaluate } from './filter.ts';
import { describeFilter, describeUnmet, type FilterWords, printFilter, printInstant, unmet } from './print-filter.ts';
import { arbitraryResource, factsOfWorld } from './testing/arbitrary-question.ts';

const category = 'http://terminology.hl7.org/CodeSystem/observation-category';
const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const token = (code: string): Filter => ({ kind: 'token', param: 'category', system: category, code });
const labelled = (code: string): Filter => ({ kind: 'label', system: actCode, code });
const own: Filter = { kind: 'compartment', patient: 'patient-0001' };
const normal: Filter = { kind: 'confidentiality', atMost: 'N' };

test('the usual Filter of a patient’s app reads like a sentence', () => {
  const filter = allOf([
    own,
    normal,
    { kind: 'not', filter: labelled('HIV') },
    { kind: 'not', filter: labelled('PSY') },
    anyOf([token('laboratory'), token('vital-signs')]),
  ]);
  assert.equal(
    printFilter(filter),
    'is in the record of patient patient-0001 and in nobody else’s; and is not more confidential than N (normal); and ' +
      'is not labelled HIV (HIV or AIDS) or PSY (psychiatry); and has the category laboratory (observation categories) ' +
      'or vital-signs (observation categories)',
  );
});

test('what belongs together is held together', () => {
  const filter = anyOf([allOf([own, normal]), { kind: 'instance', type: 'Binary', id: '1' }]);
  assert.equal(
    printFilter(filter),
    'is Binary/1; or [is in the record of patient patient-0001 and in nobody else’s; and is not more confidential than N (normal)]',
  );
  assert.equal(printFilter(allOf([token('a'), token('b')])).split('; and ').length, 2, 'both, not one of them');
});

test('what two rules say alike is said once', () => {
  assert.equal(printFilter(allOf([own, normal, own])), printFilter(allOf([own, normal])));
  assert.equal(printFilter(allOf([own, own])), printFilter(own));
});

test('not is said of what it is about, and turns every and any round', () => {
  const not = (filter: Filter): Filter => ({ kind: 'not', filter });
  assert.equal(printFilter(not(not(own))), printFilter(own));
  assert.equal(
    printFilter(not(anyOf([labelled('HIV'), labelled('ETH')]))),
    'is not labelled HIV (HIV or AIDS) or ETH (substance use)',
  );
  assert.deepEqual(describeFilter(not(allOf([labelled('HIV'), normal]))), {
    any: ['is not labelled HIV (HIV or AIDS)', 'is more confidential than N (normal)'],
  });
  assert.equal(printFilter(not(everything)), printFilter(nothing));
  assert.equal(printFilter({ kind: 'and', filters: [] }), printFilter(everything));
  assert.equal(printFilter({ kind: 'or', filters: [] }), printFilter(nothing));
});

test('every leaf and its opposite have words of their own, which hold all that the leaf holds', () => {
  const leaves: readonly (readonly [Filter, ...string[]])[] = [
    [{ kind: 'type', type: 'Observation' }, 'Observation'],
    [{ kind: 'instance', type: 'Patient', id: 'p9' }, 'Patient/p9'],
    [{ kind: 'compartment', patient: 'p9' }, 'p9'],
    [{ kind: 'compartments', patients: ['p8', 'p9'] }, 'p8', 'p9'],
    [{ kind: 'names', patients: ['p8', 'p9'] }, 'p8', 'p9'],
    [{ kind: 'dated', param: 'date', start: 0, end: 86_400_000 }, '“date”', 'from 1970-01-01 on', 'before 1970-01-02'],
    [{ kind: 'dated', param: 'period', end: 1 }, '“period”', 'before 1970-01-01 00:00:00.001 UTC'],
    [{ kind: 'token', param: 'code', system: 'http://loinc.org', code: '718-7' }, 'code', 'LOINC', '718-7'],
    [{ kind: 'token', param: 'code', system: 'urn:x', code: '1' }, 'urn:x'],
    [{ kind: 'token', param: 'code', system: '', code: '1' }, 'without a system'],
    [{ kind: 'token', param: 'code', system: '' }, 'any code without a system'],
    [{ kind: 'token', param: 'code', system: 'http://loinc.org' }, 'any of LOINC'],
    [{ kind: 'token', param: 'code', code: '1' }, 'code 1'],
    [{ kind: 'reference', param: 'performer', type: 'Practitioner', id: 'x' }, 'performer', 'Practitioner/x'],
    [{ kind: 'label', system: 'urn:labels', code: 'L1' }, 'urn:labels', 'L1'],
    [{ kind: 'confidentiality', atMost: 'R' }, 'R (restricted)'],
    [{ kind: 'confidentiality', atMost: 'V' }, 'V (very restricted)'],
  ];
  const said = new Set<string>();
  for (const [filter, ...holds] of leaves) {
    for (const each of [filter, { kind: 'not', filter } as const]) {
      const words = printFilter(each);
      for (const part of holds) assert.ok(words.includes(part), `${words} lacks ${part}`);
      said.add(words);
    }
  }
  assert.equal(said.size, leaves.length * 2);
});

test('a list without anybody lets nothing through, and says so', () => {
  for (const kind of ['compartments', 'names'] as const) {
    assert.equal(printFilter({ kind, patients: [] }), printFilter(nothing));
  }
  assert.equal(printFilter({ kind: 'token', param: 'code' }), printFilter(nothing));
});

test('instants: a day, or the time of it', () => {
  assert.equal(printInstant(Date.UTC(2026, 4, 3)), '2026-05-03');
  assert.equal(printInstant(Date.UTC(2026, 4, 3, 10, 15, 30)), '2026-05-03 10:15:30 UTC');
  assert.equal(printInstant(Date.UTC(1969, 11, 31, 23, 59, 59, 999)), '1969-12-31 23:59:59.999 UTC');
  assert.equal(printInstant(Number.POSITIVE_INFINITY), 'Infinity ms');
});

const leafOf = fc.constantFrom<Filter>(
  everything,
  nothing,
  { kind: 'compartment', patient: 'a' },
  { kind: 'compartments', patients: ['a', 'b'] },
  { kind: 'type', type: 'Observation' },
  { kind: 'type', type: 'Condition' },
  { kind: 'token', param: 'category', system: category, code: 'laboratory' },
  { kind: 'token', param: 'category', system: category, code: 'survey' },
  { kind: 'confidentiality', atMost: 'N' },
  { kind: 'confidentiality', atMost: 'R' },
);
const arbitraryFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    leafOf,
    fc.array(tie('filter'), { maxLength: 3 }).map((filters): Filter => ({ kind: 'and', filters })),
    fc.array(tie('filter'), { maxLength: 3 }).map((filters): Filter => ({ kind: 'or', filters })),
    tie('filter').map((filter): Filter => ({ kind: 'not', filter })),
  ),
})).filter;

/** What the words say, read by somebody who knows the record. */
const holds = (words: FilterWords, record: Parameters<typeof factsOfWorld>[0]): boolean => {
  if (typeof words !== 'string') {
    return 'every' in words
      ? words.every.every((part) => holds(part, record))
      : words.any.some((part) => holds(part, record));
  }
  const alone = record.owners.length === 1 ? record.owners[0] : undefined;
  const [, verb = '', things = ''] =
    /^(is not of the type|is of the type|does not have the category|has the category) (.*)$/.exec(words) ?? [];
  const some = things.split(/, | or /).some((thing) => {
    const code = thing.replace(/ \(.*$/, '');
    return verb.endsWith('type') ? record.type === code : record.categories.includes(code);
  });
  if (verb !== '') return verb.includes(' not ') !== some;
  switch (words) {
    case 'may be any at all':
      return true;
    case 'cannot be: none is let through':
      return false;
    case 'is in the record of patient a and in nobody else’s':
      return alone === 'a';
    case 'is not in the record of patient a, or is in somebody else’s too':
      return alone !== 'a';
    case 'is in the record of one of these patients and in nobody else’s: a, b':
      return alone === 'a' || alone === 'b';
    case 'is in the record of none of these patients, or in somebody else’s too: a, b':
      return alone !== 'a' && alone !== 'b';
    case 'is not more confidential than N (normal)':
      return 'ULMN'.includes(record.confidentiality);
    case 'is more confidential than N (normal)':
      return 'RV'.includes(record.confidentiality);
    case 'is not more confidential than R (restricted)':
      return record.confidentiality !== 'V';
    case 'is more confidential than R (restricted)':
      return record.confidentiality === 'V';
    default:
      return assert.fail(words);
  }
};

test('the words are exact: whoever goes by them comes to what the Filter does', () => {
  fc.assert(
    fc.property(arbitraryFilter, arbitraryResource, (filter, record) => {
      assert.equal(holds(describeFilter(filter), record), evaluate(filter, factsOfWorld(record)), printFilter(filter));
    }),
    { numRuns: 2000 },
  );
});

test('what is not met is nothing where all is, and is itself not met', () => {
  fc.assert(
    fc.property(arbitraryFilter, arbitraryResource, (filter, record) => {
      const facts = factsOfWorld(record);
      const rest = unmet(filter, facts);
      assert.equal(rest === undefined, evaluate(filter, facts));
      assert.ok(rest === undefined || !evaluate(rest, facts));
      const why = describeUnmet(filter, facts);
      assert.equal(why === undefined, rest === undefined);
      assert.ok(why === undefined || holds(why, record), 'what is said of the record is true of it');
    }),
  );
  const facts = factsOfWorld({ type: 'Observation', owners: ['patient-0001'], categories: [], confidentiality: 'R' });
  assert.deepEqual(unmet(allOf([own, normal]), facts), normal);
  assert.equal(describeUnmet(allOf([own, normal]), facts), 'is more confidential than N (normal)');
});
