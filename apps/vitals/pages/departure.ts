/**
 * Sends a person on to another site after a form. A page and not a redirect, because browsers hold a form's redirects to
 * `form-action`, which allows this site alone. CSP Level 3 §6.4.1.
 */
import { html } from 'hono/html';
import { type Frame, layout } from './layout.ts';

export const departurePage = (frame: Frame, url: string) =>
  layout(
    frame,
    'To your health record',
    html`<section class="card message">
<h1>Taking you to your health record</h1>
<p>You sign in there and choose what Vitals may see.</p>
<p><a class="primary" href="${url}">Continue</a></p>
</section>`,
    { onwards: url },
  );
