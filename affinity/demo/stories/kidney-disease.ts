/** The story of chronic kidney disease, slowly worsening and then steadier under treatment. */
import { loinc, rxnorm, snomed } from '../datatypes.ts';
import { settles, through } from '../measures.ts';
import type { Story } from './story.ts';

export const kidneyDisease: Story = {
  name: 'kidney-disease',
  ages: [52, 86],
  care: { specialty: 'nephrology', perYear: 3 },
  problems: [
    { code: snomed('433144002', 'Chronic kidney disease stage 3'), category: 'problem-list-item', fromYears: 0 },
    { code: snomed('271737000', 'Anemia'), category: 'problem-list-item', fromYears: 0.8 },
  ],
  treatments: [
    {
      medicine: rxnorm('314077', 'lisinopril 20 MG Oral Tablet'),
      fromYears: 0.05,
      dose: 1,
      unit: '{tbl}',
      timesADay: 1,
    },
    {
      medicine: rxnorm('310325', 'ferrous sulfate 325 MG Oral Tablet'),
      fromYears: 0.8,
      dose: 1,
      unit: '{tbl}',
      timesADay: 1,
    },
  ],
  panels: ['metabolic', 'kidney', 'blood-count'],
  courses: {
    creatinine: through([-2, 1.25], [0, 1.6], [1, 1.75], [2.5, 1.82], [5, 1.95]),
    albuminuria: settles(260, 120, 14),
    haemoglobin: through([-1, 12.6], [0.8, 10.8], [2, 11.8]),
    systolic: settles(151, 131, 12),
  },
  procedures: [{ code: snomed('29303009', 'Electrocardiographic procedure'), atYears: 0.2 }],
  examinations: [],
  aim: {
    text: 'Albumin in the urine halved within a year',
    measure: loinc('9318-7', 'Albumin/Creatinine [Mass Ratio] in Urine'),
    value: 130,
    unit: 'mg/g',
    comparator: '<',
  },
  plan: 'No anti-inflammatory painkillers, less salt, blood and urine every four months.',
  note: 'Kidney figures compared with the last three. No swelling. Diet talked over with the dietitian.',
};
