/** What was said when something was allowed, read back from the audit log for whoever has to look into it. IHE PCF, break-glass. */
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import type pg from 'pg';

export interface GrantMoment {
  readonly grant: string;
  /** when it was given */
  readonly at: Date;
}

/** The record is durable before the grant is, and clocks of several machines differ a little. */
const around = '1 minute';

/**
 * The reasons given with these grants when an emergency was declared, by grant. One whose record is not found near that
 * moment is left out.
 */
export const emergencyReasons = async (
  pool: pg.Pool,
  moments: readonly GrantMoment[],
): Promise<ReadonlyMap<string, string>> => {
  if (moments.length === 0) return new Map();
  const { rows } = await pool.query<{ key: string; records: string }>(
    `select asked.key, s.records from unnest($1::text[], $2::timestamptz[]) asked (key, at)
     join audit_segment s on s.written >= asked.at - $3::interval and s.written < asked.at + $3::interval
       and position(asked.key in s.records) > 0 and position('"emergency-access"' in s.records) > 0
     order by s.written`,
    [moments.map(({ grant }) => grant), moments.map(({ at }) => at), around],
  );
  const reasons = new Map<string, string>();
  for (const { key, records } of rows) {
    for (const line of records.split('\n')) {
      const { event, outcome, grant, reason } = JSON.parse(line) as AuditRecord;
      if (event === 'emergency-access' && outcome === 'permitted' && grant === key && reason !== undefined)
        reasons.set(key, reason);
    }
  }
  return reasons;
};
