/** Examinations: the order, what was found, and the written report (US Core 6.1.0 Clinical Result, DiagnosticReport Note). */
import { instantOf } from './calendar.ts';
import type { Chart } from './chart.ts';
import { metaOf } from './confidentiality.ts';
import { loinc, plainText } from './datatypes.ts';
import type { Visit } from './encounters.ts';
import { addObservation } from './observations.ts';
import { addOrder, imaging } from './orders.ts';
import type { Episode } from './person.ts';
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
    result: [result],
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
