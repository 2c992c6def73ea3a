/** The app asks for two factors and the account has one: what to do about it, and the way back. RFC 9470 §5. */
import type { TooWeakView } from '@affinity/authorization-server/sign-in-views.ts';
import { html, quoted } from '../markup.ts';
import { printApp } from '../parts/app-frame.ts';
import { type House, printDocument } from '../parts/document.ts';
import { icons } from '../parts/icons.ts';

export const printTooWeak = (house: House, view: TooWeakView): string => {
  const { words } = house;
  const { tooWeak } = words.signIn;
  const app = quoted(view.app.name);
  return printDocument(house, {
    title: tooWeak.title,
    kind: 'step',
    body: html`<div class="head"><h1>${tooWeak.title}</h1>
<p class="lead">${tooWeak.lead(app)}</p></div>
<div class="pair">
${printApp(words, view.app)}
<div class="main-column"><div class="card"><dl class="answers">
<div><dt class="safe">${icons.shield}${words.error.safeLabel}</dt><dd>${tooWeak.safe}</dd></div>
<div><dt>${icons.forward}${tooWeak.nextHeading}</dt><dd>${tooWeak.next(app)}</dd></div></dl>
<form method="post" action="${view.action}"><input type="hidden" name="csrf" value="${view.csrf}">
<div class="actions"><a class="button primary" href="${view.security}">${tooWeak.setUp}</a>
<button type="submit" name="decision" value="back"><span>${tooWeak.back(app)}</span></button></div></form></div>
<form method="post" action="${view.action}"><input type="hidden" name="csrf" value="${view.csrf}">
<button class="quiet" type="submit" name="again" value="yes">${tooWeak.again}</button></form>
</div></div>`,
  });
};
