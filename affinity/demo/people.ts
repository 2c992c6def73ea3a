/** The sample people who can sign in to the demonstration domain. Their passwords are public and stand only there. */

export type Relation = 'self' | 'child' | 'parent';

/** A record that somebody may act for. */
export interface ActsFor {
  /** The id of the Patient resource. */
  readonly patient: string;
  /** What the patient is to the person who signs in. */
  readonly relation: Relation;
  /** The RelatedPerson resource that says so; absent for a person's own record. */
  readonly relatedPerson?: string;
}

export interface SamplePerson {
  readonly kind: 'patient' | 'practitioner' | 'administrator';
  readonly username: string;
  readonly password: string;
  readonly name: string;
  /** The resource that is this person, as the `fhirUser` claim has it, relative to the FHIR base; administrators have none. */
  readonly fhirUser?: string;
  /** What makes them worth a look, for the front page. */
  readonly about: string;
  /** The records this person may act for by kinship; staff have none. */
  readonly patients: readonly ActsFor[];
  /** may declare an emergency */
  readonly emergency?: true;
  /** may use the pages of administrators, and read the whole audit log */
  readonly administrator?: true;
  /** may decide whether two records are one person's */
  readonly steward?: true;
}

export const samplePeople: readonly SamplePerson[] = [
  {
    kind: 'patient',
    username: 'ana',
    about: 'Her own record: diabetes, high blood pressure, some entries marked confidential',
    password: 'ana-demo-2026',
    name: 'Ana Ribeiro',
    fhirUser: 'Patient/patient-0001',
    patients: [{ patient: 'patient-0001', relation: 'self' }],
  },
  {
    kind: 'patient',
    username: 'ben',
    about: 'His own record: depression, entries marked confidential',
    password: 'ben-demo-2026',
    name: 'Ben Whitfield',
    fhirUser: 'Patient/patient-0002',
    patients: [{ patient: 'patient-0002', relation: 'self' }],
  },
  {
    kind: 'patient',
    username: 'carla',
    about: 'Her own record and her son Leo’s: she chooses',
    password: 'carla-demo-2026',
    name: 'Carla Novak',
    fhirUser: 'Patient/patient-0003',
    patients: [
      { patient: 'patient-0003', relation: 'self' },
      { patient: 'patient-0004', relation: 'child', relatedPerson: 'related-0004-mother' },
    ],
  },
  {
    kind: 'patient',
    username: 'emil',
    about: 'His own record and his mother Rosa’s',
    password: 'emil-demo-2026',
    name: 'Emil Haas',
    fhirUser: 'Patient/patient-0005',
    patients: [
      { patient: 'patient-0005', relation: 'self' },
      { patient: 'patient-0006', relation: 'parent', relatedPerson: 'related-0006-son' },
    ],
  },
  {
    kind: 'practitioner',
    username: 'okafor',
    about: 'Cares for Ana, Ben and Carla; for Rosa only in an emergency, which he may declare',
    password: 'okafor-demo-2026',
    name: 'Dr. Daniel Okafor',
    fhirUser: 'Practitioner/practitioner-okafor',
    patients: [],
    emergency: true,
  },
  {
    kind: 'administrator',
    username: 'petra',
    about: 'Runs the place: sees at /admin who may see what, and why, and no record at all',
    password: 'petra-demo-2026',
    name: 'Petra Lindholm',
    patients: [],
    administrator: true,
  },
  {
    kind: 'administrator',
    username: 'stella',
    about: 'Decides at /steward whether two records are one person’s; opens no record with an app',
    password: 'stella-demo-2026',
    name: 'Stella Brandt',
    patients: [],
    steward: true,
  },
];
