/** The practitioners of the demonstration and their roles (US Core 6.1.0 Practitioner, PractitionerRole). */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { metaOf } from './confidentiality.ts';
import { type CodeableConcept, type Reference, referenceTo, snomed, specialty } from './datatypes.ts';
import { type LocationId, locationReference, managingOrganization } from './locations.ts';
import { providerIdentifier } from './provider-identifier.ts';

/** What a practitioner is specialized in, and where such practitioners see people. */
const specialties = {
  family: [specialty('207Q00000X', 'Family Medicine Physician'), 'location-riverside-clinic'],
  internal: [specialty('207R00000X', 'Internal Medicine Physician'), 'location-riverside-clinic'],
  pediatrics: [specialty('208000000X', 'Pediatrics Physician'), 'location-riverside-clinic'],
  nursing: [specialty('163W00000X', 'Registered Nurse'), 'location-riverside-clinic'],
  pharmacy: [specialty('183500000X', 'Pharmacist'), 'location-riverside-clinic'],
  pulmonology: [specialty('207RP1001X', 'Pulmonary Disease Physician'), 'location-hillside-clinic'],
  nephrology: [specialty('207RN0300X', 'Nephrology Physician'), 'location-hillside-clinic'],
  psychiatry: [specialty('2084P0800X', 'Psychiatry Physician'), 'location-hillside-clinic'],
  addiction: [specialty('207RA0401X', 'Addiction Medicine (Internal Medicine) Physician'), 'location-hillside-clinic'],
  infectious: [specialty('207RI0200X', 'Infectious Disease Physician'), 'location-hillside-clinic'],
  obstetrics: [specialty('207V00000X', 'Obstetrics & Gynecology Physician'), 'location-maternity'],
  cardiology: [specialty('207RC0000X', 'Cardiovascular Disease Physician'), 'location-cardiology'],
  emergency: [specialty('207P00000X', 'Emergency Medicine Physician'), 'location-emergency'],
  radiology: [specialty('2085R0202X', 'Diagnostic Radiology Physician'), 'location-radiology'],
} as const satisfies Record<string, readonly [CodeableConcept, LocationId]>;

export type Specialty = keyof typeof specialties;

const staff: readonly (readonly [given: string, family: string, gender: 'female' | 'male', Specialty])[] = [
  ['Daniel', 'Okafor', 'male', 'family'],
  ['Miriam', 'Lindqvist', 'female', 'family'],
  ['Thomas', 'Achterberg', 'male', 'family'],
  ['Priya', 'Raman', 'female', 'internal'],
  ['Samuel', 'Osei', 'male', 'internal'],
  ['Julia', 'Hartwell', 'female', 'pediatrics'],
  ['Marco', 'Bellini', 'male', 'pediatrics'],
  ['Grace', 'Tan', 'female', 'nursing'],
  ['Paul', 'Whitaker', 'male', 'pharmacy'],
  ['Ingrid', 'Solberg', 'female', 'pulmonology'],
  ['Hector', 'Fuentes', 'male', 'nephrology'],
  ['Naomi', 'Adler', 'female', 'psychiatry'],
  ['Victor', 'Petrov', 'male', 'psychiatry'],
  ['Elena', 'Marsh', 'female', 'addiction'],
  ['Kofi', 'Mensah', 'male', 'infectious'],
  ['Sofia', 'Castellano', 'female', 'obstetrics'],
  ['Aaron', 'Feldman', 'male', 'cardiology'],
  ['Yuki', 'Nakamura', 'female', 'emergency'],
  ['Claire', 'Dubois', 'female', 'radiology'],
];

/** A practitioner as the records refer to one. */
export interface Practitioner {
  readonly reference: Reference;
  readonly role: Reference;
  readonly specialty: Specialty;
  readonly location: LocationId;
}

export const practitioners: readonly Practitioner[] = staff.map(([given, family, , speciality]) => {
  const id = family.toLowerCase();
  return {
    reference: referenceTo('Practitioner', `practitioner-${id}`, `Dr. ${given} ${family}`),
    role: referenceTo('PractitionerRole', `role-${id}`),
    specialty: speciality,
    location: specialties[speciality][1],
  };
});

/** The practitioners of a specialty, one of whom is number `turn`, counting round. */
export function practitionerOf(wanted: Specialty, turn = 0): Practitioner {
  const able = practitioners.filter((each) => each.specialty === wanted);
  const found = able[turn % able.length];
  if (!found) throw new RangeError(`nobody practises ${wanted}`);
  return found;
}

/** What a specialty is called. */
export const specialtyConcept = (wanted: Specialty): CodeableConcept => specialties[wanted][0];

/** All practitioners, each followed by their role. */
export function* generatePractitioners(): Generator<Resource> {
  for (const [index, [given, family, gender, speciality]] of staff.entries()) {
    const [concept, location] = specialties[speciality];
    const id = family.toLowerCase();
    const telecom = [
      { system: 'phone', value: `413-555-02${String(index + 10)}`, use: 'work' },
      { system: 'email', value: `${id}@riverside.example`, use: 'work' },
    ];
    yield {
      resourceType: 'Practitioner',
      id: `practitioner-${id}`,
      meta: metaOf('us-core-practitioner'),
      identifier: [providerIdentifier(index + 1)],
      active: true,
      name: [{ use: 'official', family, given: [given], prefix: ['Dr.'] }],
      telecom,
      gender,
      qualification: [{ code: concept }],
    };
    yield {
      resourceType: 'PractitionerRole',
      id: `role-${id}`,
      meta: metaOf('us-core-practitionerrole'),
      active: true,
      practitioner: referenceTo('Practitioner', `practitioner-${id}`, `Dr. ${given} ${family}`),
      organization: managingOrganization(location),
      code: [
        speciality === 'nursing'
          ? snomed('224535009', 'Registered nurse')
          : snomed('158965000', 'Medical practitioner'),
      ],
      specialty: [concept],
      location: [locationReference(location)],
      // One only: constraint pd-1, `telecom or endpoint`, is undefined in FHIRPath for a list of several.
      telecom: telecom.slice(0, 1),
      endpoint: [referenceTo('Endpoint', 'endpoint-direct')],
    };
  }
}
