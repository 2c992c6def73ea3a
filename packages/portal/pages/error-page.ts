/** What went wrong, what is safe, what to do next, and a reference to quote. Never a stack, never a code alone. */
import type { ErrorView } from '@affinity/authorization-server/page-views.ts';
import { html, tidy } from '../markup.ts';
import { type House, printDocument } from '../parts/document.ts';
import { icons } from '../parts/icons.ts';

export const printError = (house: House, view: ErrorView): string => {
  const { error } = house.words;
  const { title, what, next } = error.words[view.kind];
  return printDocument(house, {
    title,
    kind: 'step',
    body: html`<div class="single trouble"><div class="head"><span class="trouble-sign">${icons.look}</span><h1>${title}</h1><p class="lead">${what}</p></div>
<div class="card"><dl class="answers"><div><dt class="safe">${icons.shield}${error.safeLabel}</dt><dd>${error.safe}</dd></div>
<div><dt>${icons.forward}${error.nextLabel}</dt><dd>${next}</dd></div></dl>
<p class="reference">${error.reference} <code>${tidy(view.reference)}</code></p>
${view.detail !== undefined && html`<details class="fold"><summary>${error.forMakers}</summary><p>${tidy(view.detail)} (${view.status})</p></details>`}
</div><p><a class="button plain" href="/">${error.home}</a></p></div>`,
  });
};
