/** A relational database as a Source, on PostgreSQL and on SQLite: what is read and found, whole or not at all. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask } from './testing/asking.ts';
import { engineNames, openDatabase, openSource } from './testing/opened.ts';

for (const name of engineNames)
  describe(`a database in ${name}`, () => {
    test('a row is a resource, with an id, a version by its content and the instant that the row tells', async (t) => {
      const { engine } = await openDatabase(name, t);
      const { source } = await openSource(engine);
      const read = await source.read({ type: 'Patient', id: '0047113' });
      assert.ok(read.kind === 'found');
      const { versionId, ...version } = read.version;
      assert.match(versionId, /^[0-9a-f]{32}$/);
      assert.equal(version.lastUpdated, '2026-01-02T08:30:00.000Z', 'the clock of Berlin showed 09:30');
      assert.deepEqual(version.resource, {
        resourceType: 'Patient',
        id: '0047113',
        meta: { versionId, lastUpdated: version.lastUpdated },
        identifier: [{ system: 'https://hospital.example/patients', value: '0047113' }],
        name: [{ family: 'Müller', given: ['Anna'] }],
        telecom: [{ system: 'phone', value: '0413 555' }],
        gender: 'female',
        birthDate: '1974-03-12',
        address: [{ postalCode: '01002', country: 'DE' }],
        generalPractitioner: [{ reference: 'Practitioner/A-1' }],
      });
      assert.equal(version.body, JSON.stringify(version.resource));
    });

    test('a search is narrowed by columns, codes the other way round, and pages show each once', async (t) => {
      const { engine } = await openDatabase(name, t);
      const { source } = await openSource(engine);
      const narrowed: readonly (readonly [question: string, ...candidates: readonly string[]])[] = [
        ['Observation?code=http://loinc.org|2345-7', 'lab-1', 'lab-3', 'lab-6'],
        ['Observation?code=https://hospital.example/laboratory|XYZ', 'lab-4'],
        ['Observation?code=no-such-code'],
        ['Observation?category=vital-signs&patient=0047113', 'vital-0047113..1', 'vital-0047113..2'],
        ['Observation?subject=Patient/0047114&status=preliminary', 'lab-3'],
        ['Patient?identifier=0047115', '0047115'],
        ['Patient?identifier=https://elsewhere.example|0047115'],
        ['Patient?_id=4.2f7.20118', '4.2f7.20118'],
        ['Patient?family:exact=Muller', '0047114'],
        ['Patient?address-postalcode=0%251'],
        ['Patient?general-practitioner=Practitioner/A-1&gender=male', '0047114'],
      ];
      for (const [question, ...candidates] of narrowed)
        for (const count of [1, 2, 100])
          assert.deepEqual(
            await ask(source, question, count),
            { ids: candidates, candidates },
            `${question} by ${count}`,
          );
      assert.deepEqual((await ask(source, 'Patient?family=mull')).ids, ['0047113', '0047114']);
      // A name with letters beyond ASCII is looked at always.
      assert.deepEqual(await ask(source, 'Patient?given:contains=%25_i'), {
        ids: ['4.2f7.20118'],
        candidates: ['0047114', '4.2f7.20118'],
      });
      assert.deepEqual((await ask(source, 'Patient?birthdate=1960')).ids, ['0047114']);
      assert.deepEqual((await ask(source, 'Observation?date=ge2026-01-03')).ids, ['lab-6', 'vital-0047113..2']);
    });

    test('a date is of the zone of the database, and what nobody knows of it may be anything', async (t) => {
      const { engine } = await openDatabase(name, t);
      const { source } = await openSource(engine);
      // Half past midnight on the 29th in Berlin.
      assert.deepEqual((await ask(source, 'Observation?date=2026-03-28')).ids, ['lab-6']);
      assert.deepEqual((await ask(source, 'Observation?date=2026-03-29')).ids, []);
      // Of 1960 only the year is known.
      for (const question of [
        'Patient?birthdate=gt1960-06',
        'Patient?birthdate=lt1960-06',
        'Patient?birthdate=ap1960-06-01',
      ])
        assert.ok((await ask(source, question)).ids.includes('0047114'), question);
    });

    test('two tables are sorted as one, what has no date last', async (t) => {
      const { engine } = await openDatabase(name, t);
      const { source } = await openSource(engine);
      const up = [
        'vital-0047114..1',
        'lab-3',
        'lab-1',
        'lab-2',
        'vital-0047113..1',
        'vital-0047113..2',
        'lab-6',
        'lab-4',
      ];
      const down = [
        'lab-6',
        'vital-0047113..2',
        'vital-0047113..1',
        'lab-1',
        'lab-2',
        'vital-0047114..1',
        'lab-3',
        'lab-4',
      ];
      for (const count of [1, 3, 100]) {
        assert.deepEqual((await ask(source, 'Observation?_sort=-date', count)).ids, down);
        const sorted = (await ask(source, 'Observation?_sort=date', count)).ids;
        assert.deepEqual([...sorted].sort(), [...up].sort());
        assert.equal(sorted.at(-1), 'lab-4');
        assert.equal(sorted.at(-2), 'lab-6');
      }
    });

    test('what tells of no change was changed at the instant of all those, in every order', async (t) => {
      const { engine } = await openDatabase(name, t);
      const { source } = await openSource(engine);
      // 0047114 tells of none: 2020 is before all others.
      const up = ['0047114', '0047115', '0047113', '4.2f7.20118'];
      for (const count of [1, 2, 100]) {
        assert.deepEqual((await ask(source, 'Patient?_sort=_lastUpdated', count)).ids, up);
        assert.deepEqual((await ask(source, 'Patient?_sort=-_lastUpdated', count)).ids, up.toReversed());
        assert.deepEqual((await ask(source, 'Practitioner?_sort=-_lastUpdated', count)).ids, ['A-1', 'A-2']);
        assert.deepEqual((await ask(source, 'Patient?_lastUpdated=lt2021', count)).ids, ['0047114']);
      }
    });

    test('E84: a row that cannot be told whole is withheld, read and found, and reported without its values', async (t) => {
      const { engine } = await openDatabase(name, t);
      const { source, withheld } = await openSource(engine);
      // A sex that no code map knows; the 31st of February; a result that is no number.
      const at = [
        ['Patient', '0047116', 'resources.Patient.elements.gender'],
        ['Patient', '0047117', 'Patient.birthDate'],
        ['Observation', 'lab-5', 'resources.Observation[0].elements.valueQuantity.then'],
      ] as const;
      for (const [type, id, element] of at) {
        assert.deepEqual(await source.read({ type, id }), { kind: 'absent' });
        assert.equal(withheld.at(-1)?.element, element);
        assert.ok(!(await ask(source, type)).candidates.includes(id));
      }
      assert.doesNotMatch(JSON.stringify(withheld), /0047116|Keller|19800231|h.molyt/);
    });
  });
