/** Where states are kept: each change says which version it is made on, and there are never more than may be. SMART App Launch 2.2, app state. */
import { randomUUID } from 'node:crypto';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import type { State, StateKey, StoredState } from './state.ts';

interface Row {
  readonly id: string;
  readonly code: string;
  readonly subject: string;
  readonly version: number;
  readonly updated_at: Date;
  readonly content: Readonly<Record<string, unknown>>;
}

const columns = 'id, code, subject, version, updated_at, content';

const stateOf = ({ id, code, subject, version, updated_at: updated, content }: Row): StoredState => ({
  id,
  code,
  version,
  updated,
  content,
  ...(subject === '' ? {} : { subject }),
});

export interface StateTable {
  /** Undefined where there are so many of this code and subject already. */
  add(state: State, most: number, at: Date): Promise<StoredState | undefined>;
  find(id: string): Promise<StoredState | undefined>;
  search(key: StateKey, most: number): Promise<readonly StoredState[]>;
  /** Undefined where it is not there any more, has another version, or another code or subject. */
  replace(id: string, version: number, state: State, at: Date): Promise<StoredState | undefined>;
  remove(id: string, version: number): Promise<boolean>;
}

export function createStateTable(pool: pg.Pool): StateTable {
  const one = async (text: string, values: readonly unknown[]): Promise<StoredState | undefined> => {
    const { rows } = await pool.query<Row>(text, [...values]);
    return rows[0] === undefined ? undefined : stateOf(rows[0]);
  };
  return {
    add: ({ code, subject = '', content }, most, at) =>
      transaction(pool, async (db) => {
        // Whoever adds to the same ones waits here, and counts what was added before: a statement of its own, for it sees
        // what is there when it begins.
        await db.query("select pg_advisory_xact_lock(hashtext('app_state'), hashtext($1))", [
          JSON.stringify([code, subject]),
        ]);
        const { rows } = await db.query<Row>(
          `insert into app_state (id, code, subject, version, updated_at, content)
           select $1, $2, $3, 1, $4, $5 where (select count(*) from app_state where code = $2 and subject = $3) < $6
           returning ${columns}`,
          [randomUUID(), code, subject, at, JSON.stringify(content), most],
        );
        return rows[0] === undefined ? undefined : stateOf(rows[0]);
      }),
    find: (id) => one(`select ${columns} from app_state where id = $1`, [id]),
    async search({ code, subject = '' }, most) {
      const { rows } = await pool.query<Row>(
        `select ${columns} from app_state where code = $1 and subject = $2 order by updated_at desc, id limit $3`,
        [code, subject, most],
      );
      return rows.map(stateOf);
    },
    replace: (id, version, { code, subject = '', content }, at) =>
      one(
        `update app_state set version = version + 1, updated_at = $5, content = $6
         where id = $1 and version = $2 and code = $3 and subject = $4 returning ${columns}`,
        [id, version, code, subject, at, JSON.stringify(content)],
      ),
    async remove(id, version) {
      const { rowCount } = await pool.query('delete from app_state where id = $1 and version = $2', [id, version]);
      return rowCount === 1;
    },
  };
}
