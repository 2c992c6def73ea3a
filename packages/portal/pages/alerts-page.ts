/** The alert queue: what happened, and a place to write down what was found. IHE PCF, break-glass. */
import type { AlertView } from '../admin/administration.ts';
import { cleaned, html, type Markup } from '../markup.ts';
import { type Desk, printDesk } from '../parts/desk-frame.ts';
import type { House } from '../parts/document.ts';
import { printFault } from '../parts/fault.ts';
import { icons } from '../parts/icons.ts';
import { deskWords } from '../words-desk.ts';

export interface AlertsView {
  readonly open: number;
  readonly alerts: readonly AlertView[];
  readonly notice?: 'done' | 'already' | 'unknown' | 'noNote';
}

export const longestNote = 1000;

const fact = (name: string, words: string | undefined): Markup | false =>
  words !== undefined && html`<div><dt>${name}</dt><dd>${cleaned(words)}</dd></div>`;

const printAlert = (alert: AlertView, csrf: string, index: number): Markup => {
  const words = deskWords.alert;
  const { title, about } = words.kinds[alert.kind] ?? words.otherKind;
  const once = alert.count === 1;
  return html`<li class="card alert"><div class="alert-head"><span class="row-icon look">${icons.look}</span><div><h2 id="alert-${index}">${title}</h2><p class="fact">${about}</p></div></div>
<dl class="facts">${fact(alert.kind === 'emergency-access' ? words.reason : words.detail, alert.detail)}${fact(words.about, alert.about)}${fact(words.patient, alert.patient)}${fact(words.person, alert.person)}${fact(words.client, alert.client)}${fact(once ? words.when : words.first, words.showInstant(alert.at))}${!once && fact(words.last, words.showInstant(alert.lastAt))}${!once && fact(words.times, String(alert.count))}</dl>
<form method="post" action="/admin/alerts"><input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="alert" value="${alert.id}">
<div class="field"><label for="note-${index}">${words.note}</label><textarea id="note-${index}" name="note" rows="2" maxlength="${longestNote}" required></textarea></div>
<div class="actions"><button type="submit" aria-describedby="alert-${index}">${words.button}</button></div></form></li>`;
};

export const printAlerts = (house: House, desk: Desk, { open, alerts, notice }: AlertsView): string => {
  const words = deskWords.alert;
  return printDesk(house, desk, {
    place: 'alerts',
    title: words.title,
    body: html`${notice === 'done' && html`<p class="noted" role="status">${icons.check}${words.done}</p>`}
${notice !== undefined && notice !== 'done' && printFault({ title: words.faultTitle, text: words[notice] })}
<div class="head"><h1>${words.title}</h1><p class="lead">${words.lead}</p></div>
${
  alerts.length === 0
    ? html`<p class="empty">${words.empty}</p>`
    : html`<p class="hint">${words.shown(alerts.length, open)}</p><ul class="alerts">${alerts.map((alert, index) => printAlert(alert, desk.csrf, index + 1))}</ul>`
}`,
  });
};
