/**
 * Counts failed sign-ins, so that guessing is slow and nobody can be locked out for good: windows end by themselves, and a
 * browser that the person has used before has a count that others cannot use up. NIST SP 800-63B §5.2.2; OWASP ASVS 2.2.
 */
import type pg from 'pg';
import { hashOf } from './adapter.ts';
import type { RegistrationLimits, Settings, SignInLimits } from './settings.ts';

export interface Attempt {
  /** folded */
  readonly username: string;
  readonly address?: string;
  /** a browser that has proved to be the account's own */
  readonly knownBrowser?: string;
}

export type Admission =
  | { readonly kind: 'admitted'; forgive(): Promise<void> }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

interface Bucket {
  readonly id: Buffer;
  readonly limit: number;
}

const bucketOf = (name: string, limit: number): Bucket => ({ id: hashOf(name), limit });

/** Counts one more in each bucket, in one statement. @returns seconds to wait where one is over its limit */
async function count(pool: pg.Pool, windowSeconds: number, buckets: readonly Bucket[]): Promise<number | undefined> {
  // In one order for everybody: statements that count the same buckets wait for one another and never cross.
  const ids = buckets.map(({ id }) => id).sort(Buffer.compare);
  const { rows } = await pool.query<{ bucket: Buffer; failures: number; seconds: number }>(
    `insert into sign_in_failure (bucket, failures, window_ends)
     select bucket, 1, now() + make_interval(secs => $2) from unnest($1::bytea[]) with ordinality as b (bucket, n) order by n
     on conflict (bucket) do update set
       failures = case when sign_in_failure.window_ends <= now() then 1 else sign_in_failure.failures + 1 end,
       window_ends = case when sign_in_failure.window_ends <= now() then excluded.window_ends else sign_in_failure.window_ends end
     returning bucket, failures, ceil(extract(epoch from window_ends - now()))::int as seconds`,
    [ids, windowSeconds],
  );
  const over = rows.filter((row) => buckets.some(({ id, limit }) => id.equals(row.bucket) && row.failures > limit));
  return over.length === 0 ? undefined : Math.max(1, ...over.map(({ seconds }) => seconds));
}

/**
 * Counts the attempt as failed before the password is looked at, so that a thousand attempts at once are a thousand.
 * What one address does beyond its own limit is not held against the account. `forgive` takes a success out again.
 */
export async function admitAttempt(pool: pg.Pool, limits: SignInLimits, attempt: Attempt): Promise<Admission> {
  const { username, address = 'unknown', knownBrowser } = attempt;
  const stages =
    knownBrowser === undefined
      ? [
          [
            bucketOf(`account ${username} from ${address}`, limits.perAccountAndAddress),
            bucketOf(`address ${address}`, limits.perAddress),
          ],
          [bucketOf(`account ${username}`, limits.perAccount), bucketOf('altogether', limits.altogether)],
        ]
      : [[bucketOf(`account ${username} in ${knownBrowser}`, limits.perKnownBrowser)]];
  for (const buckets of stages) {
    const wait = await count(pool, limits.windowSeconds, buckets);
    if (wait !== undefined) return { kind: 'throttled', retryAfterSeconds: wait };
  }
  return { kind: 'admitted', forgive: () => forgive(pool, stages.flat()) };
}

async function forgive(pool: pg.Pool, buckets: readonly Bucket[]): Promise<void> {
  await pool.query(
    `update sign_in_failure set failures = greatest(failures - 1, 0) where bucket in
       (select bucket from sign_in_failure where bucket = any($1) order by bucket for update)`,
    [buckets.map(({ id }) => id)],
  );
}

/** An attempt that names no account, with what cannot be guessed: only what it costs us is limited. */
export async function admitFromAddress(
  pool: pg.Pool,
  { windowSeconds, perAddress }: SignInLimits,
  address = 'unknown',
): Promise<Admission> {
  const bucket = bucketOf(`address ${address}`, perAddress);
  const wait = await count(pool, windowSeconds, [bucket]);
  if (wait !== undefined) return { kind: 'throttled', retryAfterSeconds: wait };
  return { kind: 'admitted', forgive: () => forgive(pool, [bucket]) };
}

/**
 * One code of a second factor, by somebody whose first was right. Few enough that guessing six digits is hopeless; in a
 * browser that the person has used before, counted apart from all others, so that whoever knows the password keeps nobody out.
 */
export async function admitSecondFactor(
  pool: pg.Pool,
  { windowSeconds, secondFactor }: SignInLimits,
  sub: string,
  knownBrowser?: string,
): Promise<Admission> {
  const where = knownBrowser === undefined ? '' : ` in ${knownBrowser}`;
  const bucket = bucketOf(`second factor ${sub}${where}`, secondFactor);
  const wait = await count(pool, windowSeconds, [bucket]);
  if (wait !== undefined) return { kind: 'throttled', retryAfterSeconds: wait };
  return { kind: 'admitted', forgive: () => forgive(pool, [bucket]) };
}

