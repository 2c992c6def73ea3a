/** Your apps and devices: what each may see, since when, until when, and the end of it. SMART App Launch 2.2, `management_endpoint`. */
import type { AccountFrame, AppsView, GivenAppView } from '@affinity/authorization-server/account-views.ts';
import type { ConsentItem } from '@affinity/authorization-server/page-views.ts';
import { html, type Markup, quoted, tidy } from '../markup.ts';
import { printAccount } from '../parts/account-frame.ts';
import { printInitial } from '../parts/app-frame.ts';
import type { House } from '../parts/document.ts';
import { groupIcons, icons } from '../parts/icons.ts';
import { accountWords } from '../words-account.ts';

const { apps: words } = accountWords;

const fact = (name: string, what: Markup | string): Markup => html`<div><dt>${name}</dt><dd>${what}</dd></div>`;

/** The things that differ only in what the app may do are one to a person. */
const thingsOf = (items: readonly ConsentItem[]): readonly (readonly ConsentItem[])[] => {
  const things = new Map<string, ConsentItem[]>();
  for (const item of items) things.set(item.thing, [...(things.get(item.thing) ?? []), item]);
  return [...things.values()];
};

const printThing = (house: House, items: readonly ConsentItem[]): Markup => {
  const { consent } = house.words;
  const [first] = items;
  if (first === undefined) return html``;
  const access = items.flatMap((item) => item.access);
  const writes = access.some((verb) => verb !== 'see');
  return html`<li><span class="row-icon">${groupIcons[first.group]}</span><span class="row-text">${consent.describeItem(first).title}</span>${
    access.length > 0 &&
    html` <span class="chip${writes && ' chip-look'}">${writes ? icons.pencil : icons.eye}${consent.access(access)}</span>`
  }</li>`;
};

const whoseOf = ({ patient, items }: GivenAppView): Markup | string => {
  if (patient !== undefined) return patient.relation === 'self' ? words.own : quoted(patient.name);
  return items.some(({ access }) => access.length > 0) ? words.anyRecord : words.noRecord;
};

const printApp = (house: House, app: GivenAppView, { action }: AppsView, csrf: string, index: number): Markup => {
  const now = house.now();
  const things = thingsOf(app.items);
  const by =
    app.publisher === undefined
      ? html`<span class="caution">${icons.look}${words.noPublisher}</span>`
      : words.by(quoted(app.publisher));
  return html`<li class="card given"><div class="app-face">${printInitial(app.name)}<div><h2 class="app-name" id="app-${index}">${quoted(app.name)}</h2><p class="app-by">${by}</p></div></div>
<dl class="facts">${fact(words.whose, whoseOf(app))}${fact(words.since, words.showSince(app.since, now))}${fact(words.lastUsed, app.lastUsed === undefined ? words.neverUsed : words.showSince(app.lastUsed, now))}${fact(words.until, words.showUntil(app.until, now))}</dl>
<details class="fold"><summary>${words.things(things.length)}</summary><ul class="things">${things.map((thing) => printThing(house, thing))}${
    app.confidential &&
    html`<li><span class="row-icon look">${icons.look}</span><span class="row-text">${words.confidential}</span></li>`
  }</ul><p class="fact"><code>${tidy(app.clientId)}</code></p></details>
<form method="post" action="${action}"><input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="grant" value="${app.grant}">
<p class="consequence">${words.consequence(quoted(app.name))}</p><div class="actions"><button type="submit" class="plain ending" aria-describedby="app-${index}">${words.end}</button></div></form></li>`;
};

export const printAccountApps = (house: House, view: AppsView, frame: AccountFrame): string => {
  const { apps, sessions, notice, action } = view;
  return printAccount(house, frame, {
    place: 'apps',
    title: words.title,
    body: html`${notice !== undefined && html`<p class="noted" role="status">${icons.check}${notice === 'ended' ? words.noted : words.already}</p>`}
<div class="head"><h1>${words.title}</h1><p class="lead">${words.lead(apps.length)}</p></div>
${
  apps.length === 0
    ? html`<div class="card empty"><p>${words.empty}</p><div class="actions"><a class="button plain" href="/">${words.toFirstPage}</a></div></div>`
    : html`<ul class="given-apps">${apps.map((app, index) => printApp(house, app, view, frame.csrf, index + 1))}</ul>`
}
<section class="card everything"><h2>${icons.look}${words.everything.title}</h2><p>${words.everything.about(sessions)}</p>
<form method="post" action="${action}"><input type="hidden" name="csrf" value="${frame.csrf}"><input type="hidden" name="everything" value="yes"><div class="actions"><button type="submit" class="primary danger">${words.everything.button}</button></div></form></section>`,
  });
};
