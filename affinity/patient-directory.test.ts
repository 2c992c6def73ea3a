/** Whom an exact entry means, on PostgreSQL: one patient or nobody. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBackend } from '@affinity/store/backend.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { createPatientFinder } from './patient-directory.ts';

const mrn = 'https://clinic.example/mrn';
const patient = (id: string, number: string, birthDate: string, ...name: readonly object[]) => ({
  resourceType: 'Patient',
  id,
  identifier: [
    { system: mrn, value: number },
    { system: 'https://card.example', value: `c-${number}` },
  ],
  name,
  birthDate,
});
const records = [
  patient('p1', '1', '1984-02-11', { use: 'official', given: ['José', 'Luis'], family: 'van der  Berg' }),
  patient('p2', '2', '1984-02-11', { given: ['Josef'], family: 'van der Berg' }, { use: 'old', text: 'Josef Berg' }),
  patient('p3', '3', '1990-05-03', { given: ['Ana'], family: 'Lind' }),
  patient('p4', '4', '1990-05-03', { text: 'Ana Lind' }),
  patient('p5', '5', '1990-05-04', { given: ['Ana'], family: 'Lind' }),
  { ...patient('p6', '6', '1991', { given: ['Ivo'], family: 'Short' }), identifier: [{ value: '1' }] },
];

test('E74: a number, or a whole name with a date of birth, means one patient or nobody', async (t) => {
  const { pool } = await testDatabase(t);
  const backend = createBackend({ pool, ownBases: ['http://localhost:4000/fhir'] });
  for (const resource of records) {
    const content = { resource, json: JSON.stringify(resource) };
    assert.equal((await backend.create({ type: 'Patient', id: resource.id, content })).kind, 'created');
  }
  const find = createPatientFinder(backend);
  const named = (name: string, birthDate: string) => ({ demographics: { name, birthDate } });
  const born = '1984-02-11';
  const entries: readonly [Parameters<typeof find>[0], string | undefined][] = [
    [{ identifier: '2' }, 'p2'],
    [{ identifier: 'c-2' }, 'p2'],
    [{ identifier: `${mrn}|1` }, 'p1'],
    [{ identifier: '|1' }, 'p6'],
    [{ identifier: '1' }, undefined],
    [{ identifier: `${mrn}|` }, undefined],
    [{ identifier: '|' }, undefined],
    [{ identifier: 'p2' }, undefined],
    [{ identifier: '2,3' }, undefined],
    [{ identifier: 'nobody' }, undefined],
    [{}, undefined],
    [named('jose luis VAN DER BERG', born), 'p1'],
    [named('José van der Berg', born), 'p1'],
    [named('Josef van der Berg', born), 'p2'],
    [named('Josef Berg', born), 'p2'],
    [named('Jose', born), undefined],
    [named('Jos van der Berg', born), undefined],
    [named('van der Berg', born), undefined],
    [named('Josef van der Berg', '1984-02-12'), undefined],
    [named('Josef van der Berg', '0000-00-00'), undefined],
    [named('Ana Lind', '1990-05-03'), undefined],
    [named('Ana Lind', '1990-05-04'), 'p5'],
    [named('Ivo Short', '1991-01-01'), undefined],
    [{ identifier: '3', ...named('Ana Lind', '1990-05-03') }, 'p3'],
    [{ identifier: '3', ...named('Ana Lind', '1990-05-04') }, undefined],
    [{ identifier: '5', ...named('Josef van der Berg', born) }, undefined],
  ];
  for (const [entry, id] of entries) assert.equal(await find(entry), id, JSON.stringify(entry));
});
