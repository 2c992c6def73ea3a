/** Medicines, and how a prescription names them and says how they are taken (US Core 6.1.0 Medication; R4 Dosage). */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { metaOf } from './confidentiality.ts';
import { type CodeableConcept, quantity, referenceTo, rxnorm } from './datatypes.ts';
import type { Treatment } from './stories/story.ts';

/** What people call the units of a dose, by their UCUM annotation. */
export const units: Readonly<Record<string, string>> = { '{tbl}': 'tablet', '{actuat}': 'puff' };

/** The medicines that some prescriptions refer to instead of naming them. None is of a confidential story. */
const listed = [
  rxnorm('314076', 'lisinopril 10 MG Oral Tablet'),
  rxnorm('861007', 'metformin hydrochloride 500 MG Oral Tablet'),
  rxnorm('310325', 'ferrous sulfate 325 MG Oral Tablet'),
];

const codeOf = (medicine: CodeableConcept): string => medicine.coding[0]?.code ?? '';

/** The shared Medication resources. */
export function* generateMedications(): Generator<Resource> {
  for (const code of listed)
    yield {
      resourceType: 'Medication',
      id: `medication-${codeOf(code)}`,
      meta: metaOf('us-core-medication'),
      code,
      status: 'active',
    };
}

/** How a medicine is given: by reference for every other person, where it is listed, else by name. */
export function medicationOf(medicine: CodeableConcept, number: number) {
  const byReference = number % 2 === 0 && listed.some((each) => codeOf(each) === codeOf(medicine));
  return byReference
    ? { medicationReference: referenceTo('Medication', `medication-${codeOf(medicine)}`, medicine.text) }
    : { medicationCodeableConcept: medicine };
}

/** The dosage of a treatment that begins on a date. */
export function dosageOf(treatment: Treatment, start: string) {
  const unit = units[treatment.unit] ?? treatment.unit;
  const text = `${treatment.dose} ${unit}${treatment.dose > 1 ? 's' : ''}, ${treatment.asNeeded ? 'up to ' : ''}${treatment.timesADay} time${treatment.timesADay > 1 ? 's' : ''} a day`;
  return [
    {
      text: treatment.asNeeded ? `${text}, when needed` : text,
      timing: { repeat: { boundsPeriod: { start }, frequency: treatment.timesADay, period: 1, periodUnit: 'd' } },
      ...(treatment.asNeeded ? { asNeededBoolean: true } : {}),
      doseAndRate: [{ doseQuantity: quantity(treatment.dose, treatment.unit, unit) }],
    },
  ];
}
