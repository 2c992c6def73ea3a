/** Two databases side by side on which one world after another is played, since to make a database takes longer than to fill it. */
import { request as httpRequest } from 'node:http';
import type { ResourceServerOptions } from '@affinity/resource-server/resource-server.ts';
import { listen } from '../../affinity/http-server.ts';
import { base, openAgain, openClinic, type StandingClinic, type StoredBackend } from '../clinic/clinic.ts';

/** All that holds something of a record. What terms stand for (`text_value`) is known by heart in the process, and tells nothing. */
const tables = [
  ...['resource', 'resource_history', 'compartment', 'posting', 'string_index', 'date_index', 'reference_index'],
  ...['number_index', 'quantity_index', 'uri_index', 'position_index', 'composite_index', 'owned_through', 'canonical'],
];

/** Everything that holds something of a record, as one text: the same text, the same records. */
export const digestOf = async ({ pool }: Pick<StandingClinic, 'pool'>): Promise<string> => {
  const parts = tables.map(
    // Of rows in whatever order: how many, and the sum of what each comes to.
    (table) => `(select count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) from ${table} t)`,
  );
  const text = `select concat_ws(' ', ${parts.join(', ')}) as digest`;
  const { rows } = await pool.query<{ digest: string }>({ name: 'digest', text });
  return rows[0]?.digest ?? '';
};

export const emptyOfRecords = async ({ pool }: Pick<StandingClinic, 'pool'>): Promise<void> => {
  await pool.query(tables.map((table) => `delete from ${table}`).join('; '));
};

export interface Clock {
  /** epoch milliseconds */
  now: number;
}

export interface Side {
  readonly clock: Clock;
  /** empty of records */
  readonly clinic: StandingClinic;
}

export interface Stage {
  /** Both sides without a record, each with a resource server of these options; `url` is of its database. */
  empty(
    options: (
      clock: Clock,
      whole: StoredBackend,
      own: StoredBackend,
      url: string,
    ) => Promise<Partial<ResourceServerOptions>>,
  ): Promise<readonly [Side, Side]>;
  close(): Promise<void>;
}

/** @param urls of two migrated databases of its own */
export const openStage = async (urls: readonly [string, string]): Promise<Stage> => {
  const openSide = async (url: string) => {
    const clock: Clock = { now: 0 };
    const standing = await openClinic(url, { now: () => clock.now, connections: 4 });
    // The first record names the writer of the audit log, by an id that no world may fix.
    await standing.send('/Patient/absent');
    return { clock, standing };
  };
  const sides = [await openSide(urls[0]), await openSide(urls[1])] as const;
  return {
    empty: async (options) => {
      const emptied = async (side: 0 | 1): Promise<Side> => {
        const { clock, standing } = sides[side];
        await emptyOfRecords(standing);
        return {
          clock,
          clinic: openAgain(standing, {
            now: () => clock.now,
            ...(await options(clock, sides[0].standing.backend, standing.backend, urls[side])),
          }),
        };
      };
      return [await emptied(0), await emptied(1)];
    },
    close: async () => {
      for (const { standing } of sides) await standing.close();
    },
  };
};

/** What a connection says of itself, and the time of day. */
const ofTheConnection = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);

/** The same clinic behind a socket, spoken to as from elsewhere. */
export const behindSocket = async (
  clinic: StandingClinic,
): Promise<{ readonly clinic: StandingClinic; close(): Promise<void> }> => {
  const host = '127.0.0.1';
  const { port, close } = await listen({ listen: { host, port: 0 }, trustedProxies: [] }, (request, connection) =>
    clinic.server.fetch(request, connection),
  );
  const send: StandingClinic['send'] = (path, token, init = {}) =>
    new Promise((resolve, reject) => {
      const headers = new Headers(init.headers);
      if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
      const { pathname, search, host: own } = new URL(`${base}${path}`);
      const sent = httpRequest(
        {
          host,
          port,
          method: init.method ?? 'GET',
          path: `${pathname}${search}`,
          setHost: false,
          headers: { ...Object.fromEntries(headers), host: own },
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('error', reject);
          answer.on('end', () => {
            const told = Object.entries(answer.headers).filter(([name]) => !ofTheConnection.has(name));
            const status = answer.statusCode ?? 0;
            const bare = status === 204 || status === 304 || init.method === 'HEAD';
            const body = Buffer.concat(parts);
            resolve(
              new Response(bare ? null : body, {
                status,
                headers: told.map(([name, value]) => [name, String(value)] as [string, string]),
              }),
            );
          });
        },
      );
      sent.on('error', reject);
      sent.end(typeof init.body === 'string' ? init.body : undefined);
    });
  return { clinic: { ...clinic, send }, close: () => close(0) };
};
