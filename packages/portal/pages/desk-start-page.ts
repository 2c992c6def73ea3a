/** Where administrators begin, and the pages that say who may not. */
import { html } from '../markup.ts';
import { type Desk, printDesk } from '../parts/desk-frame.ts';
import { type House, printDocument } from '../parts/document.ts';
import { printFault } from '../parts/fault.ts';
import { icons } from '../parts/icons.ts';
import { deskWords } from '../words-desk.ts';

export const printDeskSignIn = (house: House, notice?: 'denied' | 'broken' | 'ended'): string => {
  const { signIn } = deskWords;
  return printDocument(house, {
    title: signIn.title,
    kind: 'step',
    body: html`<div class="single">${
      notice === 'ended'
        ? html`<p class="noted" role="status">${icons.check}${signIn.ended}</p>`
        : notice !== undefined && printFault({ title: signIn.failed, text: signIn[notice] })
    }<div class="head"><h1>${signIn.title}</h1><p class="lead">${signIn.lead}</p></div>
<form class="card" method="post" action="/admin/sign-in"><div class="actions first"><button class="primary" type="submit">${signIn.button}</button></div></form></div>`,
  });
};

/** Somebody is signed in and is no administrator. */
export const printDeskRefused = (house: House, name: string | undefined): string => {
  const { refused } = deskWords;
  const { error } = house.words;
  return printDocument(house, {
    title: refused.title,
    ...(name === undefined ? {} : { person: name }),
    kind: 'step',
    body: html`<div class="single trouble"><div class="head"><span class="trouble-sign">${icons.lock}</span><h1>${refused.title}</h1><p class="lead">${refused.what}</p></div>
<div class="card"><dl class="answers"><div><dt class="safe">${icons.shield}${error.safeLabel}</dt><dd>${refused.safe}</dd></div>
<div><dt>${icons.forward}${error.nextLabel}</dt><dd>${refused.next}</dd></div></dl></div>
<p><a class="button plain" href="/">${error.home}</a></p></div>`,
  });
};

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
