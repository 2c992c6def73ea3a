/** Every word of the people's pages, in English. A second language is a second value of type `Words`. */
import type { ConsentGroup, ConsentItem } from '@affinity/authorization-server/page-views.ts';
import { nameType } from '@affinity/core/fhir/resource-type-words.ts';
import { html, type Markup } from './markup.ts';
import { claimWords, describeIdentity, noValues } from './words-claims.ts';
import { deviceWords } from './words-device.ts';
import { durationWords, goingOn } from './words-duration.ts';
import { emergencyWords } from './words-emergency.ts';
import { errors } from './words-errors.ts';
import { namePurposes } from './words-purposes.ts';
import { serverWords } from './words-servers.ts';
import { signInWords } from './words-sign-in.ts';
import { uncheckedWords } from './words-unchecked.ts';

/** Whose record is meant: the person's own, somebody else's by name, or whichever the person may open. */
export type Whose = 'own' | 'any' | { readonly name: Markup };
/** What is asked for altogether: to see or write in a record, to know who the person is. */
export interface Asked {
  readonly see: boolean;
  readonly write: boolean;
  readonly who: boolean;
}
export type Access = ConsentItem['access'][number];

const record = (whose: Whose): Markup =>
  whose === 'own'
    ? html`your record`
    : whose === 'any'
      ? html`the records that you may open`
      : html`${whose.name}’s record`;
const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
const list = new Intl.ListFormat('en-GB', { type: 'conjunction' });
const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const showWait = (seconds: number): string =>
  seconds < 90 ? count(Math.max(1, Math.ceil(seconds)), 'second', 'seconds') : `${Math.ceil(seconds / 60)} minutes`;

const groups: Readonly<Record<ConsentGroup, { readonly title: string; readonly about: string }>> = {
  identity: { title: 'Who you are', about: '' },
  ...claimWords,
  patient: { title: 'Personal details', about: 'Name, date of birth, sex, address and telephone.' },
  medications: { title: 'Medications', about: 'Medicines prescribed and taken, with their doses.' },
  allergies: { title: 'Allergies', about: 'What must be avoided, and what it does.' },
  conditions: { title: 'Conditions', about: 'Illnesses and other health problems, past and present.' },
  laboratory: { title: 'Laboratory results', about: 'Blood tests and tests of other samples.' },
  'vital-signs': { title: 'Vital signs', about: 'Blood pressure, pulse, temperature, weight and height.' },
  immunizations: { title: 'Immunizations', about: 'Vaccines given, and when.' },
  visits: { title: 'Visits', about: 'Appointments and stays: when, where and with whom.' },
  documents: { title: 'Documents', about: 'Letters, reports and scanned papers.' },
  other: { title: 'Other clinical', about: 'Other entries about health and care.' },
  'everything-else': { title: 'Everything else', about: 'Everything that is not in this list.' },
  ...goingOn,
};

/** Title and description of one thing asked for. */
const describeItem = (item: ConsentItem): { title: string; about: string } => {
  const words = groups[item.group];
  if (item.group === 'identity') return { title: words.title, about: describeIdentity(item) };
  if (item.values?.length === 0) return { title: words.title, about: noValues };
  if (item.group === 'patient' && item.types.length === 0) {
    return { title: 'Whose record it is', about: 'So that the app opens the record that you chose.' };
  }
  if (item.group !== 'other' && item.group !== 'everything-else') return words;
  const [first, ...more] = item.types.map(nameType);
  if (item.group === 'other' && first !== undefined && more.length === 0) {
    // Laboratory results and vital signs are groups of their own.
    const title = item.types[0] === 'Observation' ? `other ${first}` : first;
    return { title: sentence(title), about: 'Other clinical information.' };
  }
  const shown = more.length > 6 ? [...more.slice(0, 4), `${more.length - 4} more kinds of entries`] : more;
  const named = first === undefined ? words.about : `${sentence(list.format([first, ...shown]))}.`;
  return { title: words.title, about: item.future ? `${named} Also kinds of entries that do not exist yet.` : named };
};

