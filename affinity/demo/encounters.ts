/** The encounters of a record (US Core 6.1.0 Encounter): each visit with its time, place and people. */
import { instantOf } from './calendar.ts';
import { type Chart, confidentialityOf } from './chart.ts';
import { type Confidentiality, metaOf } from './confidentiality.ts';
import { hl7, type Reference, snomed } from './datatypes.ts';
import { locationReference, managingOrganization } from './locations.ts';
import type { Practitioner } from './practitioners.ts';
import { type PlannedVisit, planVisits, visitKinds } from './visits.ts';

/** A visit that took place. */
export interface Visit extends PlannedVisit {
  readonly encounter: Reference;
  readonly practitioner: Practitioner;
  /** Minutes after midnight at which it began. */
  readonly minutes: number;
  readonly confidentiality?: Confidentiality;
}

const classes = { AMB: 'ambulatory', VR: 'virtual', EMER: 'emergency', IMP: 'inpatient encounter' } as const;

/** Adds all encounters, oldest first. */
export function addEncounters(chart: Chart): Visit[] {
  return planVisits(chart.person, chart.random).map((planned) => {
    const kind = visitKinds[planned.kind];
    const practitioner = planned.specialty ? chart.sees(planned.specialty) : chart.primary;
    const minutes = 480 + 15 * chart.random.integer(0, 32);
    const period = {
      start: instantOf(planned.date, minutes),
      end: instantOf(planned.date, minutes + kind.minutes),
    };
    const confidentiality = confidentialityOf(planned.episode);
    const reason = planned.episode?.story.problems[0]?.code;
    const id = chart.id('encounter', planned.date);
    const encounter = chart.add({
      resourceType: 'Encounter',
      id,
      meta: metaOf('us-core-encounter', confidentiality),
      identifier: [{ system: 'https://riverside.example/encounters', value: id }],
      status: 'finished',
      class: {
        system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
        code: kind.class,
        display: classes[kind.class],
      },
      type: [kind.type],
      subject: chart.subject,
      participant: [
        {
          type: [hl7('v3-ParticipationType', 'PPRF', 'primary performer')],
          period,
          individual: practitioner.reference,
        },
      ],
      period,
      reasonCode: [reason ?? (planned.kind === 'illness' ? snomed('418799008', 'Symptom') : kind.type)],
      ...(kind.class === 'IMP' || kind.class === 'EMER'
        ? { hospitalization: { dischargeDisposition: hl7('discharge-disposition', 'home', 'Home') } }
        : {}),
      location: [{ location: locationReference(practitioner.location) }],
      serviceProvider: managingOrganization(practitioner.location),
    });
    return { ...planned, encounter, practitioner, minutes, ...(confidentiality ? { confidentiality } : {}) };
  });
}
