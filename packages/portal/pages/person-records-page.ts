/** All records of one person, how they came together, and the way to take one out; and how a person is found. IHE PIXm. */
import { cleaned, html, type Markup } from '../markup.ts';
import type { Desk } from '../parts/desk-frame.ts';
import type { House } from '../parts/document.ts';
import { printSteward, type StewardNotice } from '../parts/steward-frame.ts';
import { printTurnedAway, printWayIn } from '../parts/way-in.ts';
import { comparedFacts, type PersonEventView, type PersonView, type RecordView } from '../steward/steward.ts';
import { stewardWords } from '../words-steward.ts';
import { longestWhy, shownFact, sourceOf } from './duplicates-page.ts';

export const printStewardSignIn = (house: House, notice?: 'denied' | 'broken' | 'ended'): string =>
  printWayIn(house, stewardWords.signIn, '/steward/sign-in', notice);

export const printStewardRefused = (house: House): string => printTurnedAway(house, stewardWords.refused);

const instant = (at: Date): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })
    .format(at)
    .concat(' UTC');

const printRecord = (house: House, csrf: string, person: PersonView, record: RecordView, at: number): Markup => {
  const words = stewardWords.person;
  const facts = comparedFacts.filter((fact) => record.facts[fact].length > 0);
  return html`<li class="card"><h3 id="record-${at}">${sourceOf(record)}</h3>
<dl class="facts">${facts.map((fact) => html`<div><dt>${stewardWords.case.facts[fact]}</dt><dd>${shownFact(house, fact, record.facts[fact])}</dd></div>`)}</dl>
${
  person.records.length > 1 &&
  html`<details class="fold"><summary>${words.separate}</summary><form class="question" method="post" action="/steward/persons/${person.id}"><input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="record" value="${record.record}">
<p>${words.separateAbout}</p><div class="field"><label for="why-${at}">${stewardWords.case.why}</label><textarea id="why-${at}" name="why" rows="2" maxlength="${longestWhy}" required></textarea></div>
<div class="actions"><button type="submit" aria-describedby="record-${at}">${words.separate}</button></div></form></details>`
}</li>`;
};

const printEvent = ({ kind, at, by, why }: PersonEventView): Markup => {
  const words = stewardWords.person;
  const who = by === 'matcher' ? words.matcher : by === 'source' ? words.source : cleaned(by);
  return html`<li><p class="row-title">${words.kinds[kind]}, ${who}</p><p class="fact">${instant(at)}</p><p>${cleaned(why)}</p></li>`;
};

export const printPerson = (house: House, desk: Desk, person: PersonView, notice?: StewardNotice): string => {
  const words = stewardWords.person;
  return printSteward(house, desk, {
    title: words.title,
    ...(notice === undefined ? {} : { notice }),
    body: html`<div class="head"><h1>${words.title}</h1><p class="lead">${words.lead(person.records.length)}</p></div>
<section aria-labelledby="records"><h2 id="records">${words.recordsTitle}</h2><ul class="duplicates records">${person.records.map((record, at) => printRecord(house, desk.csrf, person, record, at + 1))}</ul></section>
<section aria-labelledby="history"><h2 id="history">${words.historyTitle}</h2>${
      person.history.length === 0
        ? html`<p class="empty">${words.historyEmpty}</p>`
        : html`<ol class="card history">${person.history.map(printEvent)}</ol>`
    }</section>`,
  });
};

/** @param persons found by the number; undefined: nobody was looked for */
export const printFindPerson = (
  house: House,
  desk: Desk,
  found?: { readonly persons: readonly string[] },
  notice?: StewardNotice,
): string => {
  const words = stewardWords.search;
  return printSteward(house, desk, {
    place: 'find',
    title: words.title,
    ...(notice === undefined ? {} : { notice }),
    body: html`<div class="head"><h1>${words.title}</h1><p class="lead">${words.lead}</p></div>
<form class="card question" method="post" action="/steward/find"><input type="hidden" name="csrf" value="${desk.csrf}">
<div class="field"><label for="number">${words.label}</label><p class="hint" id="number-hint">${words.hint}</p><input id="number" name="number" type="text" maxlength="256" required autocomplete="off" spellcheck="false" aria-describedby="number-hint"></div>
<div class="actions"><button type="submit" class="primary">${words.button}</button></div></form>
${found !== undefined && found.persons.length === 0 && html`<p class="empty" role="status">${words.none}</p>`}
${
  found !== undefined &&
  found.persons.length > 0 &&
  html`<div role="status"><p>${words.several}</p><ul class="places">${found.persons.map((id, at) => html`<li><a href="/steward/persons/${id}">${words.open(at + 1)}</a></li>`)}</ul></div>`
}`,
  });
};
