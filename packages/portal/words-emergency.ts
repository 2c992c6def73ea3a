/** The words of the page on which an emergency is declared: plain, and serious. FHIR R4 security-labels.html#break-the-glass. */
import type { EmergencyView } from '@affinity/authorization-server/page-views.ts';
import { html, type Markup } from './markup.ts';

type Fault = NonNullable<EmergencyView['fault']>['kind'];

export const emergencyWords = {
  title: 'Emergency access',
  lead: (app: Markup) =>
    html`Open one patient’s whole record in ${app}, because somebody’s health or life is in danger now.`,
  happensHeading: 'If you declare an emergency',
  happens: (app: Markup, minutes: number): readonly (Markup | string)[] => [
    html`${app} can look at everything in this one record for ${minutes === 1 ? '1 minute' : `${minutes} minutes`}: also what is confidential, and what the patient keeps from you otherwise. It can change nothing.`,
    'It is recorded now, with your name, the patient and your reason. So is every look.',
    'The privacy officer is told at once.',
    'The patient can see who looked, when and why.',
  ],
  patientLegend: 'Which patient',
  patientHint: 'Enter the number on the wristband or card, or the full name and the date of birth.',
  identifier: 'Patient number',
  or: 'or',
  name: 'Full name',
  birthDate: 'Date of birth',
  reasonLegend: 'Why you must know now',
  reason: 'Your reason',
  reasonHint: (least: number, most: number) =>
    `${least} to ${most} characters, for the record. Say what has happened: “Unconscious after a fall, medication unknown”.`,
  declare: 'Declare an emergency',
  cancel: 'Cancel',
  cancelHint: (app: Markup) => html`If you cancel, nothing is opened and you go back to ${app}.`,
  faultTitle: 'No emergency is declared yet',
  faults: {
    'no-patient-given': 'Enter a patient number, or a full name together with a date of birth.',
    'nobody-found':
      'Not exactly one patient fits what you entered. Check every letter and number and try again. Each try is recorded.',
    'no-reason': 'Write your reason, in 10 to 500 characters.',
  } satisfies Partial<Record<Fault, string>>,
  throttled: (wait: string) => `Too many entries that fitted nobody. Wait ${wait}, then try again.`,
};
