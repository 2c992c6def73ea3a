/**
 * The apps that have registered themselves, as PostgreSQL has them now: nothing of them is remembered, so that every
 * process knows of a change with its commit. RFC 7591; RFC 7592.
 */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { type Client, clientOf, type MoreClients } from './clients.ts';
import { effectiveMetadata } from './effective-metadata.ts';
import type { RegistrableMetadata } from './registrable-metadata.ts';

type Queryable = pg.Pool | pg.PoolClient;

export type ClientStatus = 'pending' | 'listed' | 'suspended' | 'removed';

export interface RegisteredClient {
  readonly id: string;
  readonly metadata: RegistrableMetadata;
  readonly status: ClientStatus;
  readonly publisher?: string;
  readonly secret?: Buffer;
  readonly earlierSecret?: { readonly hash: Buffer; readonly until: Date };
  readonly registrationToken: Buffer;
  readonly earlierRegistrationToken?: { readonly hash: Buffer; readonly until: Date };
  /** `open`, `statement`, or the id of an initial access token */
  readonly admittedBy: string;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

/** Never like the id of a person, which is a UUID: no token of an app by itself can be taken for a person's. RFC 9068 §5. */
const prefix = 'app_';
export const newClientId = (): string => prefix + randomBytes(16).toString('base64url');
export const isRegisteredId = (id: string): boolean => /^app_[A-Za-z0-9_-]{22}$/.test(id);

interface Row {
  readonly client_id: string;
  readonly metadata: RegistrableMetadata;
  readonly status: ClientStatus;
  readonly publisher: string | null;
  readonly secret: Buffer | null;
  readonly earlier_secret: Buffer | null;
  readonly earlier_secret_until: Date | null;
  readonly registration_token: Buffer;
  readonly earlier_registration_token: Buffer | null;
  readonly earlier_registration_until: Date | null;
  readonly admitted_by: string;
  readonly created_at: Date;
  readonly changed_at: Date;
}

const columns = `client_id, metadata, status, publisher, secret, earlier_secret, earlier_secret_until, registration_token,
  earlier_registration_token, earlier_registration_until, admitted_by, created_at, changed_at`;

const earlier = (hash: Buffer | null, until: Date | null) =>
  hash === null || until === null ? undefined : { hash, until };

function registeredOf(row: Row): RegisteredClient {
  const earlierSecret = earlier(row.earlier_secret, row.earlier_secret_until);
  const earlierToken = earlier(row.earlier_registration_token, row.earlier_registration_until);
  return {
    id: row.client_id,
    metadata: row.metadata,
    status: row.status,
    ...(row.publisher === null ? {} : { publisher: row.publisher }),
    ...(row.secret === null ? {} : { secret: row.secret }),
    ...(earlierSecret === undefined ? {} : { earlierSecret }),
    registrationToken: row.registration_token,
    ...(earlierToken === undefined ? {} : { earlierRegistrationToken: earlierToken }),
    admittedBy: row.admitted_by,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}

/** @param lock in a transaction: nobody else changes it until the end */
export async function findRegistered(db: Queryable, id: string, lock = false): Promise<RegisteredClient | undefined> {
  if (!isRegisteredId(id)) return undefined;
  const { rows } = await db.query<Row>(
    `select ${columns} from registered_client where client_id = $1 and status <> 'removed' ${lock ? 'for update' : ''}`,
    [id],
  );
  return rows[0] === undefined ? undefined : registeredOf(rows[0]);
}

export async function listRegistered(db: Queryable, most: number): Promise<readonly RegisteredClient[]> {
  const { rows } = await db.query<Row>(
    `select ${columns} from registered_client where status <> 'removed' order by created_at desc, client_id limit $1`,
    [most],
  );
  return rows.map(registeredOf);
}

/** As the authorization server and the resource servers know an app; undefined where it may do nothing. */
export function knownClient(registered: RegisteredClient): Client | undefined {
  const { id, status, metadata, publisher, secret, earlierSecret } = registered;
  if (status !== 'pending' && status !== 'listed') return undefined;
  const holds = effectiveMetadata(metadata, status);
  return {
    ...clientOf({ ...holds, client_id: id, ...(publisher === undefined ? {} : { publisher }) }),
    registered: status,
    ...(secret === undefined ? {} : { secretHash: secret }),
    ...(earlierSecret === undefined ? {} : { earlierSecret }),
  };
}

export const createRegisteredClients = (pool: pg.Pool): MoreClients => ({
  async find(id, db) {
    const registered = await findRegistered(db ?? pool, id);
    return registered === undefined ? undefined : knownClient(registered);
  },
  async servesOrigin(origin) {
    const { rowCount } = await pool.query(
      `select from registered_client_origin join registered_client using (client_id)
       where origin = $1 and status in ('pending', 'listed') limit 1`,
      [origin],
    );
    return rowCount === 1;
  },
});

/** Origins of the pages that a browser app answers to. */
export const originsOf = ({ redirect_uris: uris = [] }: RegistrableMetadata): readonly string[] => [
  ...new Set(uris.map((uri) => new URL(uri).origin).filter((origin) => origin !== 'null')),
];

/** A whole row, new or in place of the one before. In a transaction that holds the row. */
export async function storeRegistered(db: pg.PoolClient, client: RegisteredClient): Promise<void> {
  await db.query(
    `insert into registered_client (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict (client_id) do update set metadata = excluded.metadata, status = excluded.status,
       publisher = excluded.publisher, secret = excluded.secret, earlier_secret = excluded.earlier_secret,
       earlier_secret_until = excluded.earlier_secret_until, registration_token = excluded.registration_token,
       earlier_registration_token = excluded.earlier_registration_token,
       earlier_registration_until = excluded.earlier_registration_until, changed_at = excluded.changed_at`,
    [
      client.id,
      JSON.stringify(client.metadata),
      client.status,
      client.publisher ?? null,
      client.secret ?? null,
      client.earlierSecret?.hash ?? null,
      client.earlierSecret?.until ?? null,
      client.registrationToken,
      client.earlierRegistrationToken?.hash ?? null,
      client.earlierRegistrationToken?.until ?? null,
      client.admittedBy,
      client.createdAt,
      client.changedAt,
    ],
  );
  await db.query('delete from registered_client_origin where client_id = $1', [client.id]);
  await db.query('insert into registered_client_origin (origin, client_id) select unnest($2::text[]), $1', [
    client.id,
    originsOf(client.metadata),
  ]);
}
