/** Devices that wait to be allowed: one row each, from the request to its tokens. RFC 8628 §3.2–§3.5. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { hashOf } from './adapter.ts';
import { newDeviceCode, newUserCode, sealUserCode } from './device-codes.ts';
import type { SignIn } from './grants.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Of the sign-in in which a device was allowed. */
export interface DeviceSignIn extends SignIn {
  readonly authTime?: number;
}

export interface DeviceRequest {
  readonly clientId: string;
  readonly scope: string;
  readonly audience: string;
  readonly purpose?: string;
}

export interface DeviceAuthorization extends DeviceRequest {
  readonly id: string;
  readonly expiresAt: Date;
  readonly pollSeconds: number;
  readonly polledAt?: Date;
  readonly decision?: 'allowed' | 'refused';
  readonly decidedBy?: string;
  readonly grantId?: string;
  readonly signIn: DeviceSignIn;
  readonly consumed: boolean;
}

interface Row {
  readonly id: string;
  readonly client_id: string;
  readonly scope: string;
  readonly audience: string;
  readonly purpose: string | null;
  readonly expires_at: Date;
  readonly poll_seconds: number;
  readonly polled_at: Date | null;
  readonly decision: 'allowed' | 'refused' | null;
  readonly decided_by: string | null;
  readonly grant_id: string | null;
  readonly sign_in: DeviceSignIn | null;
  readonly consumed_at: Date | null;
}

const columns = `id, client_id, scope, audience, purpose, expires_at, poll_seconds, polled_at, decision, decided_by, grant_id,
  sign_in, consumed_at`;

const deviceOf = (row: Row): DeviceAuthorization => ({
  id: row.id,
  clientId: row.client_id,
  scope: row.scope,
  audience: row.audience,
  ...(row.purpose === null ? {} : { purpose: row.purpose }),
  expiresAt: row.expires_at,
  pollSeconds: row.poll_seconds,
  ...(row.polled_at === null ? {} : { polledAt: row.polled_at }),
  ...(row.decision === null ? {} : { decision: row.decision }),
  ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
  ...(row.grant_id === null ? {} : { grantId: row.grant_id }),
  signIn: row.sign_in ?? {},
  consumed: row.consumed_at !== null,
});

type Queryable = pg.Pool | pg.PoolClient;

/** A new row with codes that nobody else has; a user code that is taken, once in a thousand million, is drawn again. */
export async function addDevice(
  db: Queryable,
  keys: Pick<SigningKeys, 'seal'>,
  { clientId, scope, audience, purpose }: DeviceRequest,
  { at, expiresAt, pollSeconds }: { readonly at: Date; readonly expiresAt: Date; readonly pollSeconds: number },
): Promise<{ readonly deviceCode: string; readonly userCode: string }> {
  for (let tries = 0; tries < 5; tries++) {
    const [deviceCode, userCode] = [newDeviceCode(), newUserCode()];
    const { rowCount } = await db.query(
      `insert into device_authorization
         (id, device_code, user_code, client_id, scope, audience, purpose, created_at, expires_at, poll_seconds)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (user_code) do nothing`,
      [
        randomUUID(),
        hashOf(deviceCode),
        sealUserCode(keys, userCode),
        clientId,
        scope,
        audience,
        purpose ?? null,
        at,
        expiresAt,
        pollSeconds,
      ],
    );
    if (rowCount === 1) return { deviceCode, userCode };
  }
  throw new Error('No user code was free.');
}

/** One that somebody can still decide about. */
export async function findWaitingDevice(
  db: Queryable,
  keys: Pick<SigningKeys, 'seal'>,
  userCode: string,
  at: Date,
): Promise<DeviceAuthorization | undefined> {
  const { rows } = await db.query<Row>(
    `select ${columns} from device_authorization where user_code = $1 and decision is null and expires_at > $2`,
    [sealUserCode(keys, userCode), at],
  );
  return rows[0] === undefined ? undefined : deviceOf(rows[0]);
}

export async function findDevice(db: Queryable, id: string): Promise<DeviceAuthorization | undefined> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return undefined;
  const { rows } = await db.query<Row>(`select ${columns} from device_authorization where id = $1`, [id]);
  return rows[0] === undefined ? undefined : deviceOf(rows[0]);
}

/** One statement: of several people, tabs and answers at once, exactly one is told that it decided. */
export async function decideDevice(
  db: Queryable,
  id: string,
  at: Date,
  decided:
    | { readonly decision: 'allowed'; readonly by: string; readonly grantId: string; readonly signIn: DeviceSignIn }
    | { readonly decision: 'refused'; readonly by?: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update device_authorization set decision = $2, decided_at = $3, decided_by = $4, grant_id = $5, sign_in = $6
     where id = $1 and decision is null and expires_at > $3`,
    [
      id,
      decided.decision,
      at,
      decided.by ?? null,
      decided.decision === 'allowed' ? decided.grantId : null,
      decided.decision === 'allowed' ? JSON.stringify(decided.signIn) : null,
    ],
  );
  return rowCount === 1;
}

/** Holds the row until the end of the transaction: those who ask at once are answered one after the other. */
export async function lockDevice(db: pg.PoolClient, deviceCode: string): Promise<DeviceAuthorization | undefined> {
  const { rows } = await db.query<Row>(
    `select ${columns} from device_authorization where device_code = $1 for update`,
    [hashOf(deviceCode)],
  );
  return rows[0] === undefined ? undefined : deviceOf(rows[0]);
}

export async function notePoll(db: pg.PoolClient, id: string, at: Date, pollSeconds: number): Promise<void> {
  await db.query('update device_authorization set polled_at = $2, poll_seconds = $3 where id = $1', [
    id,
    at,
    pollSeconds,
  ]);
}

/** One statement: of several at once, exactly one is told that it is the first. */
export async function consumeDevice(db: pg.PoolClient, id: string, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `update device_authorization set consumed_at = $2 where id = $1 and decision = 'allowed' and consumed_at is null`,
    [id, at],
  );
  return rowCount === 1;
}
