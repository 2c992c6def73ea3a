/** Two records side by side, and the list of those that wait: what agrees is said in a word and by a shape. WCAG 2.2 §1.4.1, §1.3.1. */
import { showDate } from '../dates.ts';
import { cleaned, html, type Markup } from '../markup.ts';
import type { Desk } from '../parts/desk-frame.ts';
import type { House } from '../parts/document.ts';
import { icons } from '../parts/icons.ts';
import { printSteward, type StewardNotice } from '../parts/steward-frame.ts';
import { type CaseView, type ComparedFact, comparedFacts, type RecordView } from '../steward/steward.ts';
import { stewardWords } from '../words-steward.ts';

export const longestWhy = 1000;

type Agreement = keyof typeof stewardWords.case.agreements;

const folded = (words: string): string =>
  words
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();

/** By what is read, not by what a matcher thinks of it: the steward sees why. */
const agreementOf = (one: readonly string[], other: readonly string[]): Agreement => {
  if (one.length === 0 || other.length === 0) return 'unsaid';
  const [some, others] = [one, other].map((values) => new Set(values.map(folded))) as [Set<string>, Set<string>];
  const common = [...some].filter((value) => others.has(value)).length;
  if (common === some.size && common === others.size) return 'same';
  if (common > 0) return 'partly';
  const wordsOf = (values: readonly string[]) => new Set(values.flatMap((value) => value.split(/\s+/).map(folded)));
  const [mine, theirs] = [wordsOf(one), wordsOf(other)];
  return [...mine].some((word) => word.length > 2 && theirs.has(word)) ? 'partly' : 'differs';
};

const signs: Readonly<Record<Agreement, Markup>> = {
  same: icons.check,
  partly: icons.look,
  differs: html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M6 6l12 12M18 6L6 18"/></svg>`,
  unsaid: html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M6 12h12"/></svg>`,
};

export const shownFact = (house: House, fact: ComparedFact, values: readonly string[]): Markup => {
  const { language } = house.words;
  const { nothing, genders } = stewardWords.case;
  if (values.length === 0) return html`<span class="unsaid">${nothing}</span>`;
  const shown = values.map((value) =>
    fact === 'birthDate' ? showDate(language, value) : fact === 'gender' ? (genders[value] ?? value) : value,
  );
  return shown.length === 1
    ? html`${cleaned(shown[0] ?? '')}`
    : html`<ul>${shown.map((value) => html`<li>${cleaned(value)}</li>`)}</ul>`;
};

export const sourceOf = ({ source, id }: RecordView): Markup =>
  html`${cleaned(source)}${id !== undefined && html` <span class="fact">${cleaned(id)}</span>`}`;

const dayOf = (house: House, at: Date): string => showDate(house.words.language, at.toISOString().slice(0, 10));

export const printQueue = (
  house: House,
  desk: Desk,
  view: { readonly total: number; readonly cases: readonly CaseView[]; readonly next?: string },
  notice?: StewardNotice,
): string => {
  const words = stewardWords.list;
  const row = (one: CaseView, at: number): Markup => {
    const name = ({ facts }: RecordView): Markup => html`${cleaned(facts.name[0] ?? stewardWords.case.nothing)}`;
    return html`<li class="card duplicate"><div><h2 id="case-${at}">${name(one.one)} <span class="and">${words.and}</span> ${name(one.other)}</h2>
<p class="fact">${cleaned(one.one.source)} ${words.and} ${cleaned(one.other.source)} · ${words.likeness(one.score)} · ${words.since(dayOf(house, one.raisedAt))}</p></div>
<a class="button" href="/steward/cases/${one.id}" aria-describedby="case-${at}">${words.compare}</a></li>`;
  };
  return printSteward(house, desk, {
    place: 'queue',
    title: words.title,
    ...(notice === undefined ? {} : { notice }),
    body: html`<div class="head"><h1>${words.title}</h1><p class="lead">${words.lead}</p></div>
${
  view.cases.length === 0
    ? html`<p class="empty">${words.empty}</p>`
    : html`<p class="hint">${words.shown(view.cases.length, view.total)}</p><ul class="duplicates">${view.cases.map((one, at) => row(one, at + 1))}</ul>`
}
${view.next !== undefined && html`<p><a class="button plain" href="/steward?after=${encodeURIComponent(view.next)}">${words.more}</a></p>`}`,
  });
};

const printDecision = (csrf: string, { id }: CaseView): Markup => {
  const words = stewardWords.case;
  return html`<section aria-labelledby="decide"><h2 id="decide">${words.decideTitle}</h2>
<form class="card question" method="post" action="/steward/cases/${id}"><input type="hidden" name="csrf" value="${csrf}">
<div class="field"><label for="why">${words.why}</label><p class="hint" id="why-hint">${words.whyHint}</p><textarea id="why" name="why" rows="3" maxlength="${longestWhy}" required aria-describedby="why-hint"></textarea></div>
<div class="verdicts"><div><button type="submit" name="verdict" value="same" aria-describedby="same-about">${words.same}</button><p class="hint" id="same-about">${words.sameAbout}</p></div>
<div><button type="submit" name="verdict" value="different" aria-describedby="different-about">${words.different}</button><p class="hint" id="different-about">${words.differentAbout}</p></div></div></form></section>`;
};

export const printCase = (house: House, desk: Desk, view: CaseView, notice?: StewardNotice): string => {
  const words = stewardWords.case;
  const { one, other, state } = view;
  const row = (fact: ComparedFact): Markup => {
    const agreement = agreementOf(one.facts[fact], other.facts[fact]);
    return html`<tr class="${agreement}"><th scope="row">${words.facts[fact]}</th><td data-of="${cleaned(one.source)}">${shownFact(house, fact, one.facts[fact])}</td>
<td data-of="${cleaned(other.source)}">${shownFact(house, fact, other.facts[fact])}</td><td class="agreement"><span class="chip agree-${agreement}">${signs[agreement]}${words.agreements[agreement]}</span></td></tr>`;
  };
  const decided = state !== 'waiting' && view.decidedAt !== undefined;
  return printSteward(house, desk, {
    title: words.title,
    ...(notice === undefined ? {} : { notice }),
    body: html`<p><a class="button plain" href="/steward">${icons.back}${words.back}</a></p>
<div class="head"><h1>${words.title}</h1><p class="lead">${state === 'waiting' ? words.lead : words.states[state]}</p>
${decided && html`<p class="fact">${words.by(cleaned(view.decidedBy ?? ''), dayOf(house, view.decidedAt ?? new Date(0)))}</p>`}</div>
<div class="card"><table class="compared"><caption class="visually-hidden">${words.caption}</caption><thead><tr><th scope="col">${words.fact}</th><th scope="col">${sourceOf(one)}</th><th scope="col">${sourceOf(other)}</th><th scope="col">${words.verdict}</th></tr></thead>
<tbody>${comparedFacts.map(row)}</tbody></table></div>
${state === 'waiting' ? printDecision(desk.csrf, view) : html`<p><a class="button" href="/steward/persons/${one.person}">${words.toPerson(2)}</a></p>`}`,
  });
};
