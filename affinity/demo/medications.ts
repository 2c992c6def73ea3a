/** Medicines prescribed, dispensed and taken by one's own choice (US Core 6.1.0 MedicationRequest, MedicationDispense). */
import { addDays, addYears, dayOf, instantOf, later } from './calendar.ts';
import { type Chart, ordinal } from './chart.ts';
import type { Noted } from './conditions.ts';
import { metaOf } from './confidentiality.ts';
import { hl7, quantity, type Reference, rxnorm } from './datatypes.ts';
import type { Visit } from './encounters.ts';
import { dosageOf, medicationOf, units } from './medicines.ts';
import { ageOn, type Episode } from './person.ts';
import { type Practitioner, practitionerOf } from './practitioners.ts';
import type { Treatment } from './stories/story.ts';

const DAYS_OF_A_FILL = 90;
const FILLS_KEPT = 3;

const category = [hl7('medicationrequest-category', 'outpatient', 'Outpatient')];
const painkiller = rxnorm('310965', 'ibuprofen 200 MG Oral Tablet');

/** Adds the last fills of a prescription, from the pharmacy. */
function addDispenses(
  chart: Chart,
  prescription: Reference,
  treatment: Treatment,
  start: string,
  end: string,
  episode: Episode,
): void {
  const fills = Math.max(1, Math.ceil((dayOf(end) - dayOf(start)) / DAYS_OF_A_FILL));
  for (let fill = Math.max(0, fills - FILLS_KEPT); fill < fills; fill += 1) {
    const date = addDays(start, fill * DAYS_OF_A_FILL);
    if (date > end) continue;
    chart.add({
      resourceType: 'MedicationDispense',
      id: chart.id('dispense', date),
      meta: metaOf('us-core-medicationdispense', episode.story.confidentiality),
      status: 'completed',
      ...medicationOf(treatment.medicine, chart.person.number),
      subject: chart.subject,
      performer: [{ actor: practitionerOf('pharmacy').reference }],
      authorizingPrescription: [prescription],
      type:
        fill === 0 ? hl7('v3-ActCode', 'FFC', 'First Fill - Complete') : hl7('v3-ActCode', 'RFC', 'Refill - Complete'),
      quantity: quantity(treatment.dose * treatment.timesADay * DAYS_OF_A_FILL, treatment.unit, units[treatment.unit]),
      daysSupply: quantity(DAYS_OF_A_FILL, 'd', 'days'),
      whenHandedOver: instantOf(date, 990),
      dosageInstruction: dosageOf(treatment, start),
    });
  }
}

/** Adds one prescription of a story and its fills. */
function addPrescription(
  chart: Chart,
  index: number,
  treatment: Treatment,
  episode: Episode,
  reason: Noted | undefined,
  visit: Visit | undefined,
  prescriber: Practitioner,
): void {
  const { person } = chart;
  const start = visit?.date ?? later(person.start, addYears(episode.onset, treatment.fromYears));
  if (start > person.end) return;
  const stop = treatment.untilYears === undefined ? undefined : addYears(episode.onset, treatment.untilYears);
  const completed = stop !== undefined && stop < person.end;
  const prescription = chart.add({
    resourceType: 'MedicationRequest',
    id: chart.id('prescription', ordinal(index)),
    meta: metaOf('us-core-medicationrequest', episode.story.confidentiality),
    status: completed ? 'completed' : person.deathDate ? 'stopped' : 'active',
    intent: 'order',
    category,
    reportedBoolean: false,
    ...medicationOf(treatment.medicine, person.number),
    subject: chart.subject,
    ...(visit ? { encounter: visit.encounter } : {}),
    authoredOn: instantOf(start, (visit?.minutes ?? 600) + 20),
    requester: prescriber.reference,
    ...(reason ? { reasonCode: [reason.code], reasonReference: [reason.reference] } : {}),
    dosageInstruction: dosageOf(treatment, start),
    dispenseRequest: {
      numberOfRepeatsAllowed: 3,
      quantity: quantity(treatment.dose * treatment.timesADay * DAYS_OF_A_FILL, treatment.unit, units[treatment.unit]),
      expectedSupplyDuration: quantity(DAYS_OF_A_FILL, 'd', 'days'),
    },
  });
  addDispenses(chart, prescription, treatment, start, completed ? stop : addDays(person.end, -2), episode);
}

/** Adds what somebody takes without a prescription, as they told it. */
function addOwnMedicine(chart: Chart, index: number): void {
  const start = addDays(chart.person.end, -chart.random.integer(5, 15));
  chart.add({
    resourceType: 'MedicationRequest',
    id: chart.id('prescription', ordinal(index)),
    meta: metaOf('us-core-medicationrequest'),
    status: chart.person.deathDate ? 'stopped' : 'active',
    intent: 'plan',
    category,
    reportedReference: chart.subject,
    medicationCodeableConcept: painkiller,
    subject: chart.subject,
    authoredOn: start,
    requester: chart.subject,
    dosageInstruction: dosageOf(
      { medicine: painkiller, fromYears: 0, dose: 1, unit: '{tbl}', timesADay: 2, asNeeded: true },
      start,
    ),
  });
}

/** Adds all medicines. A prescription is written at the first visit of its story on or after the day it is due. */
export function addMedications(chart: Chart, visits: readonly Visit[], noted: readonly Noted[]): void {
  let index = 0;
  for (const episode of chart.person.episodes)
    for (const treatment of episode.story.treatments) {
      const due = addYears(episode.onset, treatment.fromYears);
      const visit = visits.find((each) => each.episode === episode && each.date >= addDays(due, -30));
      const reason = noted.find((each) => each.episode === episode);
      const prescriber =
        visit?.practitioner ?? (episode.story.care ? chart.sees(episode.story.care.specialty) : chart.primary);
      addPrescription(chart, index++, treatment, episode, reason, visit, prescriber);
    }
  if (ageOn(chart.person, chart.person.end) > 20 && chart.random.chance(0.25)) addOwnMedicine(chart, index);
}
