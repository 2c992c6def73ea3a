/** One-time codes of an authenticator app: six digits for each half minute, each usable once. RFC 6238 §4, §5.2. */
import { Secret, TOTP } from 'otpauth';
import type pg from 'pg';
import type { SecretBox } from './sealed-secret.ts';

const period = 30;

export interface TotpNeighbours {
  readonly pool: pg.Pool;
  readonly box: SecretBox;
  now(): Date;
}

export interface TotpOffer {
  /** base32, to be typed */
  readonly secret: string;
  /** `otpauth://totp/…`, to be photographed */
  readonly uri: string;
}

export interface Totp {
  isEnrolled(sub: string): Promise<boolean>;
  /** A new secret, which counts once `confirm` was given a code of it; one that counts already stays. */
  begin(sub: string, label: { readonly issuer: string; readonly account: string }): Promise<TotpOffer | undefined>;
  /** The offer that was made and not yet confirmed. */
  offered(sub: string, label: { readonly issuer: string; readonly account: string }): Promise<TotpOffer | undefined>;
  confirm(db: pg.PoolClient, sub: string, code: string): Promise<boolean>;
  /** Whether this is a code of the present, the last or the next half minute that was not used before. */
  accept(sub: string, code: string): Promise<boolean>;
  remove(db: pg.PoolClient, sub: string): Promise<boolean>;
}

const sealedFor = (sub: string): string => `totp ${sub}`;

export const totpOf = (secret: Secret, issuer = '', label = ''): TOTP =>
  new TOTP({ issuer, label, secret, algorithm: 'SHA1', digits: 6, period });

/** With its recovery codes, which are for nothing else. */
export async function removeTotp(db: pg.PoolClient, sub: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from totp where sub = $1', [sub]);
  await db.query('delete from recovery_code where sub = $1', [sub]);
  return rowCount === 1;
}

export function createTotp({ pool, box, now }: TotpNeighbours): Totp {
  const secretOf = async (
    db: pg.Pool | pg.PoolClient,
    sub: string,
    state: 'offered' | 'offered and kept' | 'confirmed',
  ): Promise<Secret | undefined> => {
    const { rows } = await db.query<{ secret: Buffer }>(
      `select secret from totp where sub = $1 and confirmed_at is ${state === 'confirmed' ? 'not ' : ''}null
       ${state === 'offered and kept' ? 'for update' : ''}`,
      [sub],
    );
    const [row] = rows;
    return row === undefined
      ? undefined
      : new Secret({ buffer: new Uint8Array(box.open(row.secret, sealedFor(sub))).buffer });
  };

  /** The step of time that a code stands for. */
  const stepOf = (secret: Secret, typed: string): number | undefined => {
    const code = typed.replace(/[\s-]/g, '');
    if (!/^\d{6}$/.test(code)) return undefined;
    const timestamp = now().getTime();
    const delta = totpOf(secret).validate({ token: code, timestamp, window: 1 });
    return delta === null ? undefined : Math.floor(timestamp / 1000 / period) + delta;
  };

  const offerOf = (secret: Secret, { issuer, account }: { issuer: string; account: string }): TotpOffer => ({
    secret: secret.base32,
    uri: totpOf(secret, issuer, account).toString(),
  });

  return {
    async isEnrolled(sub) {
      const { rowCount } = await pool.query('select from totp where sub = $1 and confirmed_at is not null', [sub]);
      return rowCount === 1;
    },
    async begin(sub, label) {
      const secret = new Secret({ size: 20 });
      const { rowCount } = await pool.query(
        `insert into totp (sub, secret, created_at) values ($1, $2, $3)
         on conflict (sub) do update set secret = excluded.secret, created_at = excluded.created_at
           where totp.confirmed_at is null`,
        [sub, box.seal(secret.bytes, sealedFor(sub)), now()],
      );
      return rowCount === 1 ? offerOf(secret, label) : undefined;
    },
    async offered(sub, label) {
      const secret = await secretOf(pool, sub, 'offered');
      return secret === undefined ? undefined : offerOf(secret, label);
    },
    async confirm(db, sub, code) {
      const secret = await secretOf(db, sub, 'offered and kept');
      const step = secret === undefined ? undefined : stepOf(secret, code);
      if (step === undefined) return false;
      const { rowCount } = await db.query(
        'update totp set confirmed_at = $2, last_step = $3 where sub = $1 and confirmed_at is null',
        [sub, now(), step],
      );
      return rowCount === 1;
    },
    async accept(sub, code) {
      const secret = await secretOf(pool, sub, 'confirmed');
      const step = secret === undefined ? undefined : stepOf(secret, code);
      if (step === undefined) return false;
      // One statement: of several who present the same code at once, one finds the step unused (RFC 6238 §5.2).
      const { rowCount } = await pool.query(
        'update totp set last_step = $2 where sub = $1 and confirmed_at is not null and last_step < $2',
        [sub, step],
      );
      return rowCount === 1;
    },
    remove: removeTotp,
  };
}
