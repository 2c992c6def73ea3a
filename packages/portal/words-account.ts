/** The words of people's own pages: what was allowed to whom, and how to end it. */
import type { AccountPlace, GivenAppView } from '@affinity/authorization-server/account-views.ts';
import { showDate } from './dates.ts';
import { html, type Markup } from './markup.ts';

const day = 86_400_000;
const dateOf = (instant: string): string => showDate('en', instant.slice(0, 10));
const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

/** How long before or after now, in the largest unit that fits: `today`, `3 days ago`, `in 2 months`. */
const relative = (instant: string, now: Date): string => {
  const days = Math.round((Date.parse(instant.slice(0, 10)) - Date.parse(now.toISOString().slice(0, 10))) / day);
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  const size = Math.abs(days);
  if (size < 60) return words.format(days, 'day');
  return size < 730 ? words.format(Math.round(days / 30.4), 'month') : words.format(Math.round(days / 365), 'year');
};

const withDistance = (instant: string, now: Date): string => `${dateOf(instant)} (${relative(instant, now)})`;

export const accountWords = {
  navigation: 'Your account',
  places: {
    apps: 'Apps and devices',
    security: 'Signing in',
  } satisfies Readonly<Record<AccountPlace, string>> as Readonly<Record<AccountPlace, string>>,
  signOut: 'Sign out',
  shared: 'This is a shared computer: sign out before you leave it.',
  apps: {
    title: 'Your apps and devices',
    lead: (apps: number) =>
      apps === 0
        ? 'Here you see every app that you have allowed, and end any of them.'
        : `${count(apps, 'app has', 'apps have')} your permission. You can end any of them, at any time.`,
    empty: 'You have not allowed any app yet. When you do, it is listed here, with what it may see and until when.',
    toFirstPage: 'See the apps',
    noted: 'Access has ended. That app can see nothing new from now on.',
    already: 'That access had already ended.',
    by: (publisher: Markup) => html`by ${publisher}`,
    noPublisher: 'Its makers are not named',
    whose: 'Whose record',
    own: 'Yours',
    anyRecord: 'Records that you may open',
    noRecord: 'No record',
    since: 'Allowed',
    lastUsed: 'Last used',
    neverUsed: 'Not used yet',
    until: 'Ends',
    showSince: withDistance,
    showUntil: (until: GivenAppView['until'], now: Date): string => {
      if (until.kind === 'session') return 'when you sign out';
      if (until.kind === 'day') return withDistance(until.at, now);
      if (until.kind === 'unused') return `when you end it, or on ${dateOf(until.at)} if it is not used until then`;
      const minutes = Math.max(1, Math.ceil((Date.parse(until.at) - now.getTime()) / 60_000));
      return `in ${count(minutes, 'minute', 'minutes')}, or when you sign out`;
    },
    things: (things: number) => `What it may see and do (${count(things, 'thing', 'things')})`,
    confidential: 'Also what is marked confidential',
    end: 'End access',
    consequence: (app: Markup) =>
      html`If you end this, ${app} can see nothing new from now on. What it already copied stays with it.`,
    everything: {
      title: 'Lost a phone, or something looks wrong?',
      about: (sessions: number) =>
        `One press ends the access of every app and signs you out everywhere${sessions > 1 ? `, on ${sessions} devices or browsers` : ''}. Nothing in your record is lost; you can allow apps again afterwards.`,
      button: 'Lost this phone: end everything',
    },
  },
  signOutQuestion: {
    title: 'Do you want to sign out?',
    lead: 'You were sent here to sign out.',
    leadFor: (app: Markup) => html`${app} sent you here to sign out.`,
    consequence: 'Signing out ends your sign-in in this browser, and what apps may see only while you are signed in.',
    back: (host: Markup) => html`Afterwards you go on to <strong>${host}</strong>.`,
    button: 'Sign out',
    stay: 'Stay signed in',
  },
  signedOut: {
    title: 'You are signed out',
    lead: 'Nobody is signed in here any more. On a computer that others use too, close the browser as well.',
    everything: {
      title: 'Everything is ended',
      lead: 'No app has your permission any more, and you are signed out on every device and browser.',
      next: 'If you think that somebody knows your password, sign in and change it.',
    },
    again: 'Sign in',
    home: 'Go to the first page',
  },
};
