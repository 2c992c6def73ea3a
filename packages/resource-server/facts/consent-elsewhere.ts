/**
 * A Consent of the home as it holds at a further server: what it names is of the home, and never what happens to have the same
 * id here. Ids that are linked become those of this server; what is not known here is named so that nothing here is meant.
 * FHIR R4 consent.html#Consent.provision; references.html.
 */
import type { PrivacyConsent, Provision } from '@affinity/core/fhir/consent.ts';
import { type LinkedIds, type LinkedType, linkedTypes } from './links.ts';

/** A reference of the home among those of this server: `@` is in no id, so that it is equal to itself alone. */
export const referenceAtHome = (reference: string): string => `${reference}@home`;

type Datum = Provision['data'][number];
const isLinkedType = (type: string): type is LinkedType => linkedTypes.some((one) => one === type);

/** What a Consent names that may be linked, by type. */
export const linkedIn = (consent: PrivacyConsent): Readonly<Record<LinkedType, readonly string[]>> => {
  const data: Datum[] = [];
  const gather = (provision: Provision): void => {
    data.push(...provision.data);
    provision.provisions.forEach(gather);
  };
  gather(consent.provision);
  const ofType = (wanted: LinkedType) => data.flatMap(({ type, id }) => (type === wanted ? [id] : []));
  const patient = consent.patient === undefined ? [] : [consent.patient];
  return { Patient: [...patient, ...ofType('Patient')], Practitioner: ofType('Practitioner') };
};

export const consentElsewhere = (
  consent: PrivacyConsent,
  here: Readonly<Record<LinkedType, LinkedIds>>,
): PrivacyConsent => {
  const linked = (type: string, id: string): string | undefined =>
    isLinkedType(type) ? here[type].get(id) : undefined;

  /** What refers to something of the home, or stems from somebody there, cannot be told here: it is kept back by every deny. */
  const datumHere = ({ meaning, type, id }: Datum): Datum => {
    const known = linked(type, id);
    if (known !== undefined) return { meaning, type, id: known };
    return { meaning: meaning === 'instance' ? meaning : 'untold', type, id: referenceAtHome(id) };
  };

  const provisionHere = (provision: Provision): Provision => ({
    ...provision,
    actors: provision.actors.map(({ reference, ...actor }) =>
      reference === undefined ? actor : { ...actor, reference: referenceAtHome(reference) },
    ),
    data: provision.data.map(datumHere),
    provisions: provision.provisions.map(provisionHere),
  });

  const { patient, provision, ...rest } = consent;
  return {
    ...rest,
    ...(patient === undefined ? {} : { patient: linked('Patient', patient) ?? referenceAtHome(patient) }),
    provision: provisionHere(provision),
  };
};
