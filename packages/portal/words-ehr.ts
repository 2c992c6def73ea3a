/** The words of the clinicians' pages. */
import { html, type Markup } from './markup.ts';

const kinds: Readonly<Record<string, readonly [one: string, many: string]>> = {
  DocumentReference: ['Document', 'Documents'],
  DiagnosticReport: ['Report', 'Reports'],
  Observation: ['Measurement', 'Measurements'],
  Condition: ['Condition', 'Conditions'],
  MedicationRequest: ['Medication', 'Medications'],
  AllergyIntolerance: ['Allergy', 'Allergies'],
  Immunization: ['Immunization', 'Immunizations'],
  Procedure: ['Procedure', 'Procedures'],
  Encounter: ['Visit', 'Visits'],
};

export const ehrWords = {
  name: 'Patient charts',
  navigation: 'Patient charts',
  patients: 'My patients',
  signOut: 'Sign out',
  signIn: {
    title: 'Patient charts',
    lead: 'For clinicians. See the patients in your care, and open an app for one of them.',
    button: 'Sign in',
    failed: 'You are not signed in',
    denied: 'You did not let this page open records for you. Nothing has changed.',
    broken: 'The sign-in could not be completed. Begin again.',
    over: 'Your sign-in is over. Sign in again to go on.',
    ended: 'You are signed out.',
  },
  refused: {
    title: 'This is not for your account',
    what: 'These pages are for clinicians who work here. Your account is not one of them.',
    safe: 'No record was opened. That you tried is written down.',
    next: 'To see your own record, open an app from the front page.',
  },
  list: {
    title: 'My patients',
    lead: (count: number) => (count === 1 ? '1 patient is in your care.' : `${count} patients are in your care.`),
    empty: 'No patient is in your care yet. As soon as you are in a care team, the patient stands here.',
    open: 'Open the chart',
  },
  chart: {
    lead: 'Open an app for this patient. It sees no more of the record than you do.',
    genders: { female: 'Female', male: 'Male', other: 'Other' } as Readonly<Record<string, string>>,
    visits: 'For which visit',
    noVisit: 'No particular visit',
    noVisitAbout: 'The app opens with the patient alone.',
    apps: 'Open an app',
    appsEmpty:
      'No app can be opened from here yet. Whoever runs this place adds the address at which an app is launched.',
    launch: (app: Markup) => html`<span>Open ${app}</span>`,
    back: 'Back to my patients',
  },
  elsewhere: {
    title: 'Records elsewhere',
    link: 'Records elsewhere',
    lead: 'What the places of this domain hold of this patient, as far as each lets you see it. That you looked is written down here and there.',
    back: 'Back to the chart',
    missing: 'Not everything is here',
    missingNext: 'What these places may hold is missing below. Try again later, or ask them.',
    places: 'Where what is held',
    placesEmpty: 'No place holds anything that you may see.',
    gathered: 'Documents and results',
    gatheredEmpty: 'There is no document and no result that you may see.',
    newest: 'newest of',
    also: 'also at',
    untitled: (type: string) => kinds[type]?.[0] ?? type,
    held: (type: string, count: number | undefined) => {
      const [one, many] = kinds[type] ?? [type, type];
      return count === undefined ? many : `${count} ${(count === 1 ? one : many).toLowerCase()}`;
    },
  },
  trouble: {
    absent: {
      title: 'There is no such patient for you',
      what: 'The chart is not there, or the patient is not in your care.',
      safe: 'Nothing was opened.',
    },
    failed: {
      title: 'The record could not be reached',
      what: 'The answer did not come in time, or something is wrong on our side.',
      safe: 'Nothing was changed and nothing was shared.',
    },
    forged: {
      title: 'Nothing was opened',
      what: 'The page has waited too long, or the form did not come from it.',
      safe: 'Nothing was shared with any app.',
    },
    next: 'Go back to your patients and try again.',
  },
};
