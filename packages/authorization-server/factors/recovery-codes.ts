/** Recovery codes: for whoever has lost the device, each usable once. NIST SP 800-63B §5.1.2 (look-up secrets). */
import type pg from 'pg';
import { hashOf } from '../adapter.ts';
import { foldTypedCode, makeTypedCode } from './typed-code.ts';

const howMany = 10;
/** Four letters each: 80 bits. */
const groups = 4;

/** Bound to whose it is, so that the same code of another person is another hash. */
const hashFor = (sub: string, typed: string): Buffer => hashOf(`recovery code of ${sub} ${foldTypedCode(typed)}`);

/** Those of before are worth nothing from now on. @returns the new ones: they are shown once and kept nowhere */
export async function replaceRecoveryCodes(db: pg.PoolClient, sub: string, at: Date): Promise<readonly string[]> {
  const codes = Array.from({ length: howMany }, () => makeTypedCode(groups));
  await db.query('delete from recovery_code where sub = $1', [sub]);
  await db.query('insert into recovery_code (sub, code, created_at) select $1, unnest($2::bytea[]), $3', [
    sub,
    codes.map((code) => hashFor(sub, code)),
    at,
  ]);
  return codes;
}

/** One statement: of several at once, one is told that the code was unused. */
export async function useRecoveryCode(pool: pg.Pool, sub: string, typed: string, at: Date): Promise<boolean> {
  const { rowCount } = await pool.query(
    'update recovery_code set used_at = $3 where sub = $1 and code = $2 and used_at is null',
    [sub, hashFor(sub, typed), at],
  );
  return rowCount === 1;
}

export interface RecoveryCodes {
  readonly left: number;
  /** when one was used last */
  readonly lastUsed?: Date;
}

export async function countRecoveryCodes(db: pg.Pool | pg.PoolClient, sub: string): Promise<RecoveryCodes> {
  const { rows } = await db.query<{ left: number; last_used: Date | null }>(
    `select count(*) filter (where used_at is null)::int as left, max(used_at) as last_used from recovery_code
     where sub = $1`,
    [sub],
  );
  const { left = 0, last_used = null } = rows[0] ?? {};
  return { left, ...(last_used === null ? {} : { lastUsed: last_used }) };
}
