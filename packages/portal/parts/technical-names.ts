/** The scopes and the client id as the app sent them, one tap away, for those who want them. */
import type { ConsentView } from '@affinity/authorization-server/page-views.ts';
import { html, type Markup, tidy } from '../markup.ts';
import type { Words } from '../words.ts';

export const printTechnicalNames = (words: Words, view: ConsentView): Markup =>
  html`<details class="fold technical"><summary>${words.consent.technical}</summary><dl>
<div><dt>${words.consent.technicalApp}</dt><dd><code>${tidy(view.app.clientId)}</code></dd></div>
${view.items.map(
  (item) =>
    html`<div><dt>${words.consent.describeItem(item).title}</dt><dd>${item.scope.split(' ').map((scope) => html`<code>${scope}</code> `)}</dd></div>`,
)}</dl></details>`;
