/** The apps of the domain: those that were declared, its own pages, and the samples of the demonstration. RFC 7591 §2. */
import { randomBytes } from 'node:crypto';
import { administrationClient } from './administration.ts';
import type { Config } from './config.ts';
import { vitalsClient } from './demo/vitals.ts';
import { ehrClient } from './ehr.ts';

/** Shared inside one process only, so they are made anew at each start and kept nowhere. */
export interface OwnSecrets {
  readonly administration: string;
  readonly ehr: string;
  readonly vitals: string;
}

const fresh = (): string => randomBytes(32).toString('base64url');
export const makeOwnSecrets = (): OwnSecrets => ({ administration: fresh(), ehr: fresh(), vitals: fresh() });

export const domainClients = (
  { origin, sampleApp, file }: Config,
  secrets: OwnSecrets = makeOwnSecrets(),
): readonly { readonly client_id?: unknown }[] => [
  ...file.clients,
  administrationClient(origin, secrets.administration),
  ...(file.ehr.pages ? [ehrClient(origin, secrets.ehr)] : []),
  ...(sampleApp ? [vitalsClient(origin, secrets.vitals)] : []),
];
