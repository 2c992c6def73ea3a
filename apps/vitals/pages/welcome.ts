/** The first page, for somebody who is not signed in: what Vitals shows, what it asks for, and one button. */
import { html } from 'hono/html';
import { type Frame, layout, signInForm } from './layout.ts';

/** A drawing of no one's readings, so that the page shows what is behind it. */
const sample = html`<svg class="sample" viewBox="0 0 360 132" aria-hidden="true" focusable="false">
<rect class="band" x="0" y="30" width="360" height="40"/><rect class="band" x="0" y="82" width="360" height="30"/>
<g class="series series-1"><path class="line" d="M8 22L52 14L96 28L140 20L184 36L228 26L272 40L316 32L350 38"/><circle class="dot newest" cx="350" cy="38" r="5"/></g>
<g class="series series-2"><path class="line" d="M8 84L52 78L96 90L140 82L184 94L228 86L272 98L316 92L350 95"/><circle class="dot newest" cx="350" cy="95" r="5"/></g>
</svg>`;

export type Notice = 'ended' | 'signed-out' | 'signed-out-here';

const notices: Readonly<Record<Notice, string>> = {
  ended: 'You are no longer signed in: your time was over, or the access was ended. Sign in again to see your numbers.',
  'signed-out': 'You are signed out. Vitals can see nothing more.',
  'signed-out-here':
    'You are signed out here, but your health record could not be told just now. The access ends there when you said so.',
};

export const welcomePage = (frame: Frame, notice?: Notice) =>
  layout(
    frame,
    'Your numbers over time',
    html`${notice === undefined ? '' : html`<p class="notice" role="status">${notices[notice]}</p>`}
<section class="hero">
<div>
<h1>Your weight, blood pressure and glucose, over time</h1>
<p class="lead">Vitals draws the numbers that your clinic already has. You choose what it may see.</p>
${signInForm(frame)}
<p class="hint">You sign in at your health record, not here. Vitals never learns your password.</p>
</div>
<div class="card preview" aria-hidden="true"><p class="title">Blood pressure <span>Example</span></p><p class="value"><strong>118 / 76</strong> <span>mmHg</span></p>${sample}</div>
</section>
<section class="facts" aria-label="What to know before you sign in">
<div><h2>What it asks to see</h2><p>Your name and birth date, your vital signs, and your laboratory results for glucose. You can untick what you want to keep to yourself.</p></div>
<div><h2>What it does with it</h2><p>It shows it to you, on this page. It cannot change your record, and it keeps no copy.</p></div>
<div><h2>How it ends</h2><p>Sign out here, and Vitals can see nothing more. Otherwise it ends when you said so.</p></div>
</section>`,
  );
