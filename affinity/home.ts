/** The server that keeps the Consents: the store itself, or the existing server that the domain is put in front of. */
import { createSourceBackend } from '@affinity/gateway/source-backend.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import type pg from 'pg';
import type { Config } from './config.ts';
import { recall } from './demo/begun.ts';
import type { HomeBackend } from './home-backend.ts';
import { whileKnown } from './known-backend.ts';
import type { Upstream, UpstreamNeighbours } from './opened-upstream.ts';
import { createProtectedBackend, withoutOwnTypes } from './protected-backend.ts';
import { openUpstream } from './upstream.ts';

export const protectedName = 'protected';

export interface Home {
  readonly backend: HomeBackend;
  /** absent: the records are the domain's own */
  readonly upstream?: Upstream;
}

const fact = 'protects-a-server';

/** Whether the records of this domain are those of an existing server. */
export const isInFrontOfServer = async (pool: pg.Pool): Promise<boolean> =>
  (await pool.query('select from domain_fact where name = $1', [fact])).rows.length > 0;

/**
 * The two never share a database: the passwords of the sample people are known to everybody.
 * @throws Error in plain words
 */
const keepApart = async (pool: pg.Pool, { protect, demonstration }: Config): Promise<void> => {
  const isDemonstration = (await recall(pool, 'demonstration-begun')) !== undefined;
  if (protect !== undefined && isDemonstration)
    throw new Error(
      'This database holds a demonstration, with people whose passwords are known to everybody. Choose another place with --data DIRECTORY or AFFINITY_DATA.',
    );
  if (protect !== undefined)
    await pool.query(`insert into domain_fact (name, value) values ($1, 'true') on conflict do nothing`, [fact]);
  if (demonstration !== undefined && (await isInFrontOfServer(pool)))
    throw new Error(
      'This database belongs to a domain in front of an existing server. Start it with npx affinity protect URL, or choose another place for a demonstration with AFFINITY_DATA.',
    );
};

export const openHome = async (
  store: StoreBackend,
  config: Config,
  base: string,
  { pool, report }: Pick<UpstreamNeighbours, 'pool' | 'report'>,
): Promise<Home> => {
  await keepApart(pool, config);
  const { protect, origin } = config;
  if (protect === undefined) return { backend: store };
  const upstream = await openUpstream(protect.upstream, {
    name: protectedName,
    origin,
    publicBase: base,
    pool,
    report,
  });
  const source = withoutOwnTypes(upstream.source);
  const asked = createSourceBackend({ source, ownBases: [base], limits: protect.gateway, report });
  const far = whileKnown(asked, upstream.state);
  return { backend: createProtectedBackend(store, far), upstream };
};
