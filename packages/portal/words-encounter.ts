/** The words of the page on which a visit is chosen. SMART App Launch 2.2, launch/encounter. */
import { html, type Markup } from './markup.ts';

export const encounterWords = {
  title: (app: Markup) => html`Which visit is it about?${' '}${app} asks`,
  heading: 'Which visit is it about?',
  lead: (app: Markup, whose: Markup | undefined) =>
    whose === undefined
      ? html`${app} wants to work on one visit. Choose it. Nothing is shared yet.`
      : html`${app} wants to work on one visit of ${whose}. Choose it. Nothing is shared yet.`,
  legend: 'Visits, the newest first',
  untitled: 'A visit',
  noDate: 'No date recorded',
  statuses: {
    planned: 'Planned',
    arrived: 'Arrived',
    triaged: 'Arrived',
    'in-progress': 'Going on now',
    onleave: 'On leave',
    cancelled: 'Cancelled',
  } as Readonly<Record<string, string>>,
  none: 'None of these',
  noneAbout: 'The app goes on without a visit.',
  button: 'Continue',
  faultTitle: 'No visit is chosen yet',
  noneChosen: 'Choose a visit, or “None of these”, then continue.',
};
