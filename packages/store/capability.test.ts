/** What is declared works: every search parameter of every type is asked for, with its modifiers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything } from '@affinity/core/fhir/filter.ts';
import { parseSearch } from '@affinity/core/fhir/search-parse.ts';
import { createBackend } from './backend.ts';
import { testDatabase } from './testing/database.ts';

const questions = {
  token: ['=x', '=s|x', '=|x', '=s|', '=x,y', ':not=x', ':missing=true'],
  reference: ['=x', '=Patient/x', '=https://other.example/fhir/Patient/x', ':identifier=s|x', ':missing=false'],
  string: ['=x', ':exact=x', ':contains=xy', ':missing=true'],
  date: ['=2020', '=ge2020-01-01', '=2020,2021', ':missing=true'],
  number: ['=1', '=ge1.50', ':missing=true'],
  quantity: ['=5.4|http://unitsofmeasure.org|mg', '=lt5.4||mg', '=5.4'],
  uri: ['=http://x.example/y', ':below=http://x.example/'],
  composite: [':missing=true'],
  special: [':missing=true'],
} as const;

/** Parameters that a search is sorted by at once. */
const together = 3;

test('every declared parameter is understood and answered, and so is every sort', async (t) => {
  const { pool } = await testDatabase(t);
  const backend = createBackend({ pool, ownBases: [] });
  assert.ok(backend.capabilities.length > 130);
  let asked = 0;
  for (const capability of backend.capabilities) {
    const { type, searchParams, sort } = capability;
    const all = searchParams.map(({ name, type: kind }, index) => {
      const forms = questions[kind];
      return `${name}${forms[index % forms.length]}`;
    });
    const sorts = Array.from({ length: Math.ceil(sort.length / together) }, (_, part) =>
      sort.slice(part * together, (part + 1) * together),
    ).flatMap((names) => [`_sort=${names.join(',')}`, `_sort=-${names.join(',-')}`]);
    const ask = async (text: string): Promise<void> => {
      const parsed = parseSearch(type, new URLSearchParams(text), {
        handling: 'strict',
        defaultCount: 10,
        maxCount: 100,
        maxValues: 10,
        maxClauses: 10,
        ownBases: [],
        capability,
        now: 0,
      });
      if (parsed.kind === 'fault') {
        // A modifier that this parameter does not take; the parameter itself must be known.
        assert.match(text, /^_(?:id|lastUpdated):/, `${type}?${text}: ${parsed.diagnostics}`);
        return;
      }
      assert.deepEqual((await backend.searchType(parsed.query, everything)).matches, []);
      asked += 1;
    };
    await Promise.all([...all, ...sorts].map(ask));
  }
  assert.ok(asked > 1500, `${asked} searches`);
});

test('messages and answers are not stored', async (t) => {
  const { pool } = await testDatabase(t);
  const types = createBackend({ pool, ownBases: [] }).capabilities.map(({ type }) => type);
  for (const type of ['OperationOutcome', 'Parameters', 'Resource', 'patient']) {
    assert.ok(!types.includes(type), type);
  }
  for (const type of ['Patient', 'Observation', 'AuditEvent', 'Binary', 'Bundle', 'Provenance'])
    assert.ok(types.includes(type), type);
});
