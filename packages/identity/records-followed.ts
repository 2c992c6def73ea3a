/**
 * Every change of a Patient of the identity server is noted in the transaction that makes it, whoever makes it: a feed, a
 * source by PIXm ITI-104, an entry of a transaction. PostgreSQL 18 documentation, 37.1 (triggers).
 */
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';

const lock = 4_711_321;

/** @param pool of the database's own schema; @param schema where the records stand */
export const followRecords = async (pool: pg.Pool, schema: string): Promise<void> => {
  const { rows } = await pool.query(
    `select from pg_trigger where tgname = 'patient_record_changed_again' and tgrelid = $1::regclass`,
    [`${schema}.resource`],
  );
  if (rows.length > 0) return;
  await transaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [lock]);
    await client.query(
      `create or replace trigger patient_record_changed after insert on ${schema}.resource for each row
       when (new.type = 'Patient') execute function note_patient_record()`,
    );
    // A pass that indexes what is stored anew is no change of it.
    await client.query(
      `create or replace trigger patient_record_changed_again after update on ${schema}.resource for each row
       when (new.type = 'Patient' and new.version <> old.version) execute function note_patient_record()`,
    );
    // What stood there before it was followed.
    await client.query(
      `insert into person_pending (record) select id from ${schema}.resource r where type = 'Patient' and not deleted
         and not exists (select from person_record p where p.record = r.id)`,
    );
  });
};