/** One entry of a patient by somebody who declares an emergency: whoever only guesses has to wait. */
export async function admitEntry(pool: pg.Pool, windowSeconds: number, limit: number, sub: string): Promise<Admission> {
  const bucket = bucketOf(`emergency ${sub}`, limit);
  const wait = await count(pool, windowSeconds, [bucket]);
  if (wait !== undefined) return { kind: 'throttled', retryAfterSeconds: wait };
  return { kind: 'admitted', forgive: () => forgive(pool, [bucket]) };
}

/** One try to name the code that a device shows: a wrong one counts, from its address and altogether. RFC 8628 §5.1. */
export async function admitUserCode(
  pool: pg.Pool,
  { signIn, device }: Pick<Settings, 'signIn' | 'device'>,
  address = 'unknown',
): Promise<Admission> {
  const stages = [
    [bucketOf(`user code from ${address}`, device.entriesPerAddress)],
    [bucketOf('user codes altogether', device.entriesAltogether)],
  ];
  for (const buckets of stages) {
    const wait = await count(pool, signIn.windowSeconds, buckets);
    if (wait !== undefined) return { kind: 'throttled', retryAfterSeconds: wait };
  }
  return { kind: 'admitted', forgive: () => forgive(pool, stages.flat()) };
}

/** One device that asks for codes: the fewer there are, the harder it is to hit one. @returns seconds to wait */
export async function countDevice(
  pool: pg.Pool,
  { signIn, device }: Pick<Settings, 'signIn' | 'device'>,
  address = 'unknown',
): Promise<number | undefined> {
  const own = bucketOf(`device from ${address}`, device.requestsPerAddress);
  const everyone = bucketOf('devices altogether', device.requestsAltogether);
  return (await count(pool, signIn.windowSeconds, [own])) ?? (await count(pool, signIn.windowSeconds, [everyone]));
}

/** One more app that this address would register. @returns seconds to wait where it has been too many */
export const admitRegistration = (
  pool: pg.Pool,
  { windowSeconds, perAddress }: RegistrationLimits,
  address = 'unknown',
): Promise<number | undefined> => count(pool, windowSeconds, [bucketOf(`registration from ${address}`, perAddress)]);

export interface SecretThrottle {
  /** Seconds to wait, where this app's secret was tried too often from this address. */
  wait(client: string, address: string | undefined): Promise<number | undefined>;
  noteWrong(client: string, address: string | undefined): Promise<void>;
}

/** For so long nobody is asked again whether an app has to wait that did not: what another process has counted comes late by it. */
const patienceMs = 1_000;
const mostRemembered = 10_000;

export function createSecretThrottle(pool: pg.Pool, limits: SignInLimits, now: () => Date): SecretThrottle {
  const free = new Map<string, number>();
  const nameOf = (client: string, address = 'unknown'): string => `app ${client} from ${address}`;
  return {
    async wait(client, address) {
      const name = nameOf(client, address);
      const at = now().getTime();
      if ((free.get(name) ?? 0) > at) return undefined;
      const { rows } = await pool.query<{ seconds: number }>(
        `select ceil(extract(epoch from window_ends - now()))::int as seconds from sign_in_failure
         where bucket = $1 and failures >= $2 and window_ends > now()`,
        [hashOf(name), limits.perAccountAndAddress],
      );
      if (free.size >= mostRemembered) free.clear();
      if (rows[0] === undefined) free.set(name, at + patienceMs);
      return rows[0]?.seconds;
    },
    async noteWrong(client, address) {
      const name = nameOf(client, address);
      free.delete(name);
      await count(pool, limits.windowSeconds, [bucketOf(name, limits.perAccountAndAddress)]);
    },
  };
}

/** Whether this browser has signed `sub`'s account in before. */
export async function knowsBrowser(pool: pg.Pool, cookie: string, username: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from known_browser b join person p using (sub)
     where b.cookie = $1 and p.username = $2 and b.expires_at > now()`,
    [hashOf(cookie), username],
  );
  return rowCount === 1;
}

export async function rememberBrowser(pool: pg.Pool, cookie: string, sub: string, seconds: number): Promise<void> {
  await pool.query(
    `insert into known_browser (cookie, sub, expires_at) values ($1, $2, now() + make_interval(secs => $3))
     on conflict (cookie) do update set sub = excluded.sub, expires_at = excluded.expires_at`,
    [hashOf(cookie), sub, seconds],
  );
}
