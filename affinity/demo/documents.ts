/** Clinical notes (US Core 6.1.0 DocumentReference): small texts in the record itself. */
import { instantOf } from './calendar.ts';
import type { Chart } from './chart.ts';
import { type Confidentiality, metaOf } from './confidentiality.ts';
import { type CodeableConcept, loinc, plainText, usCore } from './datatypes.ts';
import type { Visit } from './encounters.ts';
import { visitKinds } from './visits.ts';

const progress = loinc('11506-3', 'Progress note');
const history = loinc('34117-2', 'History and physical note');
const discharge = loinc('18842-5', 'Discharge summary');
const NOTES_KEPT = 7;

const format = {
  system: 'http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode',
  code: 'urn:ihe:iti:xds:2017:mimeTypeSufficient',
  display: 'mimeType Sufficient',
} as const;

const printed = (id: string, title: string, creation: string) => ({
  attachment: {
    contentType: 'application/pdf',
    url: `https://documents.riverside.example/notes/${id}.pdf`,
    title,
    creation,
  },
  format,
});

function addNote(
  chart: Chart,
  visit: Visit,
  type: CodeableConcept,
  text: string,
  confidentiality: Confidentiality | undefined,
): void {
  const date = instantOf(visit.date, visit.minutes + 60);
  const id = chart.id('note', visit.date);
  const words = `${type.text}, ${visit.date}\n${chart.person.given} ${chart.person.family}, born ${chart.person.birthDate}\n\n${text}\n\n${visit.practitioner.reference.display ?? ''}`;
  chart.add({
    resourceType: 'DocumentReference',
    id,
    meta: metaOf('us-core-documentreference', confidentiality),
    identifier: [{ system: 'https://riverside.example/notes', value: id }],
    status: 'current',
    type,
    category: [usCore('us-core-documentreference-category', 'clinical-note', 'Clinical Note')],
    subject: chart.subject,
    date,
    author: [visit.practitioner.reference],
    content: [
      {
        attachment: plainText(type.text, words, date),
        format,
      },
      // The printed form of the newest check-up is kept elsewhere.
      ...(visit.kind === 'checkup' && visit.turn === 0 ? [printed(id, type.text, date)] : []),
    ],
    context: {
      encounter: [visit.encounter],
      period: {
        start: instantOf(visit.date, visit.minutes),
        end: instantOf(visit.date, visit.minutes + visitKinds[visit.kind].minutes),
      },
    },
  });
}

/** The kind of note that a visit leaves, and its words. */
function noteOf(chart: Chart, visit: Visit): readonly [CodeableConcept, string] {
  const open = chart.person.episodes.find(({ story }) => !story.confidentiality)?.story;
  const told = visit.episode?.story.note ?? open?.note ?? 'Feels well. Examination without findings.';
  if (visit.kind === 'emergency' || visit.kind === 'delivery')
    return [discharge, `Went home in good condition. ${told}`];
  if (visit.kind === 'illness') return [progress, 'Rest, fluids, and back if it is no better in a week.'];
  return [visit.kind === 'checkup' ? history : progress, told];
}

/** Adds the notes of the newest visits, and the private notes that go with some of them. */
export function addNotes(chart: Chart, visits: readonly Visit[]): void {
  for (const visit of visits.slice(-NOTES_KEPT)) {
    const [type, text] = noteOf(chart, visit);
    addNote(chart, visit, type, text, visit.confidentiality ?? { level: 'N' });
  }
  for (const { story } of chart.person.episodes) {
    if (!story.privateNote) continue;
    const { text, confidentiality } = story.privateNote;
    for (const visit of visits.filter(({ episode }) => episode?.story === story).slice(-2))
      addNote(chart, visit, progress, text, confidentiality);
  }
}
