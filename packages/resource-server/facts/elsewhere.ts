/**
 * The facts of decisions at a further server of the domain: its own records say who is cared for there; the home says what was
 * consented to, what a grant is, and for whom somebody may act. Ids of the two are never compared, only linked. IHE PCF; IHE PIXm.
 */
import type { PrivacyConsent } from '@affinity/core/fhir/consent.ts';
import type { PatientConsents, ServiceFacts } from '@affinity/policy/facts.ts';
import { consentElsewhere, linkedIn, referenceAtHome } from './consent-elsewhere.ts';
import type { ConsentSource } from './consents.ts';
import type { GrantSource } from './grants.ts';
import type { Links } from './links.ts';
import type { People, UserFacts, UserSource } from './user.ts';

/** Worked out once for each value, until a link is made or taken back. */
const remembering = <From extends object, Value>(links: Links, work: (from: From) => Promise<Value>) => {
  const known = new WeakMap<From, { readonly generation: number; readonly value: Value }>();
  return async (from: From): Promise<Value> => {
    const before = known.get(from);
    const generation = links.generation();
    if (before?.generation === generation) return before.value;
    const value = await work(from);
    known.set(from, { generation, value });
    return value;
  };
};

const createTranslation = (links: Links) =>
  remembering(links, async (consent: PrivacyConsent): Promise<PrivacyConsent> => {
    const named = linkedIn(consent);
    const [Patient, Practitioner] = await Promise.all([
      links.here('Patient', named.Patient),
      links.here('Practitioner', named.Practitioner),
    ]);
    return consentElsewhere(consent, { Patient, Practitioner });
  });

/** Of each of these, the other records here of the same person. */
export type Alike = (here: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>;

const both = (one: PatientConsents | undefined, other: PatientConsents): PatientConsents =>
  one === undefined ? other : { consents: [...one.consents, ...other.consents], faulty: one.faulty || other.faulty };

/** @param alike where one server has several records of a person: what is said of one of them binds all */
export const consentsElsewhere = (
  atHome: ConsentSource,
  links: Links,
  alike: Alike = async () => new Map(),
): ConsentSource => {
  const translate = createTranslation(links);
  const ofOne = remembering(
    links,
    async ({ consents, faulty }: PatientConsents): Promise<PatientConsents> => ({
      consents: await Promise.all(consents.map(translate)),
      faulty,
    }),
  );
  const ofAll = remembering(links, async (all: ReadonlyMap<string, PatientConsents>) => {
    const here = await links.here('Patient', [...all.keys()]);
    const others = await alike([...here.values()]);
    const found = new Map<string, PatientConsents>();
    for (const [home, its] of all) {
      const patient = here.get(home);
      if (patient === undefined) continue;
      for (const one of [patient, ...(others.get(patient) ?? [])])
        found.set(one, both(found.get(one), await ofOne(its)));
    }
    return found;
  });
  return {
    of: async (patients) => {
      const others = await alike(patients);
      const linked = await links.home('Patient', [...new Set([...patients, ...[...others.values()].flat()])]);
      const all = await atHome.of([...new Set(linked.values())]);
      const found = new Map<string, PatientConsents>();
      for (const patient of patients)
        for (const one of [patient, ...(others.get(patient) ?? [])]) {
          const its = all.get(linked.get(one) ?? '');
          if (its !== undefined) found.set(patient, both(found.get(patient), await ofOne(its)));
        }
      return found;
    },
    ofEverybody: async () => ofAll(await atHome.ofEverybody()),
  };
};

/** The grant for a patient who is not known here is one for nobody here. */
export const grantsElsewhere = (atHome: GrantSource, links: Links): GrantSource => {
  const translate = createTranslation(links);
  return async (grant) => {
    const consent = await atHome(grant);
    return consent === undefined ? undefined : translate(consent);
  };
};

/** Of whom the home knows that they may act for them, as far as they are known here. */
const patientsHere = async (links: Links, atHome: readonly string[]): Promise<readonly string[]> => [
  ...new Set((await links.here('Patient', atHome)).values()),
];

/** @param identityOf the reference by which this server knows the user: absolute, of the home where it does not */
export const peopleElsewhere = (
  people: People,
  atHome: UserSource,
  identityOf: (user: string) => Promise<string | undefined>,
  links: Links,
): People => ({
  ...people,
  find: async (user) => {
    // Who may not work at home, or is not known any more, is nobody here either.
    const known = await atHome(user, undefined);
    if (known === undefined) return undefined;
    const fhirUser = await identityOf(user);
    const patientsOf = await patientsHere(links, known.patientsOf);
    return { patientsOf, ...(fhirUser === undefined ? {} : { fhirUser }) };
  },
});

/** Somebody is who they are here, and for the Consents who they are at home. */
export const usersElsewhere = (here: UserSource, atHome: UserSource): UserSource => {
  const known = new WeakMap<UserFacts, { readonly home: UserFacts; readonly both: UserFacts }>();
  return async (user, claimed) => {
    const [own, home] = await Promise.all([here(user, claimed), atHome(user, undefined)]);
    if (own === undefined || home === undefined) return undefined;
    const before = known.get(own);
    if (before?.home === home) return before.both;
    const both = { ...own, actors: [...own.actors, ...home.actors.map(referenceAtHome)] };
    known.set(own, { home, both });
    return both;
  };
};

/** The policy of a service names what the home holds. */
export const serviceElsewhere = async ({ records, ...rest }: ServiceFacts, links: Links): Promise<ServiceFacts> => ({
  ...rest,
  records: records === 'all' ? records : await patientsHere(links, records),
});
