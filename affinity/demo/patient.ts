/** The patient, those who act for them, and how they are insured (US Core 6.1.0 Patient, RelatedPerson, Coverage). */
import { addYears, instantOf, later } from './calendar.ts';
import { cast } from './cast.ts';
import type { Chart } from './chart.ts';
import { metaOf } from './confidentiality.ts';
import { hl7, type Reference } from './datatypes.ts';
import { organizationReference, payers } from './organizations.ts';
import { ageOn } from './person.ts';

/** The system of the medical record numbers of the demonstration. */
export const MEDICAL_RECORD_NUMBERS = 'https://riverside.example/mrn';

const RACE_AND_ETHNICITY = 'urn:oid:2.16.840.1.113883.6.238';
const EXTENSION = 'http://hl7.org/fhir/us/core/StructureDefinition';

const races = [
  ['2106-3', 'White'],
  ['2106-3', 'White'],
  ['2106-3', 'White'],
  ['2054-5', 'Black or African American'],
  ['2028-9', 'Asian'],
  ['1002-5', 'American Indian or Alaska Native'],
  ['2076-8', 'Native Hawaiian or Other Pacific Islander'],
] as const;
const ethnicities = [
  ['2186-5', 'Not Hispanic or Latino'],
  ['2186-5', 'Not Hispanic or Latino'],
  ['2135-2', 'Hispanic or Latino'],
] as const;
const streets = [
  'Maple Street',
  'Elm Street',
  'River Road',
  'College Street',
  'North Pleasant Street',
  'Bridge Lane',
  'Cherry Court',
] as const;
const cities = [
  ['Amherst', '01002'],
  ['Northampton', '01060'],
  ['Holyoke', '01040'],
  ['Hadley', '01035'],
  ['Springfield', '01103'],
  ['Easthampton', '01027'],
] as const;

/** An extension of race or ethnicity: a category of the Office of Management and Budget, and the words for it. */
const background = (name: 'race' | 'ethnicity', [code, display]: readonly [string, string]) => ({
  url: `${EXTENSION}/us-core-${name}`,
  extension: [
    { url: 'ombCategory', valueCoding: { system: RACE_AND_ETHNICITY, code, display } },
    { url: 'text', valueString: display },
  ],
});

const tribe = {
  url: `${EXTENSION}/us-core-tribal-affiliation`,
  extension: [
    {
      url: 'tribalAffiliation',
      valueCodeableConcept: hl7(
        'v3-TribalEntityUS',
        '187',
        'Paiute-Shoshone Tribe of the Fallon Reservation and Colony, Nevada',
      ),
    },
    { url: 'isEnrolled', valueBoolean: true },
  ],
};

function addressOf(chart: Chart) {
  const [city, postalCode] = chart.random.pick(cities);
  const line = [`${chart.random.integer(2, 180)} ${chart.random.pick(streets)}`];
  return { line, city, state: 'MA', postalCode, country: 'US' };
}

/** Adds the patient. */
function addPatient(chart: Chart): void {
  const { person, random } = chart;
  const race = random.pick(races);
  const woman = person.gender === 'female';
  const grown = ageOn(person, person.end) >= 18;
  const former = grown && random.chance(0.12);
  const moved = addYears(person.end, -random.integer(3, 9));
  const handle = `${person.given}.${person.family}.${person.key}`.toLowerCase();
  chart.add({
    resourceType: 'Patient',
    id: `patient-${person.key}`,
    meta: metaOf('us-core-patient', { level: 'N' }),
    extension: [
      background('race', race),
      background('ethnicity', random.pick(ethnicities)),
      ...(race[0] === '1002-5' ? [tribe] : []),
      { url: `${EXTENSION}/us-core-birthsex`, valueCode: woman ? 'F' : 'M' },
      { url: `${EXTENSION}/us-core-sex`, valueCode: woman ? '248152002' : '248153007' },
    ],
    identifier: [
      {
        use: 'usual',
        type: hl7('v2-0203', 'MR', 'Medical record number'),
        system: MEDICAL_RECORD_NUMBERS,
        value: `MRN-${String(100000 + person.number)}`,
        assigner: organizationReference('organization-riverside'),
      },
    ],
    active: person.deathDate === undefined,
    name: [
      {
        use: 'official',
        family: person.family,
        given: [person.given, random.pick(['A.', 'J.', 'M.', 'R.', 'L.'])],
        ...(grown && !woman && random.chance(0.1) ? { suffix: ['Jr.'] } : {}),
      },
      ...(former
        ? [
            {
              use: 'old',
              family: random.pick(['Hale', 'Marin', 'Berg']),
              given: [person.given],
              period: { end: moved },
            },
          ]
        : []),
    ],
    telecom: [
      { system: 'phone', value: `413-555-${String(1000 + (person.number % 9000))}`, use: 'mobile' },
      ...(grown ? [{ system: 'email', value: `${handle}@example.org`, use: 'home' }] : []),
    ],
    gender: person.gender,
    birthDate: person.birthDate,
    ...(person.deathDate ? { deceasedDateTime: instantOf(person.deathDate, 400) } : {}),
    address: [
      { use: 'home', ...addressOf(chart), period: { start: later(moved, person.birthDate) } },
      ...(former ? [{ use: 'old', ...addressOf(chart), period: { end: moved } }] : []),
    ],
    communication: [
      {
        language: {
          coding: [{ system: 'urn:ietf:bcp:47', code: 'en-US', display: 'English (United States)' }],
          text: 'English',
        },
        preferred: true,
      },
    ],
    generalPractitioner: [chart.primary.reference],
    managingOrganization: organizationReference('organization-riverside'),
  });
}

