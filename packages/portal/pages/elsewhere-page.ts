/** What other places hold of a patient, for a clinician: where what is, what was gathered, and plainly what could not be asked. */
import { showDate } from '../dates.ts';
import type { Elsewhere, GatheredEntry, HeldAtPlace } from '../ehr/ehr.ts';
import { html, type Markup, quoted, tidy } from '../markup.ts';
import type { Desk } from '../parts/desk-frame.ts';
import type { House } from '../parts/document.ts';
import { printEhr } from '../parts/ehr-frame.ts';
import { groupIcons } from '../parts/icons.ts';
import { ehrWords } from '../words-ehr.ts';
import { patientFacts, printFacts } from './chart-page.ts';

const { elsewhere: words } = ehrWords;

const dated = (house: House, date: string): Markup => html`${tidy(showDate(house.words.language, date.slice(0, 10)))}`;

const printPlace = (house: House, { title, holdings }: HeldAtPlace): Markup =>
  html`<li class="row"><span class="row-text"><span class="row-title">${quoted(title)}</span>${printFacts(
    holdings.map(
      ({ type, count, latest }) =>
        html`${words.held(type, count)}${latest !== undefined && html`, ${words.newest} ${dated(house, latest)}`}`,
    ),
  )}</span></li>`;

const printEntry = (house: House, { type, title, date, place, also }: GatheredEntry): Markup =>
  html`<li class="row"><span class="initial" aria-hidden="true">${groupIcons.documents}</span><span class="row-text"><span class="row-title">${title === '' ? html`${words.untitled(type)}` : quoted(title)}</span>${printFacts(
    [
      html`${quoted(place)}`,
      ...(date === undefined ? [] : [dated(house, date)]),
      ...also.map((other) => html`${words.also} ${quoted(other)}`),
    ],
  )}</span></li>`;

export const printElsewhere = (house: House, desk: Desk, shown: Elsewhere): string => {
  const { patient, places, gathered, missing } = shown;
  return printEhr(house, desk, {
    title: html`${words.title}: ${tidy(patient.name)}`,
    here: false,
    body: html`<p class="way-back"><a href="/ehr/patients/${patient.id}">${words.back}</a></p>
<div class="head"><h1>${words.title}</h1><p>${quoted(patient.name)}${printFacts(patientFacts(house, patient))}</p><p class="lead">${words.lead}</p></div>
${
  missing.length > 0 &&
  html`<div class="warning" role="status"><h2>${words.missing}</h2><ul>${missing.map((one) => html`<li>${quoted(one)}.</li>`)}</ul><p>${words.missingNext}</p></div>`
}
<section class="card" aria-labelledby="places"><h2 id="places">${words.places}</h2>${
      places.length === 0
        ? html`<p class="empty">${words.placesEmpty}</p>`
        : html`<ul class="rows">${places.map((place) => printPlace(house, place))}</ul>`
    }</section>
<section class="card" aria-labelledby="gathered"><h2 id="gathered">${words.gathered}</h2>${
      gathered.length === 0
        ? html`<p class="empty">${words.gatheredEmpty}</p>`
        : html`<ul class="rows">${gathered.map((entry) => printEntry(house, entry))}</ul>`
    }</section>`,
  });
};
