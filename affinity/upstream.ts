/** A foreign system, opened: what it is asked through, how it does, and how it is left. */
import { createRemoteFhir } from '@affinity/gateway/remote-fhir/remote-fhir.ts';
import { openFilesUpstream } from './files-upstream.ts';
import type { Upstream, UpstreamNeighbours } from './opened-upstream.ts';
import { openSqlUpstream } from './sql-upstream.ts';
import { loadUpstreamKey, publicKeys, upstreamKeyUrl } from './upstream-key.ts';
import type { FurtherUpstream, RemoteUpstream } from './upstreams.ts';

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
export const openUpstream = async (upstream: FurtherUpstream, neighbours: UpstreamNeighbours): Promise<Upstream> => {
  switch (upstream.kind) {
    case 'fhir':
      return openRemote(upstream, neighbours);
    case 'sql':
      return openSqlUpstream(upstream, neighbours);
    case 'files':
      return openFilesUpstream(upstream, neighbours);
  }
};
