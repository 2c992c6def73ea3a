/** A database of rows behind the gateway's Backend: what a caller's Filter lets through, and nothing of what it hides. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { everything, type Filter } from '@affinity/core/fhir/filter.ts';
import { askFor, placesOf } from '@affinity/core/testing/backend-under-test.ts';
import { createSourceBackend } from '../source-backend.ts';
import type { Statement } from './statement.ts';
import { engineNames, openDatabase, openSource } from './testing/opened.ts';

const of = (patient: string): Filter => ({ kind: 'compartment', patient });

for (const name of engineNames)
  describe(`${name} behind the gateway`, () => {
    test('compartment: another patient’s rows are absent to reads, searches, totals and chains, and are not asked for', async (t) => {
      const { engine } = await openDatabase(name, t);
      const statements: Statement[] = [];
      const select: typeof engine.select = (statement, options) => {
        statements.push(statement);
        return engine.select(statement, options);
      };
      const { source } = await openSource({ ...engine, select });
      const backend: Backend = createSourceBackend({ source, ownBases: [] });
      const filter = of('0047114');
      const find = async (question: string, by: Filter = filter) =>
        placesOf((await backend.searchType(askFor(backend, question), by, { chained: () => by })).matches);
      assert.deepEqual(await backend.read({ type: 'Observation', id: 'lab-1' }, filter), { kind: 'absent' });
      assert.equal((await backend.read({ type: 'Observation', id: 'lab-3' }, filter)).kind, 'found');
      statements.length = 0;
      assert.deepEqual(await find('Observation?_sort=-date'), [
        'Observation/vital-0047114..1',
        'Observation/lab-3',
        'Observation/lab-4',
      ]);
      for (const { text, values } of statements) {
        assert.match(text, /"PAT_NR" = (\$\d+|\?)/);
        assert.ok(values.includes('0047114'), 'only this patient’s rows are read');
      }
      assert.deepEqual(await find('Observation?code=2345-7'), ['Observation/lab-3']);
      assert.deepEqual(await find('Observation?subject=Patient/0047113'), []);
      assert.deepEqual(await find('Patient'), ['Patient/0047114']);
      assert.deepEqual(await find('Observation?subject.family=muller&category=vital-signs'), [
        'Observation/vital-0047114..1',
      ]);
      assert.deepEqual(await find('Patient?_has:Observation:subject:code=NA'), []);
      assert.deepEqual(await find('Patient?_has:Observation:subject:code=NA', everything), ['Patient/0047113']);
      const counted = await backend.searchType(askFor(backend, 'Observation?_summary=count'), filter);
      assert.deepEqual(counted, { matches: [], total: 3 });
    });

    test('a version is told by its content, so that If-None-Match can be answered; nothing is written', async (t) => {
      const { engine } = await openDatabase(name, t);
      const { source } = await openSource(engine);
      const backend = createSourceBackend({ source, ownBases: [] });
      const read = () => backend.read({ type: 'Practitioner', id: 'A-1' }, everything);
      const [first, second] = [await read(), await read()];
      assert.deepEqual(first, second);
      assert.ok(first.kind === 'found');
      assert.equal(first.version.lastUpdated, '2020-01-01T00:00:00.000Z', 'of a table that tells of no change');
      const offered = new Set(backend.capabilities.flatMap(({ interactions }) => interactions));
      assert.deepEqual([...offered].sort(), ['read', 'search-type']);
    });
  });
