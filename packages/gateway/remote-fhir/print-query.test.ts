/** What a foreign server is asked finds all that is wanted: held against the meaning of a search in memory. FHIR R4 search.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matches } from '@affinity/core/fhir/matches.ts';
import { factsOf } from '@affinity/core/fhir/resource-facts.ts';
import { standardParameters } from '@affinity/core/fhir/search-parameter.ts';
import { parseSearch } from '@affinity/core/fhir/search-parse.ts';
import type { SearchQuery } from '@affinity/core/fhir/search-query.ts';
import { arbitraryOf, arbitraryTypes } from '@affinity/core/testing/arbitrary-resource.ts';
import { arbitrarySearch } from '@affinity/core/testing/arbitrary-search.ts';
import { capabilitiesBy } from '@affinity/core/testing/memory-capability.ts';
import fc from 'fast-check';
import { type Printing, printClauses, printQuery } from './print-query.ts';

const capabilities = new Map(capabilitiesBy(standardParameters).map((one) => [one.type, one]));
const lastUpdated = '2020-06-01T12:00:00.500Z';

const read = (type: string, params: URLSearchParams): SearchQuery | undefined => {
  const capability = capabilities.get(type);
  if (capability === undefined) return undefined;
  const parsed = parseSearch(type, params, {
    handling: 'strict',
    defaultCount: 10,
    maxCount: 1000,
    maxValues: 1000,
    maxClauses: 1000,
    ownBases: [],
    minContains: 1,
    now: Date.parse('2026-01-01'),
    capability,
  });
  return parsed.kind === 'query' ? parsed.query : undefined;
};
const offered = (type: string) => new Set(capabilities.get(type)?.searchParams.map(({ name }) => name));
const printingOf = (type: string, modifiers: readonly string[] = ['not']): Printing => ({
  parameters: standardParameters,
  offered: offered(type),
  modifiers: new Set(modifiers),
  foreignValue: (value) => value,
});
const everyModifier = ['not', 'exact', 'contains', 'missing', 'text', 'of-type', 'identifier', 'above', 'below'];

test('E44: a question never finds less at a foreign server than is wanted, whatever modifiers that understands', () => {
  let found = 0;
  const question = fc
    .constantFrom(...arbitraryTypes)
    .chain((type) =>
      fc.tuple(
        fc.constant(type),
        arbitrarySearch(offered(type)),
        fc.array(arbitraryOf(type), { minLength: 5, maxLength: 15 }),
      ),
    );
  fc.assert(
    fc.property(question, fc.subarray(everyModifier), ([type, params, resources], modifiers) => {
      const wanted = read(type, params);
      if (wanted === undefined) return;
      const printed = new URLSearchParams(
        printClauses(type, wanted.clauses, printingOf(type, modifiers)).map(([name, value]) => [name, value]),
      );
      const asked = read(type, printed);
      assert.ok(asked !== undefined, `${type}?${params} is asked as ${printed}, which is not understood`);
      for (const [i, resource] of resources.entries()) {
        const facts = factsOf({ ...resource, id: `r${i}` }, []);
        if (!matches(wanted, facts, lastUpdated)) continue;
        found += 1;
        assert.ok(
          matches(asked, facts, lastUpdated),
          `${type}?${params} is asked as ${printed}: ${JSON.stringify(resource)}`,
        );
      }
    }),
    { numRuns: 1500 },
  );
  assert.ok(found > 200, `${found} is too few to mean anything`);
});

const print = (type: string, query: string, modifiers?: readonly string[]): string | undefined => {
  const wanted = read(type, new URLSearchParams(query));
  if (wanted === undefined) return undefined;
  return printClauses(type, wanted.clauses, printingOf(type, modifiers))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
};

test('each kind of value is asked as every server reads it, its separators escaped', () => {
  const asked: readonly (readonly [type: string, query: string, printed: string])[] = [
    ['Observation', 'code=http://loinc.org|718-7,x', 'code=http://loinc.org|718-7,x'],
    ['Observation', 'code=a\\,b\\|c\\$d\\\\e', 'code=a\\,b\\|c\\$d\\\\e'],
    ['Observation', 'code=http://loinc.org|', 'code=http://loinc.org|'],
    ['Observation', 'code=|x', 'code=x'],
    ['Patient', 'gender=http://hl7.org/fhir/administrative-gender|male', 'gender=male'],
    ['Observation', 'patient=a', 'patient=Patient/a'],
    ['Observation', 'subject:Patient=a', 'subject=Patient/a'],
    ['Observation', 'subject=Group/g', 'subject=Group/g'],
    ['Observation', 'subject=g', 'subject=g'],
    ['Observation', 'code:not=x', 'code:not=x'],
    ['Patient', 'name:exact=Ann', 'name=Ann'],
    ['Patient', 'name:contains=nn', ''],
    ['Patient', 'name:missing=true', ''],
    ['Patient', 'identifier:of-type=s|c|v', ''],
    ['Observation', '_id=a,b', '_id=a,b'],
    ['Observation', 'date=2020-05-03', 'date=ge2020-05-02T10:00:00Z&date=le2020-05-04T14:00:00Z'],
    ['Observation', 'date=2020-05-03,2021', 'date=ge2020-05-02T10:00:00Z&date=le2022-01-01T14:00:00Z'],
    ['Observation', 'date=ge2020-05-03', 'date=ge2020-05-02T10:00:00Z'],
    ['Observation', 'date=lt2020-05-03,2021', 'date=le2022-01-01T14:00:00Z'],
    ['Observation', 'date=lt2020-05-03,gt2021', ''],
    ['Observation', 'date=ne2020-05-03', ''],
    ['Observation', '_lastUpdated=gt2020-05-03T10:00:00Z', '_lastUpdated=ge2020-05-03T10:00:00Z'],
    ['Observation', 'value-quantity=5.4', 'value-quantity=ge5.35&value-quantity=le5.45'],
    [
      'Observation',
      'value-quantity=gt5.4|http://unitsofmeasure.org|mg',
      'value-quantity=ge5.4|http://unitsofmeasure.org|mg',
    ],
    ['Observation', 'value-quantity=5.4||mg', 'value-quantity=ge5.35&value-quantity=le5.45'],
    ['Observation', 'code-value-concept=a$b', 'code-value-concept=a$b'],
    ['Observation', 'code-value-quantity=a$5', ''],
  ];
  for (const [type, query, printed] of asked) assert.equal(print(type, query), printed, query);
  assert.equal(print('Patient', 'name:contains=nn', ['contains']), 'name:contains=nn');
  assert.equal(print('Patient', 'name:missing=true', ['missing']), 'name:missing=true');
  assert.equal(print('Observation', 'code:not=|x', ['not']), 'code:not=|x', 'what is excluded is not widened');
  assert.equal(print('Observation', 'code:not=x', []), '');
});

test('a date without a zone is found, in whatever zone the foreign server lives', () => {
  const bounds = (query: string) =>
    (print('Observation', query) ?? '').split('&').map((one) => one.slice('date=ge'.length));
  const [from = '', until = ''] = bounds('date=2020-05-03');
  for (const hours of [-12, -7, 0, 5.5, 14]) {
    const start = Date.parse('2020-05-03T00:00:00Z') - hours * 3_600_000;
    assert.ok(start + 86_400_000 > Date.parse(from) && start < Date.parse(until), String(hours));
  }
});

test('a question has its order and its size, never includes; parameters that are not offered are left out', () => {
  const wanted = {
    type: 'Observation',
    clauses: [],
    sort: [
      { param: 'date', descending: true },
      { param: '_id', descending: false },
    ],
  };
  assert.deepEqual(printQuery({ ...wanted, count: 10 }, 200, printingOf('Observation')), [
    ['_sort', '-date,_id'],
    ['_count', '10'],
  ]);
  assert.deepEqual(printQuery({ ...wanted, sort: [], count: 1000 }, 200, printingOf('Observation')), [
    ['_count', '200'],
  ]);
  assert.deepEqual(printQuery({ ...wanted, sort: [], count: 0 }, 200, printingOf('Observation')), [['_count', '1']]);
  const { clauses } = read('Observation', new URLSearchParams('code=x&status=final')) ?? { clauses: [] };
  const printing = { ...printingOf('Observation'), offered: new Set(['status']) };
  assert.deepEqual(printClauses('Observation', clauses, printing), [['status', 'final']]);
});
