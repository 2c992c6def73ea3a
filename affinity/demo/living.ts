/**
 * How somebody lives and copes, as they tell it on paper (US Core 6.1.0 QuestionnaireResponse, Simple Observation): home,
 * sleep, hearing, and for the old a test of memory.
 */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { instantOf } from './calendar.ts';
import type { Chart } from './chart.ts';
import { metaOf } from './confidentiality.ts';
import { type CodeableConcept, loinc, quantity, type Reference, usCore } from './datatypes.ts';
import type { Visit } from './encounters.ts';
import { addObservation } from './observations.ts';
import { ageOn } from './person.ts';

const QUESTIONNAIRE = 'https://riverside.example/fhir/Questionnaire/living';
const housing = loinc('71802-3', 'Housing status');
const steady = loinc('LA31993-1', 'I have a steady place to live');
const hearing = loinc('69856-3', 'Are you deaf, or do you have serious difficulty hearing');
const memory = loinc('72172-0', 'Total score [MoCA]');

const questions = {
  home: { linkId: 'home', text: 'Your home' },
  housing: { linkId: 'home.housing', text: 'What is your living situation today?' },
  people: { linkId: 'home.housing.people', text: 'Who lives with you?' },
  sleep: { linkId: 'sleep', text: 'How many hours do you sleep?' },
  nights: { linkId: 'sleep.nights', text: 'In how many nights of a week?' },
  wishes: { linkId: 'wishes', text: 'What should we know?' },
} as const;

/** The questionnaire that the answers refer to. */
export const livingQuestionnaire: Resource = {
  resourceType: 'Questionnaire',
  id: 'questionnaire-living',
  url: QUESTIONNAIRE,
  name: 'Living',
  title: 'How you live',
  status: 'active',
  subjectType: ['Patient'],
  item: [
    {
      ...questions.home,
      type: 'group',
      item: [
        {
          ...questions.housing,
          type: 'choice',
          answerOption: [{ valueCoding: steady.coding[0] }],
          item: [{ ...questions.people, type: 'string' }],
        },
      ],
    },
    { ...questions.sleep, type: 'decimal', item: [{ ...questions.nights, type: 'integer' }] },
    { ...questions.wishes, type: 'string' },
  ],
};

/** The form on paper has an address of its own, and the name by which people know it. */
const paper = {
  extension: [
    { url: 'http://hl7.org/fhir/StructureDefinition/display', valueString: 'How you live' },
    {
      url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-extension-questionnaire-uri',
      valueUri: 'https://riverside.example/forms/living.pdf',
    },
  ],
};

function addResponse(chart: Chart, { date, minutes, encounter }: Visit): Reference {
  const { number } = chart.person;
  return chart.add({
    resourceType: 'QuestionnaireResponse',
    id: chart.id('living', date),
    meta: metaOf('us-core-questionnaireresponse'),
    identifier: { system: 'https://riverside.example/answers', value: `${chart.person.key}-living-${date}` },
    questionnaire: QUESTIONNAIRE,
    _questionnaire: paper,
    status: 'completed',
    subject: chart.subject,
    encounter,
    authored: instantOf(date, minutes + 4),
    author: chart.subject,
    item: [
      {
        ...questions.home,
        item: [
          {
            ...questions.housing,
            answer: [
              {
                valueCoding: steady.coding[0],
                item: [{ ...questions.people, answer: [{ valueString: number % 2 === 0 ? 'Nobody' : 'My family' }] }],
              },
            ],
          },
        ],
      },
      {
        ...questions.sleep,
        answer: [{ valueDecimal: 6.5 + (number % 3), item: [{ ...questions.nights, answer: [{ valueInteger: 5 }] }] }],
      },
      { ...questions.wishes, answer: [{ valueString: 'Call me in the afternoon, please.' }] },
    ],
  });
}

type Status = 'sdoh' | 'disability-status' | 'cognitive-status';
const names: Readonly<Record<Status, string>> = {
  sdoh: 'SDOH',
  'disability-status': 'Disability Status',
  'cognitive-status': 'Cognitive Status',
};

const addStatement = (
  chart: Chart,
  visit: Visit,
  status: Status,
  code: CodeableConcept,
  content: Readonly<Record<string, unknown>>,
): Reference =>
  addObservation(chart, {
    slug: 'living',
    profile: 'us-core-simple-observation',
    category: 'survey',
    code,
    date: visit.date,
    visit,
    content: { category: [usCore('us-core-category', status, names[status])], ...content },
  });

/** Adds what grown people told at their newest check-up: every fifth, the first of the fixed people, and the old. */
export function addLiving(chart: Chart, visits: readonly Visit[]): void {
  const { person } = chart;
  const visit = visits.findLast(({ kind }) => kind === 'checkup');
  if (visit === undefined) return;
  const old = ageOn(person, visit.date) > 65;
  if (!old && person.number % 5 !== 1) return;
  const response = addResponse(chart, visit);
  addStatement(chart, visit, 'sdoh', housing, { valueCodeableConcept: steady, derivedFrom: [response] });
  addStatement(chart, visit, 'disability-status', hearing, { valueBoolean: old && person.number % 2 === 0 });
  if (!old) return;
  const score = 30 - (person.number % 5);
  addStatement(chart, visit, 'cognitive-status', memory, { valueQuantity: quantity(score, '{score}', 'score') });
}
