/** What the registry's pages are given: the registry as anybody without a token finds it, and its packages. */
import type { Registry } from '@affinity/portal/registry/registry-pages.ts';
import type { Config } from './config.ts';
import type { Fetch } from './http-server.ts';
import type { OpenedRegistry } from './opened-registry.ts';

/** @param answer of this process, whatever stands before it. Where nobody reads without a token, there are no pages. */
export const registryPagesOf = (
  { config, definitions }: { readonly config: Config; readonly definitions?: OpenedRegistry },
  answer: Fetch,
): { readonly registry?: Registry } => {
  if (definitions === undefined || !config.file.registry.anonymous) return {};
  const { base, packages } = definitions;
  const headers = { Accept: 'application/fhir+json' };
  return {
    registry: {
      base,
      // With the address of the browser, so that it is counted with what else comes from there.
      ask: (path, connection) => answer(new Request(`${base}${path}`, { headers }), connection),
      packages: () => packages.list(),
    },
  };
};
