/** The story of a healthy adult: a yearly check-up and little else. */
import { snomed } from '../datatypes.ts';
import type { Story } from './story.ts';

export const healthy: Story = {
  name: 'healthy',
  ages: [19, 78],
  problems: [],
  treatments: [],
  panels: ['metabolic', 'lipid', 'blood-count'],
  courses: {},
  procedures: [{ code: snomed('430193006', 'Medication reconciliation'), atYears: 0.4 }],
  examinations: [],
  note: 'Feels well. Examination without findings. Exercise and diet talked over; next check-up in a year.',
};
