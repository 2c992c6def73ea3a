/**
 * The hospital of the demonstration, in the schema `hospital` of the demonstration's database: made in one transaction, as a
 * whole or not at all, once. It may be killed at any moment. PostgreSQL 18 documentation, 3.4.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyLine, copyLines } from '@affinity/store/copy-text.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import { remember, seed } from '../begun.ts';
import { doctors, isRecognized, knownPatients } from './people.ts';
import { type Row, recordsOf } from './records.ts';

/** Somebody whom the clinic and the hospital both know, and under which ids. */
export interface HospitalLink {
  readonly clinic: string;
  readonly hospital: string;
}
export interface HospitalLinks {
  readonly patients: readonly HospitalLink[];
  readonly practitioners: readonly HospitalLink[];
}

/** The mapping of its tables. */
export const hospitalMapping = join(import.meta.dirname, 'mapping.yaml');

export interface HospitalNeighbours {
  readonly pool: pg.Pool;
  /** of the clinic */
  readonly patients: number;
  readonly now: Date;
}

const houses: readonly Row[] = [['H1', 'St. Elisabeth Hospital', '30 Locust Street', '01060', 'Northampton']];

/** Only one at a time makes it; a number of ours, for pg_advisory_xact_lock. */
const lock = 4_711_300;

export const prepareHospital = async ({ pool, patients, now }: HospitalNeighbours): Promise<HospitalLinks> => {
  // The people are those of the demonstration, who were born so many years before the day on which it was begun.
  const begun = await remember(pool, 'demonstration-begun', { seed, today: now.toISOString().slice(0, 10), patients });
  const known = knownPatients(begun.seed, begun.today, begun.patients);
  await transaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [lock]);
    const { rows } = await client.query<{ there: boolean }>("select to_regnamespace('hospital') is not null as there");
    if (rows[0]?.there === true) return;
    await client.query(readFileSync(join(import.meta.dirname, 'tables.sql'), 'utf8'));
    const staff: readonly Row[] = doctors.map((one) => [
      one.number,
      one.name,
      one.given,
      'Dr.',
      one.specialty,
      'H1',
      'J',
    ]);
    const tables = { HAUS: houses, ARZT: staff, ...recordsOf(known) };
    for (const [table, lines] of Object.entries(tables))
      await copyLines(client, `hospital.${table}`, lines.map(copyLine));
  });
  return {
    patients: known.flatMap((one) =>
      one.clinic === undefined || !isRecognized(one) ? [] : [{ clinic: one.clinic, hospital: one.number }],
    ),
    practitioners: doctors.flatMap(({ number, clinic }) =>
      clinic === undefined ? [] : [{ clinic, hospital: number }],
    ),
  };
};
