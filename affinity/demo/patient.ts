/** The patient (US Core 6.1.0 Patient). */
import { addYears, instantOf, later } from './calendar.ts';
import type { Chart } from './chart.ts';
import { metaOf } from './confidentiality.ts';
import { hl7 } from './datatypes.ts';
import { addressOf, background, EXTENSION, ethnicities, races, tribe } from './demographics.ts';
import { organizationReference } from './organizations.ts';
import { ageOn } from './person.ts';

/** The system of the medical record numbers of the demonstration. */
export const MEDICAL_RECORD_NUMBERS = 'https://riverside.example/mrn';

/** Adds the patient. */
export function addPatient(chart: Chart): void {
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
