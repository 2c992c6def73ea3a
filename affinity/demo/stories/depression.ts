/** The story of a depression, treated with a medicine and with talks. Restricted; the therapist's own notes very restricted. */
import { loinc, rxnorm, snomed } from '../datatypes.ts';
import { through } from '../measures.ts';
import type { Story } from './story.ts';

export const depression: Story = {
  name: 'depression',
  ages: [19, 74],
  confidentiality: { level: 'R', sensitivity: 'PSY' },
  care: { specialty: 'psychiatry', perYear: 4 },
  problems: [
    { code: snomed('370143000', 'Major depressive disorder'), category: 'problem-list-item', fromYears: 0 },
    {
      code: snomed('73595000', 'Stress'),
      category: 'health-concern',
      fromYears: -0.3,
      confidentiality: { level: 'R', sensitivity: 'PSY' },
    },
  ],
  treatments: [
    {
      medicine: rxnorm('312941', 'sertraline 50 MG Oral Tablet'),
      fromYears: 0.04,
      dose: 1,
      unit: '{tbl}',
      timesADay: 1,
    },
  ],
  panels: [],
  courses: {
    lowMood: through([-0.5, 2], [0, 5.2], [0.4, 3.4], [1, 1.6], [2, 1], [4, 1.4]),
    bmi: through([0, 25], [2, 26.4]),
  },
  procedures: [
    { code: snomed('228557008', 'Cognitive and behavioral therapy'), atYears: 0.1 },
    { code: snomed('171207006', 'Depression screening'), atYears: 0 },
  ],
  examinations: [],
  aim: {
    text: 'PHQ-2 score below 3 at two visits in a row',
    measure: loinc('55758-7', 'Patient Health Questionnaire 2 item (PHQ-2) total score [Reported]'),
    value: 3,
    unit: '{score}',
    comparator: '<',
  },
  plan: 'Weekly talks for three months, then monthly; medicine every morning; a number to call at night.',
  note: 'Sleep and drive better than at the last visit. No thoughts of self-harm. Medicine continued unchanged.',
  privateNote: {
    text: 'Session notes. The patient spoke at length of a loss in the family and of shame about it.',
    confidentiality: { level: 'V', sensitivity: 'PSYTHPN' },
  },
};
