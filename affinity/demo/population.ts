/** The synthetic population of the demonstration: shared organizations and practitioners, then one record after another. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { addAllergies } from './allergies.ts';
import { dayOf } from './calendar.ts';
import { addCall } from './calls.ts';
import { addCare } from './care.ts';
import { createChart } from './chart.ts';
import { addConditions } from './conditions.ts';
import { addDevice } from './devices.ts';
import { addNotes } from './documents.ts';
import { addEncounters } from './encounters.ts';
import { addExaminations } from './examinations.ts';
import { addCoverage, addRelative } from './family.ts';
import { addImmunizations } from './immunizations.ts';
import { addLiving, livingQuestionnaire } from './living.ts';
import { generateLocations } from './locations.ts';
import { addMedications } from './medications.ts';
import { generateMedications } from './medicines.ts';
import { addLaboratory } from './observations-laboratory.ts';
import { addSocialHistory } from './observations-social-history.ts';
import { addSurveys, generateQuestionnaires } from './observations-survey.ts';
import { addVitalSigns } from './observations-vital-signs.ts';
import { generateOrganizations } from './organizations.ts';
import { addPatient } from './patient.ts';
import { createPerson } from './person.ts';
import { generatePractitioners } from './practitioners.ts';
import { addPrivacyChoice } from './privacy.ts';
import { addProcedures } from './procedures.ts';
import { addProvenance } from './provenance.ts';
import { createRandom } from './random.ts';

export interface PopulationOptions {
  /** An integer; the same seed gives the same people. */
  readonly seed: number;
  /** How many patients. */
  readonly patients: number;
  /** The ISO date on which the records end; the newest events lie shortly before it. */
  readonly today: string;
}

/** The whole record of patient number `number`, counted from 1. Depends on no other patient. */
function writeRecord(number: number, { seed, today }: PopulationOptions): readonly Resource[] {
  const random = createRandom(seed, number);
  const chart = createChart(createPerson(number, random, today), random);
  addPatient(chart);
  const relative = addRelative(chart);
  addCoverage(chart, relative);
  const visits = addEncounters(chart);
  const noted = addConditions(chart, visits);
  addCare(chart, noted, relative);
  addMedications(chart, visits, noted);
  addAllergies(chart);
  addImmunizations(chart);
  addVitalSigns(chart, visits);
  addLaboratory(chart, visits);
  addSocialHistory(chart, visits);
  addSurveys(chart, visits);
  addProcedures(chart, visits, noted);
  addExaminations(chart, visits);
  addDevice(chart);
  addNotes(chart, visits);
  addLiving(chart, visits);
  addCall(chart, noted);
  addProvenance(chart);
  addPrivacyChoice(chart);
  return chart.resources;
}

/**
 * Yields the shared resources and then each patient's, shaped to US Core 6.1.0. A reference always points to a resource
 * yielded before. The same options give the same bytes, and patient k is the same whatever the number of patients.
 * One record at a time is held in memory. Throws a RangeError when `today` is no date.
 */
export function* generatePopulation(options: PopulationOptions): Generator<Resource> {
  dayOf(options.today);
  yield* generateOrganizations();
  yield* generateLocations();
  yield* generatePractitioners();
  yield* generateMedications();
  yield* generateQuestionnaires();
  yield livingQuestionnaire;
  for (let number = 1; number <= options.patients; number += 1) yield* writeRecord(number, options);
}
