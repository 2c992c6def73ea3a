/** The alert queue: what the people who run the domain have to look at, until one of them says that they did. IHE PCF, break-glass. */
import { randomUUIDv7 } from 'node:crypto';
import type pg from 'pg';

/** What is raised, each with what its `key` is. */
export const alertKinds = [
  // somebody declared an emergency; the id of the grant
  'emergency-access',
  // a Consent cannot be understood and is taken as denying everything; the id of the Consent
  'consent-fault',
  // somebody has more Consents, care teams or patients than are looked at; what there is too much of, and whose
  'facts-limit',
  // a foreign system gave what was not asked for, or wrote what it was asked not to; its name
  'upstream-wrong-answer',
  // a foreign system does not take our credentials; its name
  'upstream-credentials',
] as const;
export type AlertKind = (typeof alertKinds)[number];

export interface NewAlert {
  readonly kind: AlertKind;
  /** what it is about; at most 200 characters */
  readonly key: string;
  readonly at: Date;
  /** subject at the issuer, never a name */
  readonly person?: string;
  readonly client?: string;
  /** bare id */
  readonly patient?: string;
  /** a sentence of ours, without anything that is personal; the rest is cut off beyond 500 characters */
  readonly detail?: string;
}

export interface Acknowledgement {
  readonly at: Date;
  /** who looked at it, as they call themselves; 1 to 200 characters */
  readonly by: string;
  /** what they found or did; 1 to 1,000 characters */
  readonly note: string;
}

export interface Alert extends NewAlert {
  readonly id: string;
  /** when it was raised last; `at` is when first */
  readonly lastAt: Date;
  readonly count: number;
  readonly acknowledged?: Acknowledgement;
}

export type Acknowledged =
  | { readonly kind: 'acknowledged'; readonly alert: Alert }
  /** somebody was there before: it stays as they left it */
  | { readonly kind: 'already'; readonly alert: Alert }
  | { readonly kind: 'unknown' };

type Queryable = pg.Pool | pg.PoolClient;

const columns = `id, kind, key, raised_at, last_raised_at, count, person, client, patient, detail,
  acknowledged_at, acknowledged_by, note`;

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly raised_at: Date;
  readonly last_raised_at: Date;
  readonly count: number;
  readonly person: string | null;
  readonly client: string | null;
  readonly patient: string | null;
  readonly detail: string | null;
  readonly acknowledged_at: Date | null;
  readonly acknowledged_by: string | null;
  readonly note: string | null;
}

const alertOf = (row: Row): Alert => ({
  id: row.id,
  kind: row.kind as AlertKind,
  key: row.key,
  at: row.raised_at,
  lastAt: row.last_raised_at,
  count: row.count,
  ...(row.person === null ? {} : { person: row.person }),
  ...(row.client === null ? {} : { client: row.client }),
  ...(row.patient === null ? {} : { patient: row.patient }),
  ...(row.detail === null ? {} : { detail: row.detail }),
  ...(row.acknowledged_at === null || row.acknowledged_by === null || row.note === null
    ? {}
    : { acknowledged: { at: row.acknowledged_at, by: row.acknowledged_by, note: row.note } }),
});

/**
 * Raises an alert; while one of its kind and key is open, that one is counted up.
 * @param db in a transaction its own connection: the alert is there when what it tells of is
 * @returns the id of the alert
 */
export async function raiseAlert(db: Queryable, alert: NewAlert): Promise<string> {
  const { kind, key, at, person, client, patient, detail } = alert;
  const { rows } = await db.query<{ id: string }>(
    `insert into alert (id, kind, key, raised_at, last_raised_at, person, client, patient, detail)
     values ($1, $2, $3, $4, $4, $5, $6, $7, $8)
     on conflict (kind, key) where acknowledged_at is null
       do update set count = alert.count + 1, last_raised_at = greatest(alert.last_raised_at, excluded.last_raised_at)
     returning id`,
    [
      randomUUIDv7(),
      kind,
      key.slice(0, 200),
      at,
      person ?? null,
      client ?? null,
      patient ?? null,
      detail?.slice(0, 500) ?? null,
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The alert was not stored.');
  return row.id;
}

/** Those that nobody has looked at, the newest first; `open` is how many there are altogether. */
export async function openAlerts(
  db: Queryable,
  limit: number,
): Promise<{ readonly open: number; readonly alerts: readonly Alert[] }> {
  const { rows } = await db.query<Row & { open: string }>(
    `select ${columns}, count(*) over () as open from alert where acknowledged_at is null
     order by last_raised_at desc, id desc limit $1`,
    [limit],
  );
  return { open: Number(rows[0]?.open ?? 0), alerts: rows.map(alertOf) };
}

/** Those that were looked at, the latest first. */
export async function acknowledgedAlerts(db: Queryable, limit: number): Promise<readonly Alert[]> {
  const { rows } = await db.query<Row>(
    `select ${columns} from alert where acknowledged_at is not null order by acknowledged_at desc, id desc limit $1`,
    [limit],
  );
  return rows.map(alertOf);
}

/**
 * Notes that somebody looked at it. Who calls this records it in the audit log (`alert-acknowledged`).
 * @param db in a transaction its own connection
 */
export async function acknowledgeAlert(
  db: Queryable,
  id: string,
  { at, by, note }: Acknowledgement,
): Promise<Acknowledged> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return { kind: 'unknown' };
  const { rows } = await db.query<Row>(
    `update alert set acknowledged_at = $2, acknowledged_by = $3, note = $4
     where id = $1 and acknowledged_at is null returning ${columns}`,
    [id, at, by, note],
  );
  const [done] = rows;
  if (done !== undefined) return { kind: 'acknowledged', alert: alertOf(done) };
  const { rows: found } = await db.query<Row>(`select ${columns} from alert where id = $1`, [id]);
  return found[0] === undefined ? { kind: 'unknown' } : { kind: 'already', alert: alertOf(found[0]) };
}
