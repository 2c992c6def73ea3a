/** How often a client may ask who somebody is: counted in the database, so that more processes do not allow more. RFC 6585 §4. */
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type pg from 'pg';

export interface QuestionLimit {
  readonly pool: pg.Pool;
  readonly perMinute: number;
  /** epoch milliseconds */
  readonly now: () => number;
}

/** @returns why not now */
export const countQuestion = async (
  client: string,
  { pool, perMinute, now }: QuestionLimit,
): Promise<FhirError | undefined> => {
  const minute = Math.floor(now() / 60_000);
  const { rows } = await pool.query<{ asked: number }>(
    `insert into identity_question as q (client, minute, asked) values ($1, $2, 1)
     on conflict (client) do update set minute = greatest(q.minute, excluded.minute),
       asked = case when q.minute >= excluded.minute then q.asked + 1 else 1 end
     returning asked`,
    [client, minute],
  );
  if ((rows[0]?.asked ?? 0) <= perMinute) return undefined;
  const wait = Math.ceil(((minute + 1) * 60_000 - now()) / 1000);
  const diagnostics = `this client asks more than ${perMinute} times a minute who somebody is`;
  return new FhirError(429, [{ severity: 'error', code: 'throttled', diagnostics }], { 'Retry-After': String(wait) });
};
