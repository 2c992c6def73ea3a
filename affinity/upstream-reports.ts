/** What foreign systems do wrong: a line in the log, a figure, and an alert where somebody has to look at it. FHIR R4 security.html. */
import { type AlertKind, raiseAlert } from '@affinity/store/alerts.ts';
import type pg from 'pg';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export interface UpstreamReport {
  readonly kind: string;
  /** name of the system: never an address */
  readonly source: string;
  /** resource type, parameter or status */
  readonly type?: string;
  readonly detail?: string;
}

/** What somebody has to look at, and what they are told of it. */
const alerts: Readonly<Record<string, readonly [kind: AlertKind, detail: string]>> = {
  'upstream-wrong-patient': [
    'upstream-wrong-answer',
    'Asked for the records of some patients, it gave another patient’s. Nothing of it was shown.',
  ],
  'upstream-wrong-resource': [
    'upstream-wrong-answer',
    'Asked for one resource, it gave another. Nothing of it was shown.',
  ],
  'upstream-overwrote': ['upstream-wrong-answer', 'It wrote over what was there, though it was asked not to.'],
  'upstream-credentials': [
    'upstream-credentials',
    'It does not take our credentials any more, or gives us no token: nobody is served from it until that is put right.',
  ],
};

export interface ReportNeighbours {
  readonly pool: pg.Pool;
  readonly metrics: Metrics;
  readonly now: () => Date;
  readonly log: Log;
}

export const createUpstreamReports =
  ({ pool, metrics, now, log }: ReportNeighbours) =>
  ({ kind, source, type, detail }: UpstreamReport): void => {
    log('upstream', { kind, upstream: source, type, detail });
    metrics.countReport(source, kind);
    const [alert, words] = alerts[kind] ?? [];
    if (alert === undefined) return;
    raiseAlert(pool, { kind: alert, key: source, detail: words ?? '', at: now() }).catch((error: unknown) =>
      log('an alert was not raised', {
        kind,
        upstream: source,
        error: error instanceof Error ? error.name : typeof error,
      }),
    );
  };
export type ReportUpstream = ReturnType<typeof createUpstreamReports>;
