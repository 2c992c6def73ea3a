/**
 * The Consents that decisions are made by: remembered until the feed of changes says otherwise, and not used when the feed
 * cannot be relied on. IHE PCF; FHIR R4 consent.html.
 */
import { isGrantConsentId } from '@affinity/core/fhir/consent.ts';
import type { ConsentFeed } from '@affinity/core/fhir/consent-feed.ts';
import type { PatientConsents } from '@affinity/policy/facts.ts';
import { type ConsentReading, consentsOf, consentsOfEverybody } from './consent-reading.ts';
import { createEverybody } from './everybody.ts';
import { createKept } from './kept.ts';
import { FactsUnavailable } from './unavailable.ts';

export interface ConsentLimits {
  /** patients whose Consents are remembered */
  readonly rememberedPatients: number;
  /** active Consents of one patient, and of all together */
  readonly consentsOfPatient: number;
  readonly consentsMost: number;
}

export interface ConsentSourceOptions extends ConsentReading {
  readonly feed: ConsentFeed;
  readonly limits: ConsentLimits;
  /** epoch milliseconds */
  readonly now: () => number;
}

export interface ConsentSource {
  /** Patients without any are left out. */
  of(patients: readonly string[]): Promise<ReadonlyMap<string, PatientConsents>>;
  ofEverybody(): Promise<ReadonlyMap<string, PatientConsents>>;
}

/** Patients whose Consents are asked for in one search. */
const atOnce = 100;

const without: PatientConsents = { consents: [], faulty: false };

export const demandFresh = (feed: ConsentFeed): void => {
  if (!feed.isFresh()) throw new FactsUnavailable('the feed of Consents is not fresh');
};

/** Both ways of asking throw FactsUnavailable when the feed is not fresh. */
export const createConsentSource = ({ feed, limits, now, ...reading }: ConsentSourceOptions): ConsentSource => {
  const kept = createKept<PatientConsents>({
    most: limits.rememberedPatients,
    atOnce,
    load: async (patients) => {
      const found = await consentsOf(patients, limits.consentsOfPatient, reading);
      return new Map(patients.map((patient) => [patient, found.get(patient) ?? without]));
    },
  });
  const everybody = createEverybody({
    scan: () => consentsOfEverybody(limits.consentsMost, reading),
    of: kept.of,
    now,
  });
  feed.onChange((change) => {
    if (change.kind === 'consent' && isGrantConsentId(change.id)) return;
    // Whose it was is not known where it is not said: then it may have been anybody's.
    if (change.kind === 'everything' || change.patient === undefined) {
      kept.forgetAll();
      everybody.forgetAll();
    } else {
      kept.forget(change.patient);
      everybody.forget(change.patient);
    }
  });

  const ofThose = async (patients: readonly string[]): Promise<ReadonlyMap<string, PatientConsents>> => {
    const all = await everybody.all();
    return new Map(patients.map((patient) => [patient, all.get(patient) ?? without]));
  };

  return {
    of: async (patients) => {
      demandFresh(feed);
      // More than are remembered would be read again for each request.
      const found = patients.length > limits.rememberedPatients ? await ofThose(patients) : await kept.of(patients);
      return new Map([...found].filter(([, { consents, faulty }]) => faulty || consents.length > 0));
    },
    ofEverybody: async () => {
      demandFresh(feed);
      return everybody.all();
    },
  };
};
