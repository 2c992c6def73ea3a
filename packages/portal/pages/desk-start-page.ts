/** Where administrators begin, and the pages that say who may not. */
import { html } from '../markup.ts';
import { type Desk, printDesk } from '../parts/desk-frame.ts';
import type { House } from '../parts/document.ts';
import { icons } from '../parts/icons.ts';
import { printTurnedAway, printWayIn } from '../parts/way-in.ts';
import { deskWords } from '../words-desk.ts';

export const printDeskSignIn = (house: House, notice?: 'denied' | 'broken' | 'ended'): string =>
  printWayIn(house, deskWords.signIn, '/admin/sign-in', notice);

/** Somebody is signed in and is no administrator. */
export const printDeskRefused = (house: House, name: string | undefined): string =>
  printTurnedAway(house, deskWords.refused, name);

export const printDeskStart = (house: House, desk: Desk, open: number): string => {
  const { home } = deskWords;
  return printDesk(house, desk, {
    place: 'start',
    title: home.title,
    body: html`<div class="head"><h1>${home.title}</h1><p class="lead">${home.lead(desk.name)}</p></div>
<ul class="tiles desk-tiles">
<li class="tile${open > 0 && ' tile-look'}"><h2>${icons.look}${deskWords.alerts}</h2><p class="figure">${open}</p><p>${home.alerts(open)}</p><p class="tile-action"><a class="button${open > 0 && ' primary'}" href="/admin/alerts">${home.toAlerts}</a></p></li>
<li class="tile"><h2>${icons.shield}${home.explainTitle}</h2><p>${home.explainAbout}</p><p class="tile-action"><a class="button${open === 0 && ' primary'}" href="/admin/explain">${home.toExplain}</a></p></li>
<li class="tile"><h2>${icons.lock}${home.auditTitle}</h2><p>${home.auditAbout}</p><p><code>${home.auditCommand}</code></p></li>
</ul>`,
  });
};
