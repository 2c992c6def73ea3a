/** Secrets that seal what travels through browsers and apps: the same in every process of the domain, made by the first of them. */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';

const load = async (pool: pg.Pool, name: string): Promise<Uint8Array> => {
  const { rows } = await pool.query<{ value: string }>(
    `insert into domain_fact (name, value) values ($1, to_jsonb($2::text))
     on conflict (name) do update set value = domain_fact.value returning value`,
    [name, randomBytes(32).toString('base64')],
  );
  const key = Buffer.from(rows[0]?.value ?? '', 'base64');
  if (key.length !== 32) throw new Error(`The key ${name} in the database is damaged.`);
  return key;
};

/** Of links to next pages; 32 bytes. */
export const loadPageKey = (pool: pg.Pool): Promise<Uint8Array> => load(pool, 'page-key');
/** Of the sessions of administrators; 32 bytes. */
export const loadDeskKey = (pool: pg.Pool): Promise<Uint8Array> => load(pool, 'desk-key');