/** Who acts for somebody: the relative the cast names, else a parent of a child, and a partner of one adult in ten. */
function relativeOf(chart: Chart) {
  const { person, random } = chart;
  const named = cast[person.number - 1]?.relative;
  const kin = named && cast[named.number - 1];
  if (named && kin) return { ...named, ...kin };
  if (cast[person.number - 1]) return undefined;
  const { family } = person;
  if (ageOn(person, person.end) < 18)
    return { slug: 'mother', relationship: ['MTH', 'mother'], given: 'Helen', family, gender: 'female' } as const;
  if (random.chance(0.1))
    return {
      slug: 'partner',
      relationship: ['DOMPART', 'domestic partner'],
      given: 'Robin',
      family,
      gender: 'unknown',
    } as const;
  return undefined;
}

/** Adds the relative who acts for the patient, if there is one. */
function addRelative(chart: Chart): Reference | undefined {
  const relative = relativeOf(chart);
  if (!relative) return undefined;
  return chart.add(
    {
      resourceType: 'RelatedPerson',
      id: chart.id('related', relative.slug),
      meta: metaOf('us-core-relatedperson'),
      active: true,
      patient: chart.subject,
      relationship: [hl7('v3-RoleCode', relative.relationship[0], relative.relationship[1])],
      name: [{ use: 'official', family: relative.family, given: [relative.given] }],
      telecom: [{ system: 'phone', value: `413-555-${String(1000 + (chart.person.number % 9000))}`, use: 'home' }],
      gender: relative.gender,
      address: [{ use: 'home', ...addressOf(chart) }],
    },
    `${relative.given} ${relative.family}`,
  );
}

/** Adds what insures the patient. */
function addCoverage({ person, random, subject, id, add }: Chart, relative: Reference | undefined): void {
  const payer = random.pick(payers);
  const child = ageOn(person, person.end) < 18;
  const member = `M${String(20000000 + person.number)}`;
  add({
    resourceType: 'Coverage',
    id: id('coverage', '1'),
    meta: metaOf('us-core-coverage'),
    identifier: [
      { type: hl7('v2-0203', 'MB', 'Member Number'), system: `https://${payer}.example/members`, value: member },
    ],
    status: person.deathDate ? 'cancelled' : 'active',
    type: hl7('v3-ActCode', 'HMO', 'health maintenance organization policy'),
    ...(child && relative ? { subscriber: relative } : {}),
    subscriberId: member,
    beneficiary: subject,
    relationship: child
      ? hl7('subscriber-relationship', 'child', 'Child')
      : hl7('subscriber-relationship', 'self', 'Self'),
    period: { start: person.start, ...(person.deathDate ? { end: person.deathDate } : {}) },
    payor: [organizationReference(payer)],
    class: [
      { type: hl7('coverage-class', 'group', 'Group'), value: '4410', name: 'Pioneer Valley employers' },
      { type: hl7('coverage-class', 'plan', 'Plan'), value: 'standard', name: 'Standard plan' },
    ],
  });
}

/** Adds the patient, the relative who acts for them, and their coverage; gives the relative. */
export function addPatientAndFamily(chart: Chart): Reference | undefined {
  addPatient(chart);
  const relative = addRelative(chart);
  addCoverage(chart, relative);
  return relative;
}
