/** What a grant says at this moment: the Consent that it is, remembered until the feed says that it has changed. FHIR R4 consent.html. */
import { grantConsentId, isGrantConsentId, type PrivacyConsent } from '@affinity/core/fhir/consent.ts';
import type { ConsentFeed } from '@affinity/core/fhir/consent-feed.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import { type ConsentReading, readConsent } from './consent-reading.ts';
import { demandFresh } from './consents.ts';
import { createKept } from './kept.ts';

export interface GrantSourceOptions extends ConsentReading {
  readonly feed: ConsentFeed;
  /** grants that are remembered */
  readonly remembered: number;
}

/** Undefined where there is none that is in force and can be understood. */
export type GrantSource = (grant: string) => Promise<PrivacyConsent | undefined>;

interface Stands {
  readonly consent?: PrivacyConsent;
}

/** @throws FactsUnavailable when the feed is not fresh */
export const createGrantSource = ({ feed, remembered, ...reading }: GrantSourceOptions): GrantSource => {
  const { backend } = reading;
  const load = async (id: string): Promise<Stands> => {
    const result = await backend.read({ type: 'Consent', id }, everything);
    const read = result.kind === 'found' ? readConsent(result.version, reading) : undefined;
    return read?.kind === 'consent' ? { consent: read.consent } : {};
  };
  const kept = createKept<Stands>({
    most: remembered,
    atOnce: 1,
    load: async (ids) => new Map(await Promise.all(ids.map(async (id) => [id, await load(id)] as const))),
  });
  feed.onChange((change) => {
    if (change.kind === 'everything') kept.forgetAll();
    else if (isGrantConsentId(change.id)) kept.forget(change.id);
  });
  return async (grant) => {
    demandFresh(feed);
    const id = grantConsentId(grant);
    return (await kept.of([id])).get(id)?.consent;
  };
};
