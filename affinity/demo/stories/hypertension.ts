/** The story of high blood pressure that treatment brings down within some months. */
import { loinc, rxnorm, snomed } from '../datatypes.ts';
import { settles } from '../measures.ts';
import type { Story } from './story.ts';

export const hypertension: Story = {
  name: 'hypertension',
  ages: [38, 84],
  care: { specialty: 'family', perYear: 2.5 },
  problems: [{ code: snomed('59621000', 'Essential hypertension'), category: 'problem-list-item', fromYears: 0 }],
  treatments: [
    {
      medicine: rxnorm('314076', 'lisinopril 10 MG Oral Tablet'),
      fromYears: 0.03,
      dose: 1,
      unit: '{tbl}',
      timesADay: 1,
    },
    { medicine: rxnorm('197361', 'amlodipine 5 MG Oral Tablet'), fromYears: 0.4, dose: 1, unit: '{tbl}', timesADay: 1 },
  ],
  panels: ['metabolic', 'lipid'],
  courses: { systolic: settles(156, 129, 10), bmi: settles(28.4, 27.6, 24), ldl: settles(142, 118) },
  procedures: [{ code: snomed('29303009', 'Electrocardiographic procedure'), atYears: 0.05 }],
  examinations: [
    {
      code: loinc('11524-6', 'EKG study'),
      category: 'cardiology',
      atYears: 0.05,
      text: 'Sinus rhythm, normal axis. Borderline voltage criteria of the left ventricle. No acute ischaemia.',
    },
  ],
  aim: {
    text: 'Blood pressure below 130/80 at home and at the clinic',
    measure: loinc('8480-6', 'Systolic blood pressure'),
    value: 130,
    unit: 'mm[Hg]',
    comparator: '<',
  },
  plan: 'Less salt, thirty minutes of walking on most days, blood pressure measured at home twice a week.',
  note: 'Blood pressure reviewed with the home readings. Takes the tablets without trouble. No oedema.',
};
