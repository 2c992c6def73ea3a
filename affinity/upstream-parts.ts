/** The further servers of the running domain: which of them answers, how their systems do, and how they are left. */
import type { Further } from './further-server.ts';
import { protectedName } from './home.ts';
import type { Fetch } from './http-server.ts';
import type { Metrics } from './metrics.ts';
import type { Upstream } from './opened-upstream.ts';
import { upstreamKeysPath } from './upstream-key.ts';

export const under = (path: string, mount: string): boolean => path === mount || path.startsWith(`${mount}/`);

/** @param ofHome where the home is itself an existing server */
export const followUpstreams = (further: readonly Further[], ofHome: Upstream | undefined, metrics: Metrics) => {
  const all: readonly { readonly name: string; readonly upstream: Upstream }[] = [
    ...(ofHome === undefined ? [] : [{ name: protectedName, upstream: ofHome }]),
    ...further,
  ];
  for (const { name, upstream } of all) {
    metrics.follow(name, () => ({ isUp: upstream.state() === 'up', counts: upstream.counts() }));
  }
  return {
    /** Undefined: the path is of none of them. */
    fetch: (path: string): readonly [part: string, answer: Fetch] | undefined => {
      for (const { name, server } of further) {
        const [mount, metadataPath] = server.paths;
        if (under(path, mount) || path === metadataPath) return [name, server.fetch];
      }
      const { name, upstream } = all.find((one) => path === `${upstreamKeysPath}/${one.name}`) ?? {};
      const keys = upstream?.keys;
      return name === undefined || keys === undefined
        ? undefined
        : [name, async () => Response.json(keys, { headers: { 'cache-control': 'public, max-age=300' } })];
    },
    /** by name, for the health of the domain: never an address */
    states: () => Object.fromEntries(all.map(({ name, upstream }) => [name, upstream.state()])),
    close: async () => {
      await Promise.all(all.map(({ upstream }) => upstream.close()));
    },
  };
};
