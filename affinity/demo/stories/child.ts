/** The story of a child who grows as children do: check-ups and vaccinations. */
import { snomed } from '../datatypes.ts';
import { through } from '../measures.ts';
import type { Story } from './story.ts';

export const child: Story = {
  name: 'child',
  ages: [0, 16],
  problems: [],
  treatments: [],
  panels: [],
  courses: {
    heartRate: through([0, 128], [2, 104], [6, 90], [12, 80], [16, 74]),
    haemoglobin: through([0, 12], [10, 13.2]),
  },
  procedures: [{ code: snomed('430193006', 'Medication reconciliation'), atYears: 0.3 }],
  examinations: [],
  note: 'Grows along the line of the chart. Eats, sleeps and plays well. Vaccinations talked over with the parent.',
};
