/** An existing records system as a FHIR server of the domain: the same guard, its own records, the Consents of the home. RFC 8707. */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { createSourceBackend } from '@affinity/gateway/source-backend.ts';
import type { ResourceServer } from '@affinity/resource-server/resource-server.ts';
import { standaloneCapabilities } from './clinic.ts';
import type { FactsNeighbours } from './clinic-facts.ts';
import { createGuardedServer, type GuardedNeighbours } from './guarded-server.ts';
import { whileKnown } from './known-backend.ts';
import { createLinkedFacts } from './linked-facts.ts';
import type { Upstream } from './opened-upstream.ts';
import { openUpstream } from './upstream.ts';
import type { ReportUpstream } from './upstream-reports.ts';
import type { FurtherServer } from './upstreams.ts';

export interface Further {
  readonly name: string;
  readonly title: string;
  readonly base: string;
  readonly server: ResourceServer;
  /** its records, as the gateway gives them */
  readonly backend: Backend;
  readonly upstream: Upstream;
}

export interface FurtherNeighbours extends GuardedNeighbours, Pick<FactsNeighbours, 'consents' | 'people'> {
  /** the server that keeps the Consents */
  readonly home: { readonly base: string; readonly backend: Backend };
  readonly report: ReportUpstream;
}

export const furtherBase = (origin: string, { path }: Pick<FurtherServer, 'path'>): string => `${origin}${path}`;

export const createFurtherServer = async (declared: FurtherServer, neighbours: FurtherNeighbours): Promise<Further> => {
  const { config, pool, home, people, consents, registry, report, now, log } = neighbours;
  const { name, title, gateway } = declared;
  const base = furtherBase(config.origin, declared);
  const upstream = await openUpstream(declared.upstream, {
    name,
    origin: config.origin,
    publicBase: base,
    pool,
    report,
  });
  const asked = createSourceBackend({ source: upstream.source, ownBases: [base], limits: gateway, report });
  const backend = whileKnown(asked, upstream.state);
  const facts = createLinkedFacts({ config, base, pool, backend, consents, people, registry, now, log, home });
  const server = await createGuardedServer(neighbours, {
    name,
    base,
    backend,
    facts,
    isIntermediary: true,
    knowsPersons: true,
    smartCapabilities: standaloneCapabilities,
  });
  return { name, title, base, server, backend, upstream };
};
