/** The words of the page on which people look after how they sign in. NIST SP 800-63B §6.1: plain, and honest about loss. */
import type { SecurityFault, SecurityNotice } from '@affinity/authorization-server/security-views.ts';
import { html, type Markup } from './markup.ts';

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

export const securityWords = {
  title: 'Signing in',
  lead: (username: Markup) => html`How you prove that it is you. You sign in here as <strong>${username}</strong>.`,
  stale: 'To change something here, prove once more that it is you.',
  again: 'Sign in again',
  notices: {
    'password-changed': 'Your password is changed. Everywhere else you were signed out.',
    'totp-removed': 'The authenticator app is no longer asked for.',
    'passkey-added': 'The passkey is added. From now on you can sign in with it.',
    'passkey-removed': 'The passkey is removed. It opens nothing here any more.',
    'identity-removed': 'The account is unlinked. It opens nothing here any more.',
  } satisfies Record<SecurityNotice, string>,
  faultTitle: 'Nothing was changed',
  faults: {
    'wrong-password': 'The old password is not right.',
    'short-password': 'The new password is too short. A few words in a row are easy to remember and hard to guess.',
    'long-password': 'The new password is too long.',
    'same-as-username': 'The new password has your user name in it. Choose something that nobody would try first.',
    'wrong-code': 'The code is not right. Wait for the next one and try again.',
    'passkey-refused': 'The passkey could not be added. Try again.',
    'passkey-full': 'There are as many passkeys as there may be, or this one is here already. Remove one first.',
    'last-way': 'This is your only way to sign in. Add another one first.',
  } satisfies Record<Exclude<SecurityFault['kind'], 'throttled'>, string>,
  throttled: (wait: string) => `Too many attempts. To protect the account, wait ${wait}, then try again.`,
  added: 'Added',
  lastUsed: 'Last used',
  neverUsed: 'Not used yet',
  remove: 'Remove',

  codes: {
    title: 'Your recovery codes',
    lead: 'Write them down or print this page now: they are not shown again. If your device is lost, each of them opens your account once, together with your password.',
    safe: 'Keep them where you keep other papers of value, not on the device itself.',
    done: 'I have written them down',
  },
  passkeys: {
    title: 'Passkeys',
    about:
      'Sign in with your fingerprint, your face or the PIN of your device, without user name and password. A passkey cannot be guessed, and works on no false page.',
    none: 'You have no passkey yet.',
    name: 'A name for it',
    nameHint: 'So that you know later which it is, such as “My phone”.',
    add: 'Add a passkey',
    failed: 'No passkey was added. You can try again.',
    noScript: 'To add one, use a browser and device that know passkeys, with JavaScript on.',
  },
  totp: {
    title: 'Authenticator app',
    about:
      'After your password, we ask for a 6-digit code that an app on your phone shows. So your password alone opens nothing.',
    off: 'Not set up',
    on: 'Set up',
    begin: 'Set up an authenticator app',
    steps: [
      'Open an authenticator app on your phone. Any will do.',
      'Photograph this picture with it, or type the secret.',
      'Enter the code that it shows.',
    ],
    picture: 'A picture for authenticator apps. The same secret stands as text beside it.',
    secret: 'The secret, as text',
    code: 'Code',
    confirm: 'Turn it on',
    another: 'Begin again with a new secret',
    remove: 'Remove the authenticator app',
    removeWhy: 'From then on your password alone opens your account.',
    codesLeft: (left: number) =>
      left === 0
        ? 'You have no recovery codes left. Make new ones, so that a lost device does not lock you out.'
        : `${count(left, 'recovery code is', 'recovery codes are')} left.`,
    codeUsed: (date: string) =>
      `One was used last: ${date}. If that was not you, change your password and make new codes.`,
    newCodes: 'Make new recovery codes',
    newCodesWhy: 'Those that you have are worth nothing from then on.',
  },
  password: {
    title: 'Password',
    about: (least: number) => `At least ${least} characters. Changing it signs you out everywhere else.`,
    none: 'You have no password: you sign in in another way. You can set one.',
    old: 'Old password',
    fresh: 'New password',
    change: 'Change the password',
    set: 'Set a password',
  },
  identities: {
    title: 'Accounts elsewhere',
    about: 'Whoever can sign in there can sign in here as you.',
    none: 'None is linked. To link one, choose it on the sign-in page.',
    subject: 'Known there as',
    unlink: 'Unlink',
  },
};
