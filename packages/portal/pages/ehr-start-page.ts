/** Where clinicians begin: the way in, who may not be here, and the patients in their care. */
import type { ChartPatient } from '../ehr/ehr.ts';
import { html, type Markup, quoted } from '../markup.ts';
import { printInitial } from '../parts/app-frame.ts';
import type { Desk } from '../parts/desk-frame.ts';
import { type House, printDocument } from '../parts/document.ts';
import { printEhr } from '../parts/ehr-frame.ts';
import { printFault } from '../parts/fault.ts';
import { icons } from '../parts/icons.ts';
import { ehrWords } from '../words-ehr.ts';
import { patientFacts, printFacts } from './chart-page.ts';

export const printEhrSignIn = (house: House, notice?: 'denied' | 'broken' | 'over' | 'ended'): string => {
  const { signIn } = ehrWords;
  return printDocument(house, {
    title: signIn.title,
    kind: 'step',
    body: html`<div class="single">${
      notice === 'ended'
        ? html`<p class="noted" role="status">${icons.check}${signIn.ended}</p>`
        : notice !== undefined && printFault({ title: signIn.failed, text: signIn[notice] })
    }<div class="head"><h1>${signIn.title}</h1><p class="lead">${signIn.lead}</p></div>
<form class="card" method="post" action="/ehr/sign-in"><div class="actions first"><button class="primary" type="submit">${signIn.button}</button></div></form></div>`,
  });
};

interface Trouble {
  readonly title: string;
  readonly what: string;
  readonly safe: string;
  readonly next: string;
}

const printTrouble = (house: House, trouble: Trouble, way: Markup, name?: string): string => {
  const { error } = house.words;
  return printDocument(house, {
    title: trouble.title,
    ...(name === undefined ? {} : { person: name }),
    kind: 'step',
    body: html`<div class="single trouble"><div class="head"><span class="trouble-sign">${icons.lock}</span><h1>${trouble.title}</h1><p class="lead">${trouble.what}</p></div>
<div class="card"><dl class="answers"><div><dt class="safe">${icons.shield}${error.safeLabel}</dt><dd>${trouble.safe}</dd></div>
<div><dt>${icons.forward}${error.nextLabel}</dt><dd>${trouble.next}</dd></div></dl></div>
<p>${way}</p></div>`,
  });
};

/** Somebody is signed in and is no clinician of this place. */
export const printEhrRefused = (house: House): string =>
  printTrouble(house, ehrWords.refused, html`<a class="button plain" href="/">${house.words.error.home}</a>`);

export const printEhrTrouble = (house: House, name: string, kind: 'absent' | 'failed' | 'forged'): string => {
  const trouble = { ...ehrWords.trouble[kind], next: ehrWords.trouble.next };
  return printTrouble(house, trouble, html`<a class="button plain" href="/ehr">${ehrWords.chart.back}</a>`, name);
};

const printRow = (house: House, patient: ChartPatient): Markup =>
  html`<li><a class="row" href="/ehr/patients/${patient.id}">${printInitial(patient.name)}<span class="row-text"><span class="row-title">${quoted(patient.name)}</span>${printFacts(patientFacts(house, patient))}</span>${icons.forward}</a></li>`;

export const printPatients = (house: House, desk: Desk, patients: readonly ChartPatient[]): string => {
  const { list } = ehrWords;
  return printEhr(house, desk, {
    title: list.title,
    here: true,
    body: html`<div class="head"><h1>${list.title}</h1><p class="lead">${patients.length === 0 ? list.empty : list.lead(patients.length)}</p></div>
${patients.length > 0 && html`<div class="card"><ul class="rows">${patients.map((patient) => printRow(house, patient))}</ul></div>`}`,
  });
};
