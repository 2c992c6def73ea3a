/** Breaking the glass, on a page of its own: one patient, a reason, and what follows from it. IHE PCF; WCAG 2.2 §3.3.4. */
import type { EmergencyView } from '@affinity/authorization-server/page-views.ts';
import { html, type Markup, quoted, tidy } from '../markup.ts';
import { printApp } from '../parts/app-frame.ts';
import { type House, printDocument } from '../parts/document.ts';
import { printFault } from '../parts/fault.ts';
import { icons } from '../parts/icons.ts';
import { showWait } from '../words.ts';

const targets = { 'no-patient-given': 'identifier', 'nobody-found': 'identifier', 'no-reason': 'reason' } as const;

const printEmergencyFault = (house: House, fault: NonNullable<EmergencyView['fault']>): Markup => {
  const { emergency } = house.words;
  return fault.kind === 'throttled'
    ? printFault({ title: emergency.faultTitle, text: emergency.throttled(showWait(fault.retryAfterSeconds)) })
    : printFault({ title: emergency.faultTitle, text: emergency.faults[fault.kind], target: targets[fault.kind] });
};

export const printEmergency = (house: House, view: EmergencyView): string => {
  const { words } = house;
  const { emergency } = words;
  const app = quoted(view.app.name);
  const { fault, typed } = view;
  const wrong = (where: 'patient' | 'reason') =>
    fault !== undefined &&
    (fault.kind === 'no-reason' ? where === 'reason' : fault.kind !== 'throttled' && where === 'patient') &&
    html` aria-invalid="true"`;
  const described = (hint: string): string => (fault === undefined ? hint : `${hint} fault-text`);
  const { least, most } = view.reason;

  return printDocument(house, {
    title: fault === undefined ? emergency.title : words.faultTitle(emergency.title),
    person: view.person.name,
    kind: 'step',
    body: html`${fault && printEmergencyFault(house, fault)}
<div class="head emergency-head"><h1>${icons.look}${emergency.title}</h1><p class="lead">${emergency.lead(html`${tidy(view.app.name)}`)}</p></div>
<div class="pair">${printApp(words, view.app)}<div class="main-column"><form class="card emergency" method="post" action="${view.action}">
<input type="hidden" name="csrf" value="${view.csrf}">
<div class="warning"><h2>${emergency.happensHeading}</h2><ul>${emergency.happens(app, view.minutes).map((line) => html`<li>${line}</li>`)}</ul></div>
<fieldset aria-describedby="patient-hint"><legend>${emergency.patientLegend}</legend><p class="hint" id="patient-hint">${emergency.patientHint}</p>
<div class="field"><label for="identifier">${emergency.identifier}</label>
<input id="identifier" name="identifier" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="200" aria-describedby="${described('patient-hint')}" value="${typed?.identifier}"${wrong('patient')}></div>
<p class="or">${emergency.or}</p>
<div class="field"><label for="patient-name">${emergency.name}</label>
<input id="patient-name" name="patient_name" type="text" autocomplete="off" spellcheck="false" maxlength="200" value="${typed?.name}"${wrong('patient')}></div>
<div class="field"><label for="birth-date">${emergency.birthDate}</label>
<input id="birth-date" name="birth_date" type="date" autocomplete="off" value="${typed?.birthDate}"${wrong('patient')}></div></fieldset>
<fieldset><legend>${emergency.reasonLegend}</legend>
<div class="field"><label for="reason">${emergency.reason}</label>
<textarea id="reason" name="reason" rows="3" required minlength="${least}" maxlength="${most}" aria-describedby="${described('reason-hint')}"${wrong('reason')}>${typed?.reason}</textarea>
<p class="hint" id="reason-hint">${emergency.reasonHint(least, most)}</p></div></fieldset>
<p class="consequence">${emergency.cancelHint(app)}</p>
<div class="actions"><button class="primary danger" type="submit" name="decision" value="declare">${emergency.declare}</button><button class="plain" type="submit" name="decision" value="cancel" formnovalidate>${emergency.cancel}</button></div>
</form></div></div>`,
  });
};
