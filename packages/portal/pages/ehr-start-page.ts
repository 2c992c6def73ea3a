/** Where clinicians begin: the way in, who may not be here, and the patients in their care. */
import type { ChartPatient } from '../ehr/ehr.ts';
import { html, type Markup, quoted } from '../markup.ts';
import { printInitial } from '../parts/app-frame.ts';
import type { Desk } from '../parts/desk-frame.ts';
import type { House } from '../parts/document.ts';
import { printEhr } from '../parts/ehr-frame.ts';
import { icons } from '../parts/icons.ts';
import { printTrouble, printTurnedAway, printWayIn } from '../parts/way-in.ts';
import { ehrWords } from '../words-ehr.ts';
import { patientFacts, printFacts } from './chart-page.ts';

export const printEhrSignIn = (house: House, notice?: 'denied' | 'broken' | 'over' | 'ended'): string =>
  printWayIn(house, ehrWords.signIn, '/ehr/sign-in', notice);

/** Somebody is signed in and is no clinician of this place. */
export const printEhrRefused = (house: House): string => printTurnedAway(house, ehrWords.refused);

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
