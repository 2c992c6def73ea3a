/** The words of signing in beyond user name and password: second factor, passkeys, sign-in elsewhere. WCAG 2.2 §3.3. */
import type { SignInFault } from '@affinity/authorization-server/sign-in-views.ts';
import { html, type Markup } from './markup.ts';

export const signInWords = {
  passkey: {
    button: 'Sign in with a passkey',
    failed: 'No passkey was used. You can try again, or sign in with your password.',
    refused: 'This passkey does not open an account here. Try again, or sign in with your password.',
  },
  elsewhere: {
    button: (provider: Markup) => html`Sign in with ${provider}`,
    faults: {
      denied: (provider: string) => `You did not finish signing in at ${provider}. Nothing has changed.`,
      unreachable: (provider: string) =>
        `${provider} does not answer just now. Try again later, or sign in another way.`,
      failed: (provider: string) => `${provider} did not let us know who you are. Try again, or sign in another way.`,
      refused: (provider: string) =>
        `The account here that ${provider} opened is closed. Ask the people who run this place.`,
      taken: (provider: string) => `This account at ${provider} is linked to somebody else here already.`,
    } satisfies Record<Extract<SignInFault, { kind: 'elsewhere' }>['why'], (provider: string) => string>,
  },
  linking: {
    title: 'Who are you here?',
    lead: (provider: Markup, name: Markup | undefined) =>
      name === undefined
        ? html`You signed in at ${provider}. We do not know yet whose account that is, so it opens nothing here.`
        : html`You signed in at ${provider} as ${name}. We do not know yet whose account that is, so it opens nothing here.`,
    account: 'I have an account here',
    accountAbout: (provider: Markup) => html`Sign in with it once. From then on ${provider} is enough.`,
    invitation: 'I have an invitation code',
    invitationAbout: 'Your clinic gives you one, for instance in a letter. It works once.',
    code: 'Invitation code',
    birthDate: 'Date of birth',
    birthDateHint: 'Of the patient. Leave it empty if you work here.',
    button: 'Continue',
    again: 'Sign in another way',
    wrong: 'Code and date of birth do not go together, or the code is used or too old. Check both and try again.',
    known: 'There is an account here for this person already. Sign in with it, or ask the people who run this place.',
  },
  link: {
    title: (provider: Markup) => html`Link your account at ${provider}?`,
    tab: 'Link an account elsewhere',
    lead: (provider: Markup, username: Markup, name: Markup | undefined) =>
      name === undefined
        ? html`From now on, whoever can sign in to it at ${provider} is signed in here as ${username}.`
        : html`From now on, whoever can sign in at ${provider} as ${name} is signed in here as ${username}.`,
    hint: 'You can unlink it at any time, under “Signing in” in your account.',
    yes: 'Link',
    no: 'Do not link',
  },
  secondFactor: {
    title: 'Enter the 6-digit code',
    lead: (username: Markup) =>
      html`You are signing in as ${username}. To be sure that it is you, we also ask for a code.`,
    code: 'Code',
    codeHint: 'Open your authenticator app. It shows a new code every 30 seconds.',
    button: 'Continue',
    lost: 'My device is not here',
    recovery: 'Recovery code',
    recoveryHint: 'One of the ten codes that you wrote down when you set this up. Each works once.',
    recoveryButton: 'Use this recovery code',
    nothing: 'If you have neither, ask the people who run this place to help you. Nobody else can.',
    again: 'Sign in as somebody else',
    faultTitle: 'You are not signed in yet',
    wrong: 'This code is not right, or was used before. Wait for the next one and try again.',
    throttled: (wait: string) => `Too many codes. To protect the account, wait ${wait}, then try again.`,
  },
  tooWeak: {
    title: 'This app asks for a second step',
    lead: (app: Markup) =>
      html`${app} shows what it shows only to people who prove twice that it is them. You have given one so far.`,
    safe: 'You are not signed in, and nothing was shared.',
    nextHeading: 'What you can do',
    next: (app: Markup) =>
      html`Set up a passkey or an authenticator app. It takes two minutes. Then come back to ${app} and start again.`,
    setUp: 'Set up a second step',
    back: (app: Markup) => html`Go back to ${app}`,
    again: 'Sign in another way',
  },
};
