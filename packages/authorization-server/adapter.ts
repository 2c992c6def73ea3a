/**
 * Where oidc-provider keeps its sessions, interactions, codes and marks of consent: PostgreSQL. What a browser or an app
 * presents is the key, and only its SHA-256 is stored (oidc-provider's adapter contract; RFC 9700 §4.3).
 */
import { hash } from 'node:crypto';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type pg from 'pg';
import { type Client, type ClientRegistry, deviceCodeGrant } from './clients.ts';
import { deviceReturn } from './device-return.ts';
import { noteSession } from './session-rows.ts';
import type { Settings } from './settings.ts';

export const hashOf = (secret: string): Buffer => hash('sha256', secret, 'buffer');

/** Stands for the presented value inside a stored payload. */
const self = '\u{f8ff}self\u{f8ff}';

/** Replaces every string that is, or ends in, the presented value: oidc-provider repeats it in `jti` and `returnTo`. */
function swap(value: unknown, from: string, to: string): unknown {
  if (typeof value === 'string') return value.includes(from) ? value.replaceAll(from, to) : value;
  if (Array.isArray(value)) return value.map((item) => swap(item, from, to));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, swap(item, from, to)]));
}

interface Row {
  readonly payload: AdapterPayload;
  readonly consumed_at: Date | null;
}

/** A session's cookie is also noted in the interactions that were begun with it; only its public uid is kept there. */
function withoutCookie(payload: AdapterPayload): AdapterPayload {
  const { session } = payload;
  if (session === undefined) return payload;
  const { cookie: _, ...rest } = session as unknown as Record<string, unknown>;
  return { ...payload, session: rest } as unknown as AdapterPayload;
}

/** Its state may be written once more by a request that was under way when the session ended. */
const unlessEnded = ` and not exists (
  select from sign_in_session where uid = payload->>'uid' and ended_at is not null)`;

export interface AdapterNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly clients: ClientRegistry;
  readonly settings: Pick<Settings, 'sessionMostSeconds'>;
  now(): Date;
}

export function createAdapter({ issuer, pool, clients, settings, now }: AdapterNeighbours): (model: string) => Adapter {
  const nothing = async (): Promise<undefined> => undefined;
  return (model) => {
    if (model === 'Client') {
      const find = async (id: string): Promise<AdapterPayload | undefined> =>
        providerClient(issuer, await clients.find(id));
      return {
        find,
        upsert: nothing,
        findByUserCode: nothing,
        findByUid: nothing,
        consume: nothing,
        destroy: nothing,
        revokeByGrantId: nothing,
      };
    }
    return {
      async upsert(id, payload, expiresIn) {
        const idle = new Date(now().getTime() + (expiresIn ?? 60) * 1000);
        const expiresAt =
          model === 'Session' ? await noteSession(pool, payload, now(), idle, settings.sessionMostSeconds) : idle;
        await pool.query(
          `insert into authorization_state (model, id, payload, grant_id, expires_at)
           values ($1, $2, $3, $4, $5)
           on conflict (model, id) do update
             set payload = excluded.payload, grant_id = excluded.grant_id, expires_at = excluded.expires_at`,
          [
            model,
            hashOf(id),
            JSON.stringify(swap(withoutCookie(payload), id, self)),
            payload.grantId ?? null,
            expiresAt,
          ],
        );
      },
      async find(id) {
        const { rows } = await pool.query<Row>(
          `select payload, consumed_at from authorization_state
           where model = $1 and id = $2 and expires_at > $3${model === 'Session' ? unlessEnded : ''}`,
          [model, hashOf(id), now()],
        );
        const [row] = rows;
        if (row === undefined) return undefined;
        const payload = swap(row.payload, self, id) as AdapterPayload;
        return row.consumed_at === null
          ? payload
          : { ...payload, consumed: Math.floor(row.consumed_at.getTime() / 1000) };
      },
      findByUserCode: nothing,
      findByUid: nothing,
      async consume(id) {
        const { rowCount } = await pool.query(
          `update authorization_state set consumed_at = $3
           where model = $1 and id = $2 and consumed_at is null and expires_at > $3`,
          [model, hashOf(id), now()],
        );
        if (rowCount === 0) throw new Error(`${model} was used before`);
      },
      async destroy(id) {
        await pool.query('delete from authorization_state where model = $1 and id = $2', [model, hashOf(id)]);
      },
      async revokeByGrantId(grantId) {
        await pool.query('delete from authorization_state where model = $1 and grant_id = $2', [model, grantId]);
      },
    };
  };
}

/**
 * What oidc-provider needs to know of an app: it never authenticates one, for only its authorization endpoint is reached.
 * The return of a device is added here, where no request from outside is checked.
 */
function providerClient(issuer: string, client: Client | undefined): AdapterPayload | undefined {
  const uris = client === undefined ? [] : providerRedirects(issuer, client);
  if (client === undefined || uris.length === 0) return undefined;
  return {
    client_id: client.id,
    redirect_uris: uris,
    response_types: ['code'],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'none',
    application_type: client.native ? 'native' : 'web',
    // as its key (provider.ts): it signs none that anybody gets
    id_token_signed_response_alg: 'ES256',
  };
}

const providerRedirects = (issuer: string, { grantTypes, redirectUris }: Client): string[] => [
  ...(grantTypes.includes('authorization_code') ? redirectUris : []),
  ...(grantTypes.includes(deviceCodeGrant) ? [deviceReturn(issuer)] : []),
];
