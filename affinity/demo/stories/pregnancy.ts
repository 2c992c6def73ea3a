/** The story of a pregnancy, from conception (the onset) through the prenatal visits to the delivery and after. */
import { loinc, rxnorm, snomed } from '../datatypes.ts';
import { through } from '../measures.ts';
import type { Story } from './story.ts';

/** Years after conception at which the child is born. */
export const TERM = 0.73;

export const pregnancy: Story = {
  name: 'pregnancy',
  ages: [20, 42],
  gender: 'female',
  milestones: [
    ...[0.13, 0.21, 0.29, 0.36, 0.44, 0.52, 0.58, 0.62, 0.66, 0.7].map((atYears) => ({
      atYears,
      visit: 'prenatal' as const,
    })),
    { atYears: TERM, visit: 'delivery' },
  ],
  care: { specialty: 'obstetrics', perYear: 1 },
  problems: [
    { code: snomed('72892002', 'Normal pregnancy'), category: 'problem-list-item', fromYears: 0.13, untilYears: TERM },
  ],
  treatments: [
    {
      medicine: rxnorm('310325', 'ferrous sulfate 325 MG Oral Tablet'),
      fromYears: 0.3,
      untilYears: 0.9,
      dose: 1,
      unit: '{tbl}',
      timesADay: 1,
    },
  ],
  panels: ['blood-count', 'metabolic'],
  courses: {
    bmi: through([0, 24], [0.25, 24.8], [0.5, 27], [TERM, 29.3], [TERM + 0.02, 26.9], [1.5, 24.6]),
    haemoglobin: through([0, 13.3], [0.5, 11.2], [TERM, 11.4], [1.1, 13]),
    systolic: through([0, 114], [0.4, 108], [TERM, 117], [1, 114]),
    heartRate: through([0, 72], [0.6, 86], [TERM, 88], [1, 73]),
  },
  procedures: [{ code: snomed('177184002', 'Normal delivery procedure'), atYears: TERM }],
  examinations: [
    {
      code: loinc('11525-3', 'US Pelvis Fetus for pregnancy'),
      category: 'radiology',
      atYears: 0.36,
      text: 'One fetus, heartbeat regular, growth as expected for the weeks. Placenta away from the cervix.',
    },
  ],
  aim: {
    text: 'Haemoglobin kept above 11 g/dL until the birth',
    measure: loinc('718-7', 'Hemoglobin [Mass/volume] in Blood'),
    value: 11,
    unit: 'g/dL',
    comparator: '>',
  },
  plan: 'Prenatal visits as planned, iron and folic acid, birth preparation class from the seventh month.',
  note: 'Growth and heartbeat as expected. Feels movements. Blood pressure normal, no protein in the urine.',
};
