/** The structure of the types of R4, as it is read from its lines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elementsOf, parseStructure, propertyOf, resourceNames } from './structure.ts';

const names = (path: string) => elementsOf(path)?.map(({ name }) => name);
const element = (path: string, name: string) => elementsOf(path)?.find((one) => one.name === name);

test('elements stand in their order, what every resource has first (N26)', () => {
  assert.deepEqual(names('Basic'), [
    ...['id', 'meta', 'implicitRules', 'language', 'text', 'contained', 'extension', 'modifierExtension'],
    ...['identifier', 'code', 'subject', 'created', 'author'],
  ]);
  assert.deepEqual(names('Binary')?.slice(0, 5), ['id', 'meta', 'implicitRules', 'language', 'contentType']);
  assert.deepEqual(names('Patient.contact')?.slice(0, 4), ['id', 'extension', 'modifierExtension', 'relationship']);
  assert.deepEqual(names('Period'), ['id', 'extension', 'start', 'end']);
  assert.deepEqual(names('Timing.repeat')?.slice(0, 3), ['id', 'extension', 'bounds']);
});

test('an element says its types, cardinality, and whether it is of the summary or a modifier (N18)', () => {
  assert.deepEqual(element('Observation', 'status'), {
    name: 'status',
    choice: false,
    types: ['code'],
    repeats: false,
    required: true,
    summary: true,
    modifier: true,
    system: 'http://hl7.org/fhir/observation-status',
  });
  const value = element('Observation', 'value');
  assert.ok(value?.choice === true && value.types.includes('Quantity') && value.types.length === 11);
  assert.deepEqual([element('Observation', 'note')?.summary, element('Observation', 'note')?.repeats], [false, true]);
  assert.equal(propertyOf('value', true, 'dateTime'), 'valueDateTime');
});

test('a code has a system only where one is implied', () => {
  assert.equal(element('Patient', 'gender')?.system, 'http://hl7.org/fhir/administrative-gender');
  assert.equal(element('Timing.repeat', 'periodUnit')?.system, 'http://unitsofmeasure.org');
  // Bound to several systems, or by preference only.
  assert.equal(element('Timing.repeat', 'when')?.system, undefined);
  assert.equal(element('Patient', 'language')?.system, undefined);
});

test('nested elements and references to them lead on', () => {
  assert.equal(element('Patient', 'contact')?.content, 'Patient.contact');
  assert.equal(element('Questionnaire.item', 'item')?.content, 'Questionnaire.item');
  for (const type of resourceNames) {
    const seen = new Set<string>();
    const visit = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      const all = elementsOf(path);
      assert.ok(all !== undefined && all.length > 2, path);
      for (const one of all) {
        assert.ok(one.types.length > 0 && (one.choice || one.types.length === 1), `${path}.${one.name}`);
        if (one.content !== undefined) visit(one.content);
        else for (const of of one.types) if (/^[A-Z]/.test(of) && of !== 'Resource') visit(of);
      }
    };
    visit(type);
  }
});

test('what is no type has no elements', () => {
  for (const path of ['', 'patient', 'Patient.nonsense', 'constructor', '__proto__', 'Element', 'string'])
    assert.equal(elementsOf(path), undefined, path);
  assert.deepEqual(parseStructure({ X: '. y nonsense' })('X')?.length, 2);
});
