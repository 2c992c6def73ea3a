/** The words of signing in beyond user name and password: second factor, passkeys, sign-in elsewhere. WCAG 2.2 §3.3. */
import { html, type Markup } from './markup.ts';

export const signInWords = {
  passkey: {
    button: 'Sign in with a passkey',
    failed: 'No passkey was used. You can try again, or sign in with your password.',
    refused: 'This passkey does not open an account here. Try again, or sign in with your password.',
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
