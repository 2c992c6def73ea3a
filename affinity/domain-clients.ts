/** The apps of the domain: those that were declared, its own pages, and the samples of the demonstration. RFC 7591 §2. */
import { randomBytes } from 'node:crypto';
import { administrationClient } from './administration.ts';
import type { Config } from './config.ts';
import { vitalsClient } from './demo/vitals.ts';
import { ehrClient } from './ehr.ts';
import { locatorClient } from './gathering.ts';
import { heldAt } from './held-at.ts';
import { locatorService } from './locator.ts';
import { locatorOf } from './locator-address.ts';
import { sharedBase } from './shared-server.ts';
import { stewardClient } from './steward.ts';

/** Shared inside one process only, so they are made anew at each start and kept nowhere. */
export interface OwnSecrets {
  readonly administration: string;
  readonly ehr: string;
  readonly steward: string;
  readonly vitals: string;
  readonly locator: string;
}

const fresh = (): string => randomBytes(32).toString('base64url');
export const makeOwnSecrets = (): OwnSecrets => ({
  administration: fresh(),
  ehr: fresh(),
  steward: fresh(),
  vitals: fresh(),
  locator: fresh(),
});

export const domainClients = (
  config: Config,
  secrets: OwnSecrets = makeOwnSecrets(),
): readonly { readonly client_id?: unknown }[] => {
  const { origin, sampleApp, file } = config;
  const held = heldAt(config).map(({ base }) => base);
  return [
    ...file.clients,
    administrationClient(origin, secrets.administration),
    ...(file.services.identity ? [stewardClient(origin, secrets.steward)] : []),
    ...(file.ehr.pages ? [ehrClient(origin, secrets.ehr, locatorOf(config))] : []),
    ...(sampleApp ? [vitalsClient(origin, secrets.vitals)] : []),
    ...(file.services.locator ? [locatorClient(sharedBase(origin, locatorService), held, secrets.locator)] : []),
  ];
};
