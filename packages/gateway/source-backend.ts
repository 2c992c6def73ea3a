/**
 * Any foreign system as a Backend that applies the Filter: everything that it gives is judged here before it is handed
 * out, counted, or led through, so that what comes out needs no second check. FHIR R4 http.html; security.html#access-control.
 */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { type SearchParameters, standardParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { Canonical } from '@affinity/core/fhir/value-match.ts';
import { createCapabilities } from './capabilities.ts';
import { createInteractions } from './interactions.ts';
import { defaultLimits, type GatewayLimits } from './limits.ts';
import { createLocks, type Locks } from './locks.ts';
import type { Report } from './report.ts';
import type { Source } from './source.ts';
import { createTransact } from './transaction.ts';

export interface SourceBackendOptions {
  readonly source: Source;
  /** absolute URLs at which the resources are known to callers */
  readonly ownBases: readonly string[];
  readonly limits?: Partial<GatewayLimits>;
  /** told when the source answers wrongly */
  readonly report?: Report;
  /** how quantities are converted, if they are */
  readonly canonical?: Canonical;
  /** holds the names of a transaction against other processes; this process alone unless told */
  readonly lock?: Locks;
}

export const createSourceBackend = (options: SourceBackendOptions): Backend => {
  const { source, ownBases, report = () => {}, canonical } = options;
  const limits: GatewayLimits = { ...defaultLimits, ...options.limits };
  const parameters = (): SearchParameters => source.parameters ?? standardParameters;
  const capabilities = createCapabilities(source, parameters);
  const around = { source, ownBases, parameters, report, limits, ...(canonical === undefined ? {} : { canonical }) };
  const { interactions, more } = createInteractions({ ...around, inTurn: createLocks() });
  return {
    ...interactions,
    ...more,
    ...createTransact(around, options.lock),
    appliesFilter: true,
    get capabilities() {
      return capabilities();
    },
    get parameters() {
      return parameters();
    },
  };
};
