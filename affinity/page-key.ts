/** The secret that seals links to next pages: the same in every process of the domain, made by the first of them. */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';

/** 32 bytes */
export const loadPageKey = async (pool: pg.Pool): Promise<Uint8Array> => {
  const { rows } = await pool.query<{ value: string }>(
    `insert into domain_fact (name, value) values ('page-key', to_jsonb($1::text))
     on conflict (name) do update set value = domain_fact.value returning value`,
    [randomBytes(32).toString('base64')],
  );
  const key = Buffer.from(rows[0]?.value ?? '', 'base64');
  if (key.length !== 32) throw new Error('The key of page links in the database is damaged.');
  return key;
};
