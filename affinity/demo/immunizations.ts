/** Vaccinations (US Core 6.1.0 Immunization): the early ones of childhood, influenza each autumn, and those of older age. */
import { addYears, instantOf, weekday } from './calendar.ts';
import type { Chart } from './chart.ts';
import { metaOf } from './confidentiality.ts';
import { absent, type CodeableConcept, cvx, hl7 } from './datatypes.ts';
import { locationReference } from './locations.ts';
import { ageOn } from './person.ts';
import { practitionerOf } from './practitioners.ts';

const influenza = cvx('150', 'influenza, injectable, quadrivalent, preservative free');

/** Vaccines by the ages, in years, at which they are given. */
const schedule: readonly (readonly [CodeableConcept, readonly number[]])[] = [
  [cvx('08', 'Hep B, adolescent or pediatric'), [0.03, 0.17, 0.5]],
  [cvx('119', 'rotavirus, monovalent'), [0.17, 0.33]],
  [cvx('20', 'DTaP'), [0.17, 0.33, 0.5, 1.25, 5]],
  [cvx('10', 'IPV'), [0.17, 0.33, 1.25, 5]],
  [cvx('133', 'Pneumococcal conjugate PCV 13'), [0.17, 0.33, 0.5, 1]],
  [cvx('03', 'MMR'), [1, 5]],
  [cvx('21', 'varicella'), [1, 5]],
  [cvx('115', 'Tdap'), [11, 31, 41, 51]],
  [cvx('165', 'HPV9'), [11, 12]],
  [cvx('187', 'zoster recombinant'), [52, 52.4]],
  [cvx('33', 'pneumococcal polysaccharide PPV23'), [66]],
];

/** The days in the record on which a vaccine was due. */
function* dueDates({ person }: Chart): Generator<readonly [string, CodeableConcept]> {
  for (const [vaccine, ages] of schedule) for (const age of ages) yield [addYears(person.birthDate, age), vaccine];
  for (let year = Number(person.start.slice(0, 4)); year <= Number(person.end.slice(0, 4)); year += 1)
    if (ageOn(person, `${year}-10-10`) > 0.5) yield [`${year}-10-10`, influenza];
}

/** Adds the vaccinations, and now and then one that was refused. */
export function addImmunizations(chart: Chart): void {
  const { person, random } = chart;
  for (const [due, vaccineCode] of dueDates(chart)) {
    const date = weekday(due);
    if (date < person.start || date >= person.end || (vaccineCode === influenza && random.chance(0.4))) continue;
    const refused = random.chance(0.02);
    chart.add({
      resourceType: 'Immunization',
      id: chart.id('immunization', date),
      meta: metaOf('us-core-immunization'),
      status: refused ? 'not-done' : 'completed',
      ...(refused ? { statusReason: hl7('v3-ActReason', 'PATOBJ', 'patient objection') } : {}),
      vaccineCode,
      patient: chart.subject,
      occurrenceDateTime: instantOf(date, 600 + random.integer(0, 300)),
      primarySource: true,
      location: locationReference('location-riverside-clinic'),
      ...(refused ? {} : { performer: [{ actor: practitionerOf('nursing').reference }] }),
    });
  }
  if (ageOn(person, person.start) > 18 && person.number % 5 === 1) addRemembered(chart);
}

/** Adds a vaccination of childhood that the patient remembers, but not when it was. */
function addRemembered(chart: Chart): void {
  chart.add({
    resourceType: 'Immunization',
    id: chart.id('immunization', 'childhood'),
    meta: metaOf('us-core-immunization'),
    status: 'completed',
    vaccineCode: cvx('03', 'MMR'),
    patient: chart.subject,
    _occurrenceDateTime: absent,
    primarySource: false,
    reportOrigin: hl7('immunization-origin', 'recall', 'Parent/Guardian/Patient Recall'),
  });
}
