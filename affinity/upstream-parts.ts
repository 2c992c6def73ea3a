/** The further servers of the running domain: which of them answers, how their systems do, and how they are left. */
import type { Further } from './further-server.ts';
import type { Fetch } from './http-server.ts';
import type { Metrics } from './metrics.ts';
import { upstreamKeysPath } from './upstream-key.ts';

export const under = (path: string, mount: string): boolean => path === mount || path.startsWith(`${mount}/`);

export const followUpstreams = (further: readonly Further[], metrics: Metrics) => {
  for (const { name, upstream } of further) {
    metrics.follow(name, () => ({ isUp: upstream.state() === 'up', counts: upstream.counts() }));
  }
  return {
    /** Undefined: the path is of none of them. */
    fetch: (path: string): readonly [part: string, answer: Fetch] | undefined => {
      for (const { name, server, upstream } of further) {
        const [mount, metadataPath] = server.paths;
        if (under(path, mount) || path === metadataPath) return [name, server.fetch];
        const { keys } = upstream;
        if (path === `${upstreamKeysPath}/${name}` && keys !== undefined) {
          return [name, async () => Response.json(keys, { headers: { 'cache-control': 'public, max-age=300' } })];
        }
      }
      return undefined;
    },
    /** by name, for the health of the domain: never an address */
    states: () => Object.fromEntries(further.map(({ name, upstream }) => [name, upstream.state()])),
    close: async () => {
      await Promise.all(further.map(({ upstream }) => upstream.close()));
    },
  };
};
