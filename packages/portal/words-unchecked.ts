/** The words of the page that stands before an app that nobody here has checked: what is known, and what is not. RFC 9700 §4.11.2. */
import { html, type Markup } from './markup.ts';

export const uncheckedWords = {
  chip: 'Nobody here has checked this app',
  title: 'Nobody here has checked this app',
  lead: (app: Markup) =>
    html`An app that calls itself ${app} sent you here. It registered itself. We do not know who made it, or what it does with what it sees.`,
  knownHeading: 'Before you go on',
  known: (returnsTo: Markup | undefined): readonly (Markup | string)[] => [
    'Did somebody send you a link to this page that you did not expect? Then stop here.',
    ...(returnsTo === undefined
      ? []
      : [html`At the end, you are sent to <strong>${returnsTo}</strong>. Go on only if you know that address.`]),
    'The app sees nothing until you have signed in and allowed it. You can still say no then.',
    'It can ask for one record only, and only while you use it.',
  ],
  stop: 'Stop',
  go: 'Continue',
  stopHint: 'If you stop, nothing is shared and you are not sent to the app.',
  stoppedTitle: 'You stopped here',
  stoppedLead: (app: Markup) => html`${app} has been told nothing and sees nothing.`,
  stoppedNext: 'You can close this page.',
  home: 'Go to the front page',
} as const;
