/** Terms: positive 63-bit integers, the same for the same meaning only, remembered or not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  canonicalKey,
  codeTerm,
  labelTerm,
  ofTypeTerm,
  parameterKey,
  presenceOf,
  presentTerm,
  quantityTextKey,
  referenceIdTerm,
  referenceTerm,
  referenceTerms,
  resourceKey,
  systemTerm,
  textTerm,
  textTermOf,
  tokenTerm,
  tokenTerms,
  unitKey,
  urlTerm,
} from './terms.ts';

const name = fc.constantFrom('Patient', 'Observation', 'code', 'category');
const value = fc.constantFrom('', '|', 'a', 'b', 'a|b', 'b|a', ' ', '1 a', 'a 1', '2 a', '\u0000');

test('no two meanings share a term', () => {
  const meanings = new Map<string, string>();
  fc.assert(
    fc.property(name, name, value, value, (type, param, first, second) => {
      const terms: readonly (readonly [string, ...unknown[]])[] = [
        [presentTerm(type, param), 'present', type, param],
        [codeTerm(type, param, first), 'code', type, param, first],
        [textTerm(type, param, first), 'text', type, param, first],
        [ofTypeTerm(type, param, first, second, 'v'), 'of-type', type, param, first, second],
        [parameterKey(type, param), 'parameter', type, param],
        [unitKey(first, second), 'unit', first, second],
        [quantityTextKey(first), 'quantity', first],
        [canonicalKey(type, first), 'canonical', type, first],
        [canonicalKey(type, first, second), 'canonical with version', type, first, second],
        [systemTerm(type, param, first), 'system', type, param, first],
        [tokenTerm(type, param, first, second), 'token', type, param, first, second],
        [referenceTerm(type, param, first, second), 'reference', type, param, first, second],
        [referenceIdTerm(type, param, first), 'id', type, param, first],
        [urlTerm(type, param, first), 'url', type, param, first],
        [labelTerm(type, first, second), 'label', type, first, second],
      ];
      for (const [term, ...meaning] of terms) {
        assert.match(term, /^\d{1,19}$/);
        assert.ok(BigInt(term) < 2n ** 63n);
        const text = JSON.stringify(meaning);
        assert.equal(meanings.get(term) ?? text, text);
        meanings.set(term, text);
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(meanings.size > 500);
});

test('what is remembered is what is computed, also after more values than are kept', () => {
  const check = (code: string): void => {
    assert.deepEqual(tokenTerms('Observation', 'code', 's', code), {
      posting: codeTerm('Observation', 'code', code),
      others: [systemTerm('Observation', 'code', 's'), tokenTerm('Observation', 'code', 's', code)],
    });
    assert.deepEqual(referenceTerms('Observation', 'subject', 'Patient', code), {
      posting: referenceIdTerm('Observation', 'subject', code),
      others: [referenceTerm('Observation', 'subject', 'Patient', code)],
      target: resourceKey('Patient', code),
    });
    assert.equal(textTermOf('Observation', 'code', code), textTerm('Observation', 'code', code));
    assert.equal(presenceOf('Observation', 'code'), presentTerm('Observation', 'code'));
  };
  check('a');
  check('a');
  for (let index = 0; index < 60_000; index += 1) tokenTerms('Observation', 'code', 's', `c${index}`);
  check('a');
  check('c59999');
});

test('a key is of type and id, and is what stored rows were made with', () => {
  assert.notEqual(resourceKey('Patient', 'a'), resourceKey('Group', 'a'));
  assert.equal(resourceKey('Patient', 'a'), '8146825261226037707');
});
