/** What stands before an app that nobody vouches for. Stopping is as easy as going on. RFC 9700 §4.11.2; RFC 7591 §5. */
import type { UncheckedAppView } from '@affinity/authorization-server/page-views.ts';
import { html, quoted, tidy } from '../markup.ts';
import { printApp } from '../parts/app-frame.ts';
import { type House, printDocument } from '../parts/document.ts';
import { icons } from '../parts/icons.ts';

export const printUncheckedApp = (house: House, view: UncheckedAppView): string => {
  const { words } = house;
  const { unchecked } = words;
  const app = quoted(view.app.name);
  if (view.stopped === true)
    return printDocument(house, {
      title: unchecked.stoppedTitle,
      kind: 'step',
      body: html`<div class="single"><div class="head"><h1>${unchecked.stoppedTitle}</h1><p class="lead">${unchecked.stoppedLead(app)}</p></div>
<p>${unchecked.stoppedNext}</p><p><a class="button plain" href="/">${unchecked.home}</a></p></div>`,
    });
  return printDocument(house, {
    title: unchecked.title,
    kind: 'step',
    body: html`<div class="head unchecked-head"><h1>${icons.look}${unchecked.title}</h1><p class="lead">${unchecked.lead(html`“${tidy(view.app.name)}”`)}</p></div>
<div class="pair">${printApp(words, view.app)}<div class="main-column"><form class="card" method="post" action="${view.action}">
<input type="hidden" name="csrf" value="${view.csrf}">
<div class="caution-box"><h2>${unchecked.knownHeading}</h2><ul>${unchecked.known(view.app.returnsTo === undefined ? undefined : quoted(view.app.returnsTo)).map((line) => html`<li>${line}</li>`)}</ul></div>
<p class="consequence">${unchecked.stopHint}</p>
<div class="actions"><button class="primary" type="submit" name="decision" value="stop">${unchecked.stop}</button><button class="plain" type="submit" name="decision" value="continue">${unchecked.go}</button></div>
</form></div></div>`,
  });
};
