/** The words of the administrators' page of the registry. */

export const definitionsWords = {
  title: 'Definitions',
  lead: 'What is published in the registry, by whom, and what waits for a second person.',
  waiting: 'Waiting to be decided',
  nothing: 'Nothing waits.',
  wanted: { active: 'To be published', retired: 'To be retired' },
  proposed: (by: string, at: string) => `Proposed by ${by}, ${at}`,
  own: 'You proposed this: another publisher has to decide.',
  approve: 'Approve',
  decline: 'Decline',
  decided: {
    approved: (by: string, at: string) => `approved by ${by}, ${at}`,
    refused: (by: string, at: string) => `declined by ${by}, ${at}`,
  },
  done: { approved: 'Approved. It is so from now on.', refused: 'Declined. It stays as it is.' },
  history: 'Decided lately',
  loadTitle: 'Load a package',
  packages: 'See the packages that are loaded',
  file: 'A FHIR package (.tgz)',
  load: 'Load',
  notLoaded: 'The package was not loaded',
  noPublisher:
    'Packages are loaded, and wishes decided, by publishers. You are not one: npx affinity people set NAME --publisher on',
  commandLine: 'Two persons publish here, so packages are loaded at the command line: npx affinity registry load FILE',
  faultTitle: 'Nothing was done',
  faults: {
    unreadable: 'The form could not be read, or the file is too large.',
    forged: 'This page has waited too long, or the form did not come from it. Try again.',
    noPublisher: 'You are not a publisher.',
    twoPersons: 'Two persons publish here: load the package at the command line.',
    samePerson: 'You proposed this yourself: another publisher has to decide.',
    changed: 'It has been changed since it was proposed. It has to be proposed again.',
    unknown: 'It does not wait any more, or cannot become so.',
  },
};
