/** The words for how long an app may go on. */
import type { Markup } from './markup.ts';
import { html } from './markup.ts';

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

export const durationWords = {
  once: 'Only this time',
  onceHint: 'The app has to ask you again next time.',
  days: (days: number) => {
    if (days === 365) return '1 year';
    return Number.isInteger(days) ? count(days, 'day', 'days') : count(Math.round(days * 24), 'hour', 'hours');
  },
  until: (date: string) => `until ${date}`,
  untilEnded: 'Until I end it',
  untilEndedHint: (days: number) =>
    `You can end it at any time under “Your apps and devices”. It also ends by itself when it was not used for ${count(days, 'day', 'days')}.`,
  shared: (app: Markup) => html`This is a shared computer: ${app} may look now, and not go on after you sign out.`,
};

/** What an app asks for when it asks to go on. */
export const goingOn = {
  online: {
    title: 'Go on while you are signed in',
    about: 'The app may fetch new entries until you sign out here, or your sign-in ends.',
  },
  offline: { title: 'Go on while you are away', about: 'The app may fetch new entries when you are not signed in.' },
};
