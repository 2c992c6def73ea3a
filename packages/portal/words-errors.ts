/** What went wrong and what to do next, for each page that says so. WCAG 2.2 §3.3.3. */
import type { ErrorView } from '@affinity/authorization-server/page-views.ts';

interface ErrorWords {
  readonly title: string;
  readonly what: string;
  readonly next: string;
}
export const errors: Readonly<Record<ErrorView['kind'], ErrorWords>> = {
  expired: {
    title: 'This page has waited too long',
    what: 'Sign-in pages end after a while, so that nobody else can use them.',
    next: 'Go back to the app and start again.',
  },
  'unknown-app': {
    title: 'We do not know this app',
    what: 'An app sent you here that is not registered with us.',
    next: 'Do not enter your password for it. If you trust the app, tell its makers.',
  },
  'bad-return-address': {
    title: 'This app wants to send you to the wrong place',
    what: 'The address that you would be sent back to is not one that the app registered with us.',
    next: 'Close this page. If you trust the app, tell its makers.',
  },
  'bad-request': {
    title: 'The app asked in a way that we cannot answer',
    what: 'Something is missing or wrong in what the app sent.',
    next: 'Go back to the app and try once more. If it happens again, tell its makers.',
  },
  'no-patient': {
    title: 'There is no record to choose',
    what: 'The app needs a patient’s record, and none is linked to your sign-in.',
    next: 'If there should be one, ask your clinic to link it to your sign-in.',
  },
  'device-gone': {
    title: 'This code cannot be used any more',
    what: 'Somebody has used the code already, or it has ended.',
    next: 'Let the device show a new code and begin again.',
  },
  'not-found': {
    title: 'There is no such page',
    what: 'The address may be mistyped, or the page has moved.',
    next: 'Begin again from the first page.',
  },
  method: {
    title: 'This page cannot be opened that way',
    what: 'The address is right, but it answers another kind of request.',
    next: 'Go back to the app and start again.',
  },
  unavailable: {
    title: 'We cannot answer just now',
    what: 'A part of this service is resting or too busy.',
    next: 'Wait a minute, then try again.',
  },
  failed: {
    title: 'Something broke on our side',
    what: 'We could not finish what you asked for. The fault is ours.',
    next: 'Try again in a minute. If it happens again, ask for help and quote the reference.',
  },
};
