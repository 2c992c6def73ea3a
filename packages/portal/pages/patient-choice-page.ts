/** Whose record: one radio for each patient, none chosen beforehand. SMART App Launch 2.2, `launch/patient`. */
import type { PatientChoiceView, PatientView } from '@affinity/authorization-server/page-views.ts';
import { showDate, yearsSince } from '../dates.ts';
import { html, type Markup, quoted, tidy } from '../markup.ts';
import { printApp, printInitial } from '../parts/app-frame.ts';
import { type House, printDocument } from '../parts/document.ts';
import { printFault } from '../parts/fault.ts';
import { printSteps } from '../parts/steps.ts';

const printPatient = (house: House, patient: PatientView, index: number): Markup => {
  const { language, patientChoice } = house.words;
  const relation = Object.hasOwn(patientChoice.relations, patient.relation)
    ? patientChoice.relations[patient.relation]
    : undefined;
  const years = patient.birthDate === undefined ? undefined : yearsSince(patient.birthDate, house.now());
  const born =
    patient.birthDate !== undefined &&
    html` <span class="fact">${patientChoice.born} ${tidy(showDate(language, patient.birthDate))}${
      years !== undefined && html` (${patientChoice.age(years)})`
    }</span>`;
  return html`<li><label class="row" for="patient-${index}">
<input type="radio" id="patient-${index}" name="patient" value="${patient.id}" required>${printInitial(patient.name)}
<span class="row-text"><span class="row-title">${quoted(patient.name)}</span> <span class="fact">${relation ?? patientChoice.otherRelation}</span>${born}</span></label></li>`;
};

export const printPatientChoice = (house: House, view: PatientChoiceView): string => {
  const { words } = house;
  const { patientChoice } = words;
  const tab = patientChoice.title(html`${tidy(view.app.name)}`);
  const form =
    view.patients.length === 0
      ? html`<div class="card"><p>${patientChoice.empty}</p></div>`
      : html`<form class="card" method="post" action="${view.action}">
<input type="hidden" name="csrf" value="${view.csrf}">
<fieldset${view.fault && html` aria-describedby="fault-text"`}><legend>${patientChoice.legend}</legend>
<ul class="rows">${view.patients.map((patient, index) => printPatient(house, patient, index + 1))}</ul></fieldset>
<div class="actions sticky"><button class="primary" type="submit">${patientChoice.button}</button></div>
</form>`;

  return printDocument(house, {
    title: view.fault ? words.faultTitle(tab) : tab,
    person: view.person.name,
    kind: 'step',
    body: html`${printSteps(words, ['signIn', 'patient', 'consent'], 'patient')}
${view.fault && printFault({ title: patientChoice.faultTitle, text: patientChoice.noneChosen, target: 'patient-1' })}
<div class="head"><h1>${patientChoice.title(quoted(view.app.name))}</h1><p class="lead">${patientChoice.lead}</p></div>
<div class="pair">${printApp(words, view.app)}<div class="main-column">${form}</div></div>`,
  });
};
