/** The links of the domain follow the index of persons: its own tables, as the identity service writes them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { link, unlink } from '@affinity/authorization-server/cross-reference.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { createPersonsFollower } from './followed-persons.ts';

const [home, hospital, identity, locator] = ['fhir', 'hospital/fhir', 'identity/fhir', 'locator/fhir'].map(
  (path) => `http://localhost:4000/${path}`,
) as [string, string, string, string];

interface At {
  readonly base: string;
  readonly patient: string;
  readonly replaced?: boolean;
}

const open = async (t: Parameters<typeof testDatabase>[0], shared = true) => {
  const { pool } = await testDatabase(t);
  const follow = createPersonsFollower(shared ? { home, identity, locator } : { home });
  const recordOf = ({ base, patient }: At) => `${base.split('/')[3]}-${patient}`;
  /** Who has which records from now on, and what follows, in one transaction. */
  const say = (persons: Readonly<Record<string, readonly At[]>>): Promise<void> =>
    transaction(pool, async (db) => {
      for (const [person, places] of Object.entries(persons)) {
        await db.query('insert into indexed_person (id) values ($1) on conflict do nothing', [person]);
        for (const place of places) {
          const record = recordOf(place);
          await db.query('insert into person_place values ($1, $2, $3) on conflict do nothing', [
            record,
            place.base,
            place.patient,
          ]);
          // Each statement that inserts is told to the feed of Consents, whether it inserts anything or not.
          const values = [record, person, place.replaced === true ? 'another' : null];
          const { rowCount } = await db.query(
            'update person_record set person = $2, replaced_by = $3 where record = $1',
            values,
          );
          if (rowCount === 0)
            await db.query('insert into person_record (record, person, active, replaced_by) values ($1, $2, $4, $3)', [
              ...values,
              place.replaced !== true,
            ]);
        }
      }
      await follow(db, Object.keys(persons));
    });
  const links = async (base: string): Promise<Readonly<Record<string, string>>> => {
    const { rows } = await pool.query<{ patient: string; there: string }>(
      'select patient, local_patient as there from patient_at_server where base = $1 order by patient',
      [base],
    );
    return Object.fromEntries(rows.map(({ patient, there }) => [patient, there]));
  };
  const told = async (): Promise<number> =>
    (await pool.query(`select from consent_change where id = '#link'`)).rowCount ?? 0;
  return { pool, say, links, told, follow };
};

test('K32: who is one person by the index is the same patient at each server, and no longer when it is taken apart', async (t) => {
  const { say, links, told } = await open(t);
  const [a, h] = [
    { base: home, patient: 'a' },
    { base: hospital, patient: 'h' },
  ];
  await say({ one: [a], two: [h] });
  assert.deepEqual(await links(hospital), {});
  assert.deepEqual(await links(identity), { a: 'fhir-a' });
  assert.deepEqual(await links(locator), { a: 'one' });
  await say({ one: [a, h], two: [] });
  assert.deepEqual(await links(hospital), { a: 'h' });
  const before = await told();
  await say({ one: [a, h] });
  assert.equal(await told(), before, 'nothing changed, and nobody is told');
  // Merged the other way: the survivor is the other person, and the locator follows.
  await say({ two: [a, h], one: [] });
  assert.deepEqual(await links(locator), { a: 'two' });
  assert.deepEqual(await links(hospital), { a: 'h' });
  await say({ one: [a], two: [h] });
  assert.deepEqual(await links(hospital), {});
  assert.deepEqual(await links(locator), { a: 'one' });
  assert.ok((await told()) > before);
});

test('K32: a transaction that is undone leaves no link behind', async (t) => {
  const { pool, say, links, follow } = await open(t, false);
  const places = [
    { base: home, patient: 'a' },
    { base: hospital, patient: 'h' },
  ];
  await say({ one: places.slice(0, 1), two: places.slice(1) });
  await assert.rejects(
    transaction(pool, async (db) => {
      await db.query(`update person_record set person = 'one'`);
      await follow(db, ['one', 'two']);
      throw new Error('undone');
    }),
    /undone/,
  );
  assert.deepEqual(await links(hospital), {});
});

test('K03: what somebody has stated stands before the index, and what they took back is not made again', async (t) => {
  const { pool, say, links } = await open(t, false);
  const a = { base: home, patient: 'a' };
  const b = { base: home, patient: 'b' };
  const h = { base: hospital, patient: 'h' };
  const i = { base: hospital, patient: 'i' };
  await say({ one: [a, h], two: [b] });
  assert.equal(await link(pool, 'Patient', 'b', hospital, 'h'), 'linked');
  assert.deepEqual(await links(hospital), { b: 'h' }, 'it was a’s by the index');
  await say({ one: [a, h], two: [b] });
  assert.deepEqual(await links(hospital), { b: 'h' });
  assert.equal(await link(pool, 'Patient', 'a', hospital, 'h'), 'taken', 'one statement does not undo another');
  await say({ two: [b, i] });
  assert.deepEqual(await links(hospital), { b: 'h' });

  assert.equal(await unlink(pool, 'Patient', 'b', hospital), true);
  await say({ one: [a, h], two: [b, i] });
  assert.deepEqual(await links(hospital), { a: 'h', b: 'i' });
  assert.equal(await unlink(pool, 'Patient', 'a', hospital), true);
  await say({ one: [a, h] });
  assert.deepEqual(await links(hospital), { b: 'i' }, 'taken back');
  assert.equal(await link(pool, 'Patient', 'a', hospital, 'h'), 'linked');
  await say({ one: [a], two: [b, i, h] });
  assert.deepEqual(await links(hospital), { a: 'h', b: 'i' }, 'a statement stays until somebody takes it back');
});

test('K32: of two records of one person at one server the link stays with the one that it was, until that is replaced', async (t) => {
  const { say, links } = await open(t, false);
  const a = { base: home, patient: 'a' };
  const h = { base: hospital, patient: 'h' };
  const g = { base: hospital, patient: 'g' };
  await say({ one: [a, h] });
  await say({ one: [a, h, g] });
  assert.deepEqual(await links(hospital), { a: 'h' });
  await say({ one: [a, { ...h, replaced: true }, g] });
  assert.deepEqual(await links(hospital), { a: 'g' });
  const b = { base: home, patient: 'b' };
  await say({ one: [a, b, { ...h, replaced: true }, g] });
  assert.deepEqual(await links(hospital), { a: 'g' }, 'nobody else’s');
  await say({ one: [{ ...a, replaced: true }, b, { ...h, replaced: true }, g] });
  assert.deepEqual(await links(hospital), { b: 'g' });
});
