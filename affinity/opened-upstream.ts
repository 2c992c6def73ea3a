/** What a foreign system is to the domain once it is open. FHIR R4 http.html. */
import type { Source } from '@affinity/gateway/source.ts';
import type { JSONWebKeySet } from 'jose';
import type pg from 'pg';
import type { ReportUpstream } from './upstream-reports.ts';

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
