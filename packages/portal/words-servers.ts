/** Where an app asks to open records, in plain words. */
export const serverWords = {
  legend: 'Where',
  first: 'The app opens this one first.',
  other: 'Untick to keep the app away from there.',
  mayOpen: 'Allowed',
};
