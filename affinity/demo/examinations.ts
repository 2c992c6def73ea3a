/** Examinations: the order, what was found, and the written report (US Core 6.1.0 Clinical Result, DiagnosticReport Note). */
import { instantOf } from './calendar.ts';
import type { Chart } from './chart.ts';
import { type Confidentiality, metaOf } from './confidentiality.ts';
import { loinc, plainText, quantity, type Reference, round, snomed } from './datatypes.ts';
import type { Visit } from './encounters.ts';
import { addObservation } from './observations.ts';
import { addOrder, imaging } from './orders.ts';
import { ageOn, type Episode } from './person.ts';
import { practitionerOf } from './practitioners.ts';
import { occasionOf } from './procedures.ts';
import type { Examination } from './stories/story.ts';

/** How each kind of examination is classed: the report, the observation in it, and the code of the impression. */
const kinds = {
  radiology: [
    loinc('LP29684-5', 'Radiology'),
    'imaging',
    loinc('19005-8', 'Radiology Imaging study [Impression] (narrative)', 'Impression'),
  ],
  cardiology: [loinc('LP29708-2', 'Cardiology'), 'procedure', loinc('8601-7', 'EKG impression', 'Impression')],
} as const;

interface Occasion {
  readonly date: string;
  readonly visit: Visit | undefined;
  readonly performer: Reference;
  readonly confidentiality: Confidentiality | undefined;
  readonly basedOn: Reference;
}

/** Adds the rhythm of the heart and how much of its blood it pumps out, by age. */
function addHeart(chart: Chart, { date, visit, performer, confidentiality, basedOn }: Occasion): readonly Reference[] {
  const common = {
    profile: 'us-core-observation-clinical-result',
    category: 'procedure',
    date,
    ...(visit ? { visit } : {}),
    performer,
    confidentiality,
  } as const;
  const pumped = round(68 - ageOn(chart.person, date) / 10, 0);
  return [
    addObservation(chart, {
      ...common,
      slug: 'rhythm',
      code: loinc('8884-9', 'Heart rate rhythm'),
      content: { basedOn: [basedOn], valueCodeableConcept: snomed('64730000', 'Normal sinus rhythm') },
    }),
    addObservation(chart, {
      ...common,
      slug: 'pumping',
      code: loinc('10230-1', 'Left ventricular Ejection fraction'),
      content: { basedOn: [basedOn], valueQuantity: quantity(pumped, '%') },
    }),
  ];
}

/** Adds one examination. */
function addExamination(
  chart: Chart,
  { category, code, text }: Examination,
  date: string,
  episode: Episode,
  visit: Visit | undefined,
): void {
  const { confidentiality, problems } = episode.story;
  const [reportCategory, findingCategory, impression] = kinds[category];
  const requester = visit?.practitioner ?? chart.primary;
  const performer = practitionerOf(category).reference;
  const basedOn = addOrder(chart, {
    code,
    category: imaging,
    date,
    requester,
    reason: problems[0]?.code,
    confidentiality,
  });
  const result = addObservation(chart, {
    slug: 'impression',
    profile: 'us-core-observation-clinical-result',
    category: findingCategory,
    code: impression,
    date,
    ...(visit ? { visit } : {}),
    performer,
    confidentiality,
    content: { basedOn: [basedOn], valueString: text },
  });
  const measured =
    category === 'cardiology' ? addHeart(chart, { date, visit, performer, confidentiality, basedOn }) : [];
  chart.add({
    resourceType: 'DiagnosticReport',
    id: chart.id('report', date),
    meta: metaOf('us-core-diagnosticreport-note', confidentiality ?? { level: 'N' }),
    basedOn: [basedOn],
    status: 'final',
    category: [reportCategory],
    code,
    subject: chart.subject,
    ...(visit ? { encounter: visit.encounter } : {}),
    effectiveDateTime: instantOf(date, 720),
    issued: instantOf(date, 900),
    performer: [performer],
    result: [result, ...measured],
    presentedForm: [plainText(code.text, text, instantOf(date, 900))],
  });
}

/** Adds the examinations of the stories. */
export function addExaminations(chart: Chart, visits: readonly Visit[]): void {
  for (const episode of chart.person.episodes)
    for (const examination of episode.story.examinations) {
      const occasion = occasionOf(chart, visits, episode, examination);
      if (occasion) addExamination(chart, examination, occasion.date, episode, occasion.visit);
    }
}
