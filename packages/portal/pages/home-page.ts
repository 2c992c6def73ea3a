/** The front page: what this place is, which apps there are, and for developers the addresses. */
import { html, linkable, type Markup, quoted } from '../markup.ts';
import { printInitial } from '../parts/app-frame.ts';
import { type House, printDocument } from '../parts/document.ts';
import { printDrawing } from '../parts/drawing.ts';
import { icons } from '../parts/icons.ts';
import { printPeople } from '../parts/sample-people.ts';

export interface ListedApp {
  readonly name: string;
  readonly publisher: string;
  readonly description: string;
  /** where it opens: a path of this origin, or an address that `linkable` takes */
  readonly url: string;
  /** path of a picture on this origin, at least 48 × 48 */
  readonly icon?: string;
}

export interface ListedAddress {
  readonly label: string;
  readonly url: string;
  readonly about: string;
}

const onOrigin = (origin: string, address: string): string | undefined => linkable(URL.parse(address, origin)?.href);

const printListedApp = (house: House, app: ListedApp, index: number): Markup => {
  const href = onOrigin(house.origin, app.url);
  const picture = app.icon === undefined ? null : URL.parse(app.icon, house.origin);
  const face =
    picture?.origin === new URL(house.origin).origin
      ? html`<span class="initial"><img src="${picture.pathname}" alt="" width="32" height="32"></span>`
      : printInitial(app.name);
  return html`<li class="tile"><div class="app-face">${face}<div><h3 class="app-name" id="app-${index}">${quoted(app.name)}</h3><p class="app-by">${house.words.app.by(quoted(app.publisher))}</p></div></div>
<p>${quoted(app.description)}</p>${href !== undefined && html`<p class="tile-action"><a class="button plain" id="open-${index}" href="${href}" rel="noopener noreferrer" aria-labelledby="open-${index} app-${index}">${house.words.home.open}${icons.forward}</a></p>`}</li>`;
};

const printAddress = (house: House, address: ListedAddress): Markup => {
  const href = onOrigin(house.origin, address.url);
  // A long address may break after a slash.
  const pieces = (href ?? address.url).split(/(?<=\/)/);
  const shown = html`<code>${pieces.map((piece) => html`${piece}<wbr>`)}</code>`;
  return html`<div><dt>${address.label}<span class="about">${address.about}</span></dt><dd>${href === undefined ? shown : html`<a href="${href}">${shown}</a>`}</dd></div>`;
};

/** @param account of people's own pages, where there are such */
export const printHome = (
  house: House,
  apps: readonly ListedApp[],
  addresses: readonly ListedAddress[],
  account?: string,
): string => {
  const { home } = house.words;
  return printDocument(house, {
    title: home.title,
    kind: 'front',
    body: html`<section class="hero"><div><h1>${home.title}</h1><p class="lead">${home.lead}</p><p class="actions"><a class="button primary" href="#apps">${home.toApps}</a>${account !== undefined && html`<a class="button plain" href="${account}">${home.toAccount}</a>`}</p></div>${printDrawing(house.words)}</section>
<section class="band" aria-labelledby="how"><h2 id="how">${home.howHeading}</h2><ol class="how">${home.how.map(
      (step, index) =>
        html`<li><span class="ball" aria-hidden="true">${index + 1}</span><h3>${step.title}</h3><p>${step.about}</p></li>`,
    )}</ol></section>
<section aria-labelledby="apps"><h2 id="apps" tabindex="-1">${home.appsHeading}</h2>${
      apps.length === 0
        ? html`<p class="empty">${home.noApps}</p>`
        : html`<ul class="tiles">${apps.map((app, index) => printListedApp(house, app, index + 1))}</ul>`
    }</section>
${house.people && html`<section aria-labelledby="people"><h2 id="people">${home.peopleHeading}</h2><p class="lead">${home.peopleLead}</p><div class="card">${printPeople(house.words, house.people)}</div></section>`}
${addresses.length > 0 && html`<section aria-labelledby="addresses"><h2 id="addresses">${home.addressesHeading}</h2><p class="lead">${home.addressesLead}</p><dl class="addresses card">${addresses.map((address) => printAddress(house, address))}</dl></section>`}`,
  });
};
