/** Something did not work: what happened, what is safe, what to do next, and a reference to quote. */
import { html } from 'hono/html';
import { type Frame, layout, signInForm } from './layout.ts';

export interface Fault {
  readonly title: string;
  readonly text: string;
  /** what the log says it under; absent where nobody did anything wrong */
  readonly reference?: string;
}

export const faultPage = (frame: Frame, fault: Fault) =>
  layout(
    frame,
    fault.title,
    html`<section class="card message">
<h1>${fault.title}</h1>
<p>${fault.text}</p>
<div class="actions">${signInForm(frame)}<a class="second" href="${frame.base}/">Back to the start</a></div>
${fault.reference === undefined ? '' : html`<p class="hint">If it keeps happening, quote the reference <code>${fault.reference}</code>.</p>`}
</section>`,
  );

export const faults = {
  denied: {
    title: 'Nothing was shared',
    text: 'You did not allow Vitals to see your record, so it sees nothing. You can come back whenever you like.',
  },
  launch: {
    title: 'This sign-in could not be finished',
    text: 'It was begun in another window, took too long, or was used already. Nothing was shared. Please begin again.',
  },
  stranger: {
    title: 'Vitals does not know this health record',
    text: 'It was opened from a place that Vitals does not work with. Nothing was sent there. Sign in with your own health record instead.',
  },
  server: {
    title: 'Your health record could not be reached',
    text: 'The sign-in stopped half-way. Nothing was shared, and nothing in your record has changed. Please try again in a moment.',
  },
  identity: {
    title: 'This sign-in was stopped to protect you',
    text: 'The answer did not prove who it came from. Nothing was shared. Please tell the people who run your health record.',
  },
  noPatient: {
    title: 'No record was chosen',
    text: 'Vitals shows the numbers of one person, and your health record did not say whose. Please sign in again and choose a person.',
  },
  forgery: {
    title: 'This page was too old',
    text: 'You are still signed in, and nothing has changed. Go back to the start and try again.',
  },
  missing: { title: 'There is no such page', text: 'The address may be mistyped. Nothing is lost.' },
  internal: {
    title: 'Something went wrong here',
    text: 'It is a fault of Vitals, not yours. Your record is untouched. Please try again in a moment.',
  },
} as const satisfies Readonly<Record<string, Fault>>;
