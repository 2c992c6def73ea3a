/**
 * Telling apps that a session has ended: a row for each, written in the transaction that ends it, and delivered by whichever
 * process comes first, again and again until the app has taken it. Nobody waits for it. OIDC Back-Channel Logout 1.0 §2.5, §2.8.
 */
import { randomUUID } from 'node:crypto';
import type { Permissions } from '@affinity/outbound/outbound-url.ts';
import type { SafeFetch } from '@affinity/outbound/safe-fetch.ts';
import type pg from 'pg';
import type { Client, ClientRegistry } from './clients.ts';
import { faultName, type Log } from './log.ts';
import { issueLogoutToken } from './logout-token.ts';
import type { Settings } from './settings.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Every app that was told in this session who signed in is to be told. Whether it wants to be, is asked when it is told. */
export async function noteDeliveries(db: pg.PoolClient, session: string, at: Date): Promise<void> {
  const { rows } = await db.query<{ client_id: string; sub: string }>(
    `select distinct client_id, sub from authorization_grant
     where session_uid = $1 and 'openid' = any(string_to_array(scope, ' '))`,
    [session],
  );
  for (const { client_id, sub } of rows) {
    await db.query(
      `insert into logout_delivery (id, client_id, sub, session_uid, created_at, due_at) values ($1, $2, $3, $4, $5, $5)`,
      [randomUUID(), client_id, sub, session, at],
    );
  }
}

export interface DeliveryNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly clients: ClientRegistry;
  readonly keys: SigningKeys;
  readonly settings: Settings;
  readonly fetchOutside: SafeFetch;
  readonly outbound: Permissions;
  readonly log: Log;
  now(): Date;
}

interface Row {
  readonly id: string;
  readonly client_id: string;
  readonly sub: string;
  readonly session_uid: string;
  readonly attempts: number;
}

const batch = 10;
/** Longer than an attempt takes: whoever has one is not overtaken, and one that died is taken up by another. */
const leaseSeconds = 60;
/** Until the next attempt: ten seconds, then twice as long each time, at most an hour. */
const waitSeconds = (attempts: number): number => Math.min(10 * 2 ** (attempts - 1), 3_600);

const later = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000);

async function tell(neighbours: DeliveryNeighbours, client: Client, url: string, row: Row): Promise<boolean> {
  const { fetchOutside, outbound } = neighbours;
  const ended = { id: row.id, sub: row.sub, session: row.session_uid };
  const token = await issueLogoutToken(neighbours, client, ended);
  // What an operator wrote may lie on this machine; what a stranger registered never does.
  const permissions = client.registered === undefined ? outbound : {};
  const answer = await fetchOutside({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ logout_token: token }).toString(),
    ...permissions,
  });
  return answer.kind === 'answer' && answer.status >= 200 && answer.status < 300;
}

async function attempt(neighbours: DeliveryNeighbours, row: Row): Promise<void> {
  const { pool, clients, settings, log, now } = neighbours;
  const client = await clients.find(row.client_id);
  const url = client?.metadata.backchannel_logout_uri;
  const told =
    client === undefined || url === undefined
      ? true
      : await tell(neighbours, client, url, row).catch((error: unknown) => {
          log('an app could not be told of a logout', { client: row.client_id, reason: faultName(error) });
          return false;
        });
  if (told || row.attempts >= settings.logoutAttempts) {
    if (!told) log('an app was not told of a logout', { client: row.client_id, attempts: row.attempts });
    await pool.query('delete from logout_delivery where id = $1', [row.id]);
    return;
  }
  await pool.query('update logout_delivery set due_at = $2 where id = $1', [
    row.id,
    later(now(), waitSeconds(row.attempts)),
  ]);
}

/** Delivers what is due. @returns how many attempts were made */
export async function deliverLogouts(neighbours: DeliveryNeighbours): Promise<number> {
  const { pool, now } = neighbours;
  let made = 0;
  for (let taken = batch; taken === batch; made += taken) {
    const at = now();
    const { rows } = await pool.query<Row>(
      `update logout_delivery set due_at = $2, attempts = attempts + 1
       where id = any(array(select id from logout_delivery where due_at <= $1
         order by due_at limit ${batch} for update skip locked))
       returning id, client_id, sub, session_uid, attempts`,
      [at, later(at, leaseSeconds)],
    );
    await Promise.all(rows.map((row) => attempt(neighbours, row)));
    taken = rows.length;
  }
  return made;
}

/** Looks again and again until stopped; `stop` waits for what is under way. */
export function startLogoutDelivery(neighbours: DeliveryNeighbours): { stop(): Promise<void> } {
  const { settings, log } = neighbours;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  const look = (): void => {
    running = deliverLogouts(neighbours)
      .catch((error: unknown) => log('apps could not be told of logouts', { reason: faultName(error) }))
      .finally(plan);
  };
  const plan = (): void => {
    if (!stopped) timer = setTimeout(look, settings.logoutPollSeconds * 1000).unref();
  };
  plan();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
