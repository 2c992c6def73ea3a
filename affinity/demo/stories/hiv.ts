/** The story of an HIV infection that treatment brings below the limit of detection. Restricted; the first finding very restricted. */
import { loinc, rxnorm, snomed } from '../datatypes.ts';
import { through } from '../measures.ts';
import type { Story } from './story.ts';

export const hiv: Story = {
  name: 'hiv',
  ages: [22, 66],
  confidentiality: { level: 'R', sensitivity: 'HIV' },
  care: { specialty: 'infectious', perYear: 3 },
  problems: [
    {
      code: snomed('86406008', 'Human immunodeficiency virus infection'),
      category: 'problem-list-item',
      fromYears: 0,
      confidentiality: { level: 'V', sensitivity: 'HIV' },
    },
  ],
  treatments: [
    {
      medicine: rxnorm('1999667', 'bictegravir 50 MG / emtricitabine 200 MG / tenofovir alafenamide 25 MG Oral Tablet'),
      fromYears: 0.04,
      dose: 1,
      unit: '{tbl}',
      timesADay: 1,
    },
  ],
  panels: ['hiv'],
  courses: {
    viralLoad: through([-1, 0], [0, 64000], [0.15, 900], [0.3, 60], [0.5, 0]),
    cd4: through([-0.5, 700], [0, 290], [0.5, 410], [1.5, 560], [4, 680]),
  },
  procedures: [],
  examinations: [],
  aim: {
    text: 'Viral load below the limit of detection',
    measure: loinc('20447-9', 'HIV 1 RNA [#/volume] (viral load) in Serum or Plasma by NAA with probe detection'),
    value: 20,
    unit: '{copies}/mL',
    comparator: '<',
  },
  plan: 'One tablet every day, blood every four months, vaccinations brought up to date.',
  note: 'Takes the tablet every day and bears it well. Viral load and CD4 count talked over.',
};
