/** Which visit: one radio for each, and one for none of them, none chosen beforehand. SMART App Launch 2.2, `launch/encounter`. */
import type { EncounterChoiceView, EncounterView } from '@affinity/authorization-server/page-views.ts';
import { showDate } from '../dates.ts';
import { html, type Markup, quoted, tidy } from '../markup.ts';
import { printApp } from '../parts/app-frame.ts';
import { type House, printDocument } from '../parts/document.ts';
import { printFault } from '../parts/fault.ts';
import { groupIcons } from '../parts/icons.ts';
import { printSteps } from '../parts/steps.ts';
import { encounterWords } from '../words-encounter.ts';

/** What a person would know a visit by: when, where, and whether it is over. */
export const encounterFacts = (house: House, { start, place, status }: EncounterView): readonly Markup[] => {
  const known = status !== undefined && Object.hasOwn(encounterWords.statuses, status);
  return [
    start === undefined
      ? html`${encounterWords.noDate}`
      : html`${tidy(showDate(house.words.language, start.slice(0, 10)))}`,
    ...(place === undefined ? [] : [quoted(place)]),
    ...(known ? [html`${encounterWords.statuses[status]}`] : []),
  ];
};

export const encounterTitle = ({ title }: EncounterView): Markup =>
  title === '' ? html`${encounterWords.untitled}` : quoted(title);

const printRow = (id: string, value: string, title: Markup, facts: readonly Markup[]): Markup =>
  html`<li><label class="row" for="${id}">
<input type="radio" id="${id}" name="encounter" value="${value}" required><span class="initial" aria-hidden="true">${groupIcons.visits}</span>
<span class="row-text"><span class="row-title">${title}</span>${facts.map((fact) => html` <span class="fact">${fact}</span>`)}</span></label></li>`;

export const printEncounterChoice = (house: House, view: EncounterChoiceView): string => {
  const { words } = house;
  const tab = encounterWords.title(html`${tidy(view.app.name)}`);
  const rows = [
    ...view.encounters.map((one, index) =>
      printRow(`encounter-${index + 1}`, one.id, encounterTitle(one), encounterFacts(house, one)),
    ),
    printRow(`encounter-${view.encounters.length + 1}`, 'none', html`${encounterWords.none}`, [
      html`${encounterWords.noneAbout}`,
    ]),
  ];
  return printDocument(house, {
    title: view.fault ? words.faultTitle(tab) : tab,
    person: view.person.name,
    kind: 'step',
    body: html`${printSteps(words, ['signIn', 'patient', 'consent'], 'patient')}
${view.fault && printFault({ title: encounterWords.faultTitle, text: encounterWords.noneChosen, target: 'encounter-1' })}
<div class="head"><h1>${encounterWords.heading}</h1><p class="lead">${encounterWords.lead(
      quoted(view.app.name),
      view.patient && quoted(view.patient.name),
    )}</p></div>
<div class="pair">${printApp(words, view.app)}<div class="main-column"><form class="card" method="post" action="${view.action}">
<input type="hidden" name="csrf" value="${view.csrf}">
<fieldset${view.fault && html` aria-describedby="fault-text"`}><legend>${encounterWords.legend}</legend>
<ul class="rows">${rows}</ul></fieldset>
<div class="actions sticky"><button class="primary" type="submit">${encounterWords.button}</button></div>
</form></div></div>`,
  });
};
