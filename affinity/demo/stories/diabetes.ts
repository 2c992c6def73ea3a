/** The story of type 2 diabetes: sugar and weight come down after treatment begins, and drift up a little again. */
import { loinc, rxnorm, snomed } from '../datatypes.ts';
import { settles, through } from '../measures.ts';
import type { Story } from './story.ts';

export const diabetes: Story = {
  name: 'diabetes',
  ages: [36, 80],
  care: { specialty: 'internal', perYear: 3.5 },
  problems: [
    { code: snomed('44054006', 'Diabetes mellitus type 2'), category: 'problem-list-item', fromYears: 0 },
    { code: snomed('55822004', 'Hyperlipidemia'), category: 'problem-list-item', fromYears: 0.3 },
    { code: snomed('15777000', 'Prediabetes'), category: 'health-concern', fromYears: -0.9, untilYears: 0 },
  ],
  treatments: [
    {
      medicine: rxnorm('861007', 'metformin hydrochloride 500 MG Oral Tablet'),
      fromYears: 0.03,
      dose: 1,
      unit: '{tbl}',
      timesADay: 2,
    },
    {
      medicine: rxnorm('617310', 'atorvastatin 20 MG Oral Tablet'),
      fromYears: 0.3,
      dose: 1,
      unit: '{tbl}',
      timesADay: 1,
    },
  ],
  panels: ['glycated', 'metabolic', 'lipid', 'kidney'],
  courses: {
    hba1c: through([-2, 6.1], [0, 8.7], [0.5, 7.4], [1, 6.8], [2.5, 6.9], [4, 7.2]),
    bmi: through([-2, 30.2], [0, 31.4], [1, 29.3], [2.5, 28.6], [4, 28.9]),
    ldl: settles(151, 92, 8, 4),
    triglycerides: settles(210, 148),
    hdl: settles(41, 46, 18),
    albuminuria: settles(22, 17),
  },
  procedures: [{ code: snomed('134395001', 'Diabetic retinopathy screening'), atYears: 1.1 }],
  examinations: [],
  aim: {
    text: 'Haemoglobin A1c below 7 %',
    description: snomed('444110003', 'Type II diabetes mellitus well controlled'),
    measure: loinc('4548-4', 'Hemoglobin A1c/Hemoglobin.total in Blood'),
    value: 7,
    unit: '%',
    comparator: '<',
  },
  plan: 'Meals with less sugar, glucose measured at home, feet looked at every day, eyes every year.',
  note: 'Home glucose diary seen. No low sugars. Feet without wounds, sensation kept. Metformin well borne.',
};
