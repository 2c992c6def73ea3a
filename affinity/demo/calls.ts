/** A call about a problem, a few days before the record ends (US Core 6.1.0 Encounter): its reason is the problem itself. */
import { addDays, instantOf } from './calendar.ts';
import type { Chart } from './chart.ts';
import type { Noted } from './conditions.ts';
import { metaOf } from './confidentiality.ts';
import { hl7 } from './datatypes.ts';
import { locationReference, managingOrganization } from './locations.ts';
import { visitKinds } from './visits.ts';

/** Adds the call, for a problem that is no secret; every fourth patient has one. */
export function addCall(chart: Chart, noted: readonly Noted[]): void {
  const { person, primary } = chart;
  const problem = noted.find(({ episode }) => !episode.story.confidentiality);
  const date = addDays(person.end, -2);
  if (problem === undefined || person.number % 4 !== 1 || date < person.start) return;
  const id = chart.id('encounter', date, 'call');
  const period = { start: instantOf(date, 1050), end: instantOf(date, 1060) };
  chart.add({
    resourceType: 'Encounter',
    id,
    meta: metaOf('us-core-encounter'),
    identifier: [{ system: 'https://riverside.example/encounters', value: id }],
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'VR', display: 'virtual' },
    type: [visitKinds.talk.type],
    subject: chart.subject,
    participant: [
      {
        type: [hl7('v3-ParticipationType', 'PPRF', 'primary performer')],
        period,
        individual: primary.reference,
      },
    ],
    period,
    reasonCode: [problem.code],
    reasonReference: [problem.reference],
    location: [{ location: locationReference(primary.location) }],
    serviceProvider: managingOrganization(primary.location),
  });
}
