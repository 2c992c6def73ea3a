/** One patient for a clinician: who it is, the visits, and the apps that open for them. SMART App Launch 2.2, EHR launch. */
import type { EncounterView } from '@affinity/authorization-server/page-views.ts';
import { showDate, yearsSince } from '../dates.ts';
import type { Chart, ChartPatient, LaunchableApp } from '../ehr/ehr.ts';
import { html, type Markup, quoted, tidy } from '../markup.ts';
import { printInitial } from '../parts/app-frame.ts';
import type { Desk } from '../parts/desk-frame.ts';
import type { House } from '../parts/document.ts';
import { printEhr } from '../parts/ehr-frame.ts';
import { groupIcons } from '../parts/icons.ts';
import { ehrWords } from '../words-ehr.ts';
import { encounterFacts, encounterTitle } from './encounter-choice-page.ts';

/** What tells patients apart: birth, age, sex and number. */
export const patientFacts = (house: House, { id, birthDate, gender }: ChartPatient): readonly Markup[] => {
  const { language, patientChoice } = house.words;
  const years = birthDate === undefined ? undefined : yearsSince(birthDate, house.now());
  const { genders } = ehrWords.chart;
  return [
    ...(birthDate === undefined
      ? []
      : [
          html`${patientChoice.born} ${tidy(showDate(language, birthDate))}${
            years !== undefined && html` (${patientChoice.age(years)})`
          }`,
        ]),
    ...(gender !== undefined && Object.hasOwn(genders, gender) ? [html`${genders[gender]}`] : []),
    html`<code>${tidy(id)}</code>`,
  ];
};

/** On one line, as far as it goes. */
export const printFacts = (facts: readonly Markup[]): Markup =>
  html` <span class="fact">${facts.map((fact, index) => html`${index > 0 && ' · '}${fact}`)}</span>`;

const printVisit = (id: string, value: string, checked: boolean, title: Markup, facts: readonly Markup[]): Markup =>
  html`<li><label class="row" for="${id}"><input type="radio" id="${id}" name="encounter" value="${value}"${checked && html` checked`}><span class="initial" aria-hidden="true">${groupIcons.visits}</span>
<span class="row-text"><span class="row-title">${title}</span>${printFacts(facts)}</span></label></li>`;

const printVisits = (house: House, encounters: readonly EncounterView[]): Markup => {
  const { chart } = ehrWords;
  return html`<div class="card"><fieldset><legend>${chart.visits}</legend><ul class="rows">
${printVisit('visit-0', '', true, html`${chart.noVisit}`, [html`${chart.noVisitAbout}`])}
${encounters.map((one, index) =>
  printVisit(`visit-${index + 1}`, one.id, false, encounterTitle(one), encounterFacts(house, one)),
)}</ul></fieldset></div>`;
};

const printApp = (house: House, app: LaunchableApp, primary: boolean): Markup =>
  html`<li class="tile"><div class="app-face">${printInitial(app.name)}<div><h3 class="app-name">${quoted(app.name)}</h3><p class="app-by">${
    app.publisher === undefined ? house.words.app.noPublisher : house.words.app.by(quoted(app.publisher))
  }</p></div></div><p class="tile-action"><button${primary && html` class="primary"`} type="submit" name="client" value="${app.clientId}">${ehrWords.chart.launch(quoted(app.name))}</button></p></li>`;

export const printChart = (
  house: House,
  desk: Desk,
  { patient, encounters }: Chart,
  apps: readonly LaunchableApp[],
  showsElsewhere = false,
): string => {
  const { chart } = ehrWords;
  return printEhr(house, desk, {
    title: html`${tidy(patient.name)}`,
    here: false,
    body: html`<p class="way-back"><a href="/ehr">${chart.back}</a></p>
<div class="head"><h1>${quoted(patient.name)}</h1><p>${printFacts(patientFacts(house, patient))}</p><p class="lead">${chart.lead}</p>${
      showsElsewhere &&
      html`<p><a class="button plain" href="/ehr/patients/${patient.id}/elsewhere">${ehrWords.elsewhere.link}</a></p>`
    }</div>
${
  apps.length === 0
    ? html`<p class="empty">${chart.appsEmpty}</p>`
    : html`<form method="post" action="/ehr/launch"><input type="hidden" name="csrf" value="${desk.csrf}"><input type="hidden" name="patient" value="${patient.id}">
<div class="chart"><section aria-labelledby="apps"><h2 id="apps">${chart.apps}</h2><ul class="tiles">${apps.map((app) => printApp(house, app, apps.length === 1))}</ul></section>
<section>${printVisits(house, encounters)}</section></div></form>`
}`,
  });
};
