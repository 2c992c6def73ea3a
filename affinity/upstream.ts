/** A foreign system, opened: what it is asked through, how it does, and how it is left. */
import { createRemoteFhir } from '@affinity/gateway/remote-fhir/remote-fhir.ts';
import type { Source } from '@affinity/gateway/source.ts';
import type { JSONWebKeySet } from 'jose';
import type pg from 'pg';
import { openSqlUpstream } from './sql-upstream.ts';
import { loadUpstreamKey, publicKeys, upstreamKeyUrl } from './upstream-key.ts';
import type { ReportUpstream } from './upstream-reports.ts';
import type { RemoteUpstream, SqlUpstream } from './upstreams.ts';

export type UpstreamState = 'up' | 'down' | 'unknown';

export interface Upstream {
  readonly source: Source;
  readonly state: () => UpstreamState;
  /** since the start, by name */
  readonly counts: () => Readonly<Record<string, number>>;
  /** where it knows us by a key of our own */
  readonly keys?: JSONWebKeySet;
  close(): Promise<void>;
}

export interface UpstreamNeighbours {
  /** for the log, the metrics and alerts */
  readonly name: string;
  readonly origin: string;
  /** our base, under which its resources are handed out */
  readonly publicBase: string;
  readonly pool: pg.Pool;
  readonly report: ReportUpstream;
}

const openRemote = async (
  { credentials, kind: _, ...remote }: RemoteUpstream,
  { name, origin, publicBase, pool, report }: UpstreamNeighbours,
): Promise<Upstream> => {
  const key = credentials.kind === 'own-key' ? await loadUpstreamKey(pool, name) : undefined;
  const source = await createRemoteFhir({
    ...remote,
    name,
    publicBase,
    credentials:
      credentials.kind === 'own-key' && key !== undefined
        ? { ...credentials, kind: 'backend-services', key: { ...key, jwksUrl: upstreamKeyUrl(origin, name) } }
        : credentials.kind === 'own-key'
          ? { kind: 'none' }
          : credentials,
    report,
  });
  return {
    source,
    state: () => source.health().state,
    counts: () => source.counts(),
    ...(key === undefined ? {} : { keys: publicKeys(key) }),
    close: () => source.close(),
  };
};

/** @throws Error in plain words when it cannot be used as it was declared */
export const openUpstream = (
  upstream: RemoteUpstream | SqlUpstream,
  neighbours: UpstreamNeighbours,
): Promise<Upstream> =>
  upstream.kind === 'fhir' ? openRemote(upstream, neighbours) : openSqlUpstream(upstream, neighbours);
