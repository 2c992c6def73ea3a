/** What is told of the person to an app, in plain words. The values stand beside them, as they are told. */
import type { ConsentItem } from '@affinity/authorization-server/page-views.ts';

export const claimWords = {
  name: { title: 'Your name', about: 'As it stands here.' },
  'own-entry': { title: 'Where your own entry is', about: 'Its address in the records here.' },
  identifiers: { title: 'Your numbers', about: 'Numbers by which you are known, each with what it is a number of.' },
} as const;

/** Who somebody is, without and with the name. */
export const describeIdentity = ({ scope }: ConsentItem): string =>
  scope.split(' ').includes('profile')
    ? 'Your name and your sign-in here, so that the app knows you when you come back.'
    : 'Your sign-in here, so that the app knows you when you come back.';

/** In place of the words that lead to the values. */
export const noValues = 'There is none in your entry here, so nothing is told.';
