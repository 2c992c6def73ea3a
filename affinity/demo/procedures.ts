/** What was done for the stories, and what it was ordered by (US Core 6.1.0 Procedure). */
import { addDays, addYears, instantOf } from './calendar.ts';
import type { Chart } from './chart.ts';
import type { Noted } from './conditions.ts';
import { type Confidentiality, metaOf } from './confidentiality.ts';
import type { CodeableConcept, Reference } from './datatypes.ts';
import type { Visit } from './encounters.ts';
import { addOrder, counselling } from './orders.ts';
import type { Episode } from './person.ts';
import type { Practitioner } from './practitioners.ts';
import type { Deed } from './stories/story.ts';

export interface Done {
  readonly code: CodeableConcept;
  readonly date: string;
  readonly performer: Practitioner;
  readonly basedOn?: Reference | undefined;
  readonly encounter?: Reference | undefined;
  readonly confidentiality?: Confidentiality | undefined;
}

/** Adds a procedure. */
export function addProcedure(chart: Chart, done: Done): void {
  chart.add({
    resourceType: 'Procedure',
    id: chart.id('procedure', done.date),
    meta: metaOf('us-core-procedure', done.confidentiality),
    ...(done.basedOn ? { basedOn: [done.basedOn] } : {}),
    status: 'completed',
    code: done.code,
    subject: chart.subject,
    ...(done.encounter ? { encounter: done.encounter } : {}),
    performedDateTime: instantOf(done.date, 700),
    performer: [{ actor: done.performer.reference }],
  });
}

/** When a deed of a story was done: at the story's first visit from its time on, else at its time; undefined outside the record. */
export function occasionOf({ person }: Chart, visits: readonly Visit[], episode: Episode, { atYears }: Deed) {
  const due = addYears(episode.onset, atYears);
  const visit = visits.find((each) => each.episode === episode && each.date >= due);
  const date = visit?.date ?? due;
  return date >= person.start && date < addDays(person.end, -2) ? { date, visit } : undefined;
}

/** Adds the procedures of the stories, each with its order. */
export function addProcedures(chart: Chart, visits: readonly Visit[], noted: readonly Noted[]): void {
  for (const episode of chart.person.episodes)
    for (const deed of episode.story.procedures) {
      const occasion = occasionOf(chart, visits, episode, deed);
      if (!occasion) continue;
      const { date, visit } = occasion;
      const { code } = deed;
      const confidentiality = deed.confidentiality ?? episode.story.confidentiality;
      const problem = noted.find((each) => each.episode === episode);
      const basedOn = addOrder(chart, {
        code,
        category: counselling,
        date,
        requester: chart.primary,
        reason: problem?.code,
        problem: problem?.reference,
        confidentiality,
      });
      addProcedure(chart, {
        code,
        date,
        performer: visit?.practitioner ?? chart.primary,
        basedOn,
        encounter: visit?.encounter,
        confidentiality,
      });
    }
}
