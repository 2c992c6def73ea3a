/** Screening by questions (US Core 6.1.0 Screening Assessment, QuestionnaireResponse): mood with the PHQ-2, and having enough to eat. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { instantOf, yearsBetween } from './calendar.ts';
import type { Chart } from './chart.ts';
import { metaOf } from './confidentiality.ts';
import { type CodeableConcept, loinc, quantity, type Reference, usCore } from './datatypes.ts';
import type { Visit } from './encounters.ts';
import { addObservation, categoryOf } from './observations.ts';
import { ageOn } from './person.ts';

const QUESTIONNAIRE = 'https://riverside.example/fhir/Questionnaire/phq-2';
const panel = loinc('55757-9', 'Patient Health Questionnaire 2 item (PHQ-2) [Reported]', 'PHQ-2');
const total = loinc(
  '55758-7',
  'Patient Health Questionnaire 2 item (PHQ-2) total score [Reported]',
  'PHQ-2 total score',
);
const questions = [
  loinc('44250-9', 'Little interest or pleasure in doing things in last 2 weeks'),
  loinc('44255-8', 'Feeling down, depressed, or hopeless in last 2 weeks'),
] as const;
const answers = [
  loinc('LA6568-5', 'Not at all'),
  loinc('LA6569-3', 'Several days'),
  loinc('LA6570-1', 'More than half the days'),
  loinc('LA6571-9', 'Nearly every day'),
] as const;

/** The questionnaire that the answers refer to. */
export function* generateQuestionnaires(): Generator<Resource> {
  yield {
    resourceType: 'Questionnaire',
    id: 'questionnaire-phq-2',
    url: QUESTIONNAIRE,
    name: 'PHQ2',
    title: 'PHQ-2',
    status: 'active',
    subjectType: ['Patient'],
    code: panel.coding,
    item: questions.map(({ coding, text }) => ({
      linkId: coding[0]?.code,
      code: coding,
      text,
      type: 'choice',
      answerOption: answers.map((answer) => ({ valueCoding: answer.coding[0] })),
    })),
  };
}

/** The answers that make up a score of 0 to 6. */
const split = (score: number): readonly [number, number] => [Math.floor(score / 2), Math.ceil(score / 2)];

function addResponse(chart: Chart, visit: Visit, score: number, confidentiality: Visit['confidentiality']): Reference {
  const scores = split(score);
  return chart.add({
    resourceType: 'QuestionnaireResponse',
    id: chart.id('answers', visit.date),
    meta: metaOf('us-core-questionnaireresponse', confidentiality),
    identifier: { system: 'https://riverside.example/answers', value: `${chart.person.key}-${visit.date}` },
    questionnaire: QUESTIONNAIRE,
    status: 'completed',
    subject: chart.subject,
    encounter: visit.encounter,
    authored: instantOf(visit.date, visit.minutes + 3),
    author: chart.subject,
    item: questions.map(({ coding, text }, index) => ({
      linkId: coding[0]?.code,
      text,
      answer: [{ valueCoding: (answers[scores[index] ?? 0] ?? answers[0]).coding[0] }],
    })),
  });
}

/** Adds a PHQ-2: at some visits with the answers, always with the score. */
function addMood(chart: Chart, visit: Visit, confidentiality: Visit['confidentiality']): void {
  const score = Math.min(6, Math.round(chart.body('lowMood', visit.date)));
  const common = {
    slug: 'survey',
    profile: 'us-core-observation-screening-assessment',
    category: 'survey',
    date: visit.date,
    visit,
    confidentiality,
  } as const;
  const response = visit.turn % 2 === 0 ? [addResponse(chart, visit, score, confidentiality)] : [];
  const items = (visit.turn === 0 ? questions : []).map((code, index) =>
    addObservation(chart, {
      ...common,
      code,
      content: { valueCodeableConcept: answers[split(score)[index] ?? 0] ?? answers[0], derivedFrom: response },
    }),
  );
  const derivedFrom = [...response, ...items];
  const sum = addObservation(chart, {
    ...common,
    code: total,
    content: {
      valueQuantity: quantity(score, '{score}', 'score'),
      ...(derivedFrom.length > 0 ? { derivedFrom } : {}),
    },
  });
  if (items.length > 0)
    addObservation(chart, {
      ...common,
      code: panel,
      content: { valueString: 'Answered by the patient alone.', hasMember: [...items, sum] },
    });
}

function addHunger(chart: Chart, visit: Visit, atRisk: boolean): void {
  const risk: CodeableConcept = atRisk ? loinc('LA19952-3', 'At risk') : loinc('LA19983-8', 'No risk');
  addObservation(chart, {
    slug: 'food',
    profile: 'us-core-observation-screening-assessment',
    category: 'survey',
    code: loinc('88124-3', 'Food insecurity risk [HVS]', 'Food insecurity risk'),
    date: visit.date,
    visit,
    content: {
      category: [categoryOf('survey'), usCore('us-core-category', 'sdoh', 'SDOH')],
      valueCodeableConcept: risk,
    },
  });
}

/** Adds the screenings: mood at check-ups and at a psychiatrist's visits, food once a year for three years. */
export function addSurveys(chart: Chart, visits: readonly Visit[]): void {
  const { person, resources } = chart;
  const hungry = resources.some(
    (each) => each.resourceType === 'Condition' && JSON.stringify(each.category).includes('sdoh'),
  );
  const mood = person.episodes.find(({ story }) => story.name === 'depression')?.story.confidentiality;
  for (const visit of visits) {
    if (ageOn(person, visit.date) < 12) continue;
    const checkup = visit.kind === 'checkup';
    if (checkup || visit.episode?.story.name === 'depression') addMood(chart, visit, mood ?? visit.confidentiality);
    if (checkup && yearsBetween(visit.date, person.end) < 3) addHunger(chart, visit, hungry);
  }
}