const accessVerbs: Readonly<Record<Access, string>> = { see: 'see', add: 'add', change: 'change', delete: 'delete' };

export const english = {
  language: 'en',
  product: 'Affinity',
  pageTitle: (title: Markup | string) => html`${title} · Affinity`,
  faultTitle: (title: Markup | string) => html`Error: ${title}`,
  skip: 'Skip to the content',
  signedInAs: 'Signed in as',
  demonstration: 'Demonstration: everybody here is invented.',
  footer: (version: string) => `Affinity ${version}`,
  promise: 'Every look into a record is written down before it is answered.',
  newTab: '(opens in a new tab)',

  steps: { label: 'Steps', signIn: 'Sign in', patient: 'Whose record', consent: 'Allow', done: 'done' },

  app: {
    heading: 'The app that asks, in its own words',
    by: (publisher: Markup) => html`by ${publisher}`,
    noPublisher: 'Its makers are not named',
    returnsTo: (host: Markup) => html`Sends you back to <strong>${host}</strong>`,
    homepage: 'About the app',
    policy: 'What it does with data',
  },

  signIn: {
    title: 'Sign in',
    titleFor: (app: Markup, onDevice: boolean) =>
      onDevice ? html`Sign in to connect ${app} on a device` : html`Sign in to go on to ${app}`,
    lead: (app: Markup) => html`Signing in shares nothing yet. Next, you choose what ${app} may see.`,
    leadPortal: 'Sign in to see which apps you have allowed, and to end any of them.',
    username: 'User name',
    password: 'Password',
    passwordHint: (host: string) => `Your password goes to ${host} only. No app ever sees it.`,
    shared: 'This is a shared computer',
    sharedHint: 'Nothing is kept here: you are signed out when you close the browser, and after a few minutes.',
    button: 'Sign in',
    faultTitle: 'You are not signed in',
    wrong: 'User name and password do not go together. Check both and try again.',
    throttled: (seconds: number) =>
      `Too many attempts. To protect the account, wait ${showWait(seconds)}, then try again.`,
    samples: 'Show the sample sign-ins',
    ...signInWords,
  },

  patientChoice: {
    title: (app: Markup) => html`Whose record may ${app} see?`,
    lead: 'Choose one person. Nothing is shared yet.',
    legend: 'People whose record you may open',
    born: 'Born',
    age: (years: number) => (years === 0 ? 'under 1 year' : count(years, 'year', 'years')),
    relations: {
      self: 'You',
      child: 'Your child',
      parent: 'Your parent',
      spouse: 'Your spouse',
      partner: 'Your partner',
      sibling: 'Your brother or sister',
      grandparent: 'Your grandparent',
      grandchild: 'Your grandchild',
      ward: 'In your care',
      patient: 'Your patient',
    } as Readonly<Record<string, string>>,
    otherRelation: 'You may act for this person',
    button: 'Continue',
    faultTitle: 'Nobody is chosen yet',
    noneChosen: 'Choose whose record it is about, then continue.',
    empty: 'No record is linked to your sign-in yet. Ask your clinic to link it, then start again from the app.',
  },

  consent: {
    title: (app: Markup, whose: Whose, asked: Asked) => {
      if (!asked.see && !asked.write) return asked.who ? html`Let ${app} know who you are?` : html`Let ${app} go on?`;
      if (!asked.see) return html`Let ${app} write in ${record(whose)}?`;
      const andWrite = whose === 'any' ? ' and write in them' : ' and write in it';
      return html`Let ${app} see ${record(whose)}${asked.write && andWrite}?`;
    },
    lead: (kinds: number) =>
      `It asks for ${count(kinds, 'kind', 'kinds')} of information. Untick what you would rather not share.`,
    leadIdentity: 'It asks for nothing from any health record.',
    leadEmpty: 'It asks for nothing. You can let it go on, or deny.',
    purposes: (app: Markup, codes: readonly string[]) => html`${app} says what for: ${namePurposes(codes)}.`,
    legend: {
      identity: 'About you',
      record: (whose: Whose) =>
        whose === 'own'
          ? html`From your record`
          : whose === 'any'
            ? html`From records that you may open`
            : html`From ${whose.name}’s record`,
      amount: 'How much',
      confidential: 'Confidential entries',
      duration: 'For how long',
    },
    servers: serverWords,
    describeItem,
    access: (access: readonly Access[]) => sentence(list.format(access.map((verb) => accessVerbs[verb]))),
    amounts: {
      all: (_app: Markup) => ({
        title: 'Everything',
        about: html`Also what is marked confidential, such as entries about mental or sexual health.`,
      }),
      'not-confidential': (app: Markup) => ({
        title: 'Everything not marked confidential',
        about: html`${app} does not see confidential entries, nor that there are any.`,
      }),
      ticked: (_app: Markup) => ({
        title: 'Only what I tick below',
        about: html`Choose thing by thing, and whether confidential entries are left out.`,
      }),
    },
    amountHint: 'Whatever you choose here, what you untick below is left out.',
    writeToo: (access: readonly Access[]) => `It may also ${list.format(access.map((verb) => accessVerbs[verb]))}`,
    writeTooWhy: (app: Markup) => html`Untick to let ${app} only look.`,
    others: {
      title: groups.other.title,
      about: (kinds: number) =>
        `${count(kinds, 'more kind', 'more kinds')} of entries: all of them here, or one by one below.`,
    },
    notShared: 'Not shared',
    refused: 'Not allowed',
    required: 'Always needed',
    requiredWhy: 'The app cannot work without it.',
    mayGoOn: 'Allowed',
    leaveOut: 'Leave out what is marked confidential',
    leaveOutWhy: (app: Markup) =>
      html`Some entries, such as those about mental or sexual health, are marked by the clinic. With this ticked, ${app} does not see them, nor that there are any.`,
    ...durationWords,
    consequence: (app: Markup) =>
      html`When the time is over, ${app} can see nothing new. What it already copied stays with it.`,
    denyHint: (app: Markup, onDevice: boolean) =>
      html`If you deny, nothing is shared and ${onDevice ? html`${app} is told so on the device` : html`you go back to ${app}`}.`,
    allow: 'Allow',
    deny: 'Deny',
    technical: 'Show the technical names',
    technicalApp: 'The app',
    faultTitle: 'Nothing is ticked',
    nothingChosen: 'Tick at least one thing to allow, or choose Deny.',
  },

  emergency: emergencyWords,
  device: deviceWords,
  unchecked: uncheckedWords,

  error: {
    words: errors,
    safe: 'Nothing was shared, and nothing in any record was changed.',
    safeLabel: 'What is safe',
    nextLabel: 'What to do next',
    forMakers: 'For whoever builds the app',
    reference: 'Reference to quote',
    home: 'Go to the first page',
  },

  home: {
    title: 'Your health record, shared on your terms',
    lead: 'Apps can help you with your health. Here you decide, thing by thing, what each of them may see.',
    toApps: 'See the apps',
    toAccount: 'Your apps and devices',
    drawing: 'Two circles, your record and an app. Only where they overlap is anything shared.',
    drawn: { record: 'Your record', app: 'An app' },
    howHeading: 'How it works',
    how: [
      { title: 'You sign in here, and only here', about: 'Apps send you to this place. They never get your password.' },
      { title: 'You tick what is shared', about: 'Medications yes, laboratory results no: the app sees exactly that.' },
      { title: 'It ends when you said', about: 'You choose how long. Every look into the record is written down.' },
    ],
    appsHeading: 'Apps to try',
    noApps: 'No app is listed here yet. When the people who run this place add one, you find it here.',
    open: 'Open',
    peopleHeading: 'Sample people',
    peopleLead: 'Sign in as one of them. They and their records are invented, so nothing can go wrong.',
    person: 'Who',
    username: 'User name',
    password: 'Password',
    addressesHeading: 'For developers',
    addressesLead: 'The addresses of this domain. They speak SMART App Launch 2.2, OAuth 2.1 and FHIR R4.',
  },
};

export type Words = typeof english;
