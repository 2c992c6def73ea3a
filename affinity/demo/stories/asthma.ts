/** The story of asthma: an attack, a reliever and a preventer, and better breathing after them. */
import { loinc, rxnorm, snomed } from '../datatypes.ts';
import { through } from '../measures.ts';
import type { Story } from './story.ts';

export const asthma: Story = {
  name: 'asthma',
  ages: [6, 60],
  care: { specialty: 'pulmonology', perYear: 1.5 },
  milestones: [{ atYears: 0, visit: 'emergency' }],
  problems: [{ code: snomed('195967001', 'Asthma'), category: 'problem-list-item', fromYears: 0 }],
  treatments: [
    {
      medicine: rxnorm('2123111', 'NDA020503 200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler'),
      fromYears: 0.01,
      dose: 2,
      unit: '{actuat}',
      timesADay: 4,
      asNeeded: true,
    },
    {
      medicine: rxnorm('895994', '120 ACTUAT fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler'),
      fromYears: 0.05,
      dose: 2,
      unit: '{actuat}',
      timesADay: 2,
    },
  ],
  panels: ['blood-count'],
  courses: { oxygen: through([-0.1, 97.5], [0, 93], [0.1, 96.5], [0.6, 98]) },
  procedures: [{ code: snomed('127783003', 'Spirometry'), atYears: 0.1 }],
  examinations: [
    {
      code: loinc('36643-5', 'XR Chest 2 Views'),
      category: 'radiology',
      atYears: 0,
      text: 'Lungs clear and somewhat overinflated. No infiltrate, no effusion. Heart of normal size.',
    },
  ],
  aim: {
    text: 'Oxygen saturation of 96 % or more, and no night awakened by breathlessness',
    measure: loinc('59408-5', 'Oxygen saturation in Arterial blood by Pulse oximetry'),
    value: 95,
    unit: '%',
    comparator: '>',
  },
  plan: 'Preventer inhaler every day, reliever when needed, a written plan for bad days, no smoke at home.',
  note: 'Inhaler technique shown again and done well. No wheeze today. Sleeps through.',
};
