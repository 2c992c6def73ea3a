/** The story of an opioid dependence under treatment. Everything in it is restricted. */
import { rxnorm, snomed } from '../datatypes.ts';
import { through } from '../measures.ts';
import type { Story } from './story.ts';

export const substanceUse: Story = {
  name: 'substance-use',
  ages: [21, 58],
  confidentiality: { level: 'R', sensitivity: 'SUD' },
  care: { specialty: 'addiction', perYear: 5 },
  milestones: [{ atYears: 0, visit: 'emergency' }],
  problems: [{ code: snomed('75544000', 'Opioid dependence'), category: 'problem-list-item', fromYears: 0 }],
  treatments: [
    {
      medicine: rxnorm('351267', 'buprenorphine 8 MG / naloxone 2 MG Sublingual Tablet'),
      fromYears: 0.02,
      dose: 1,
      unit: '{tbl}',
      timesADay: 1,
    },
  ],
  panels: ['drug-screen'],
  courses: { lowMood: through([0, 3.4], [1, 2]), bmi: through([-1, 22.5], [0, 20.8], [1, 23.4]) },
  procedures: [
    {
      code: snomed('266707007', 'Drug addiction therapy'),
      atYears: 0.05,
      confidentiality: { level: 'V', sensitivity: 'SUD' },
    },
  ],
  examinations: [],
  plan: 'Daily medicine, counselling each week, urine screening agreed, naloxone kept at home.',
  note: 'Steady since the last visit. No use reported. Works again part of the week.',
};
