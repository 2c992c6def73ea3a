/** Connecting a device: its code, whose it is, and how it ended. RFC 8628 §3.3, §5.4; WCAG 2.2 §1.3.5, §3.3.2. */
import type { DeviceCodeView, DeviceEndView, DeviceView } from '@affinity/authorization-server/device-views.ts';
import { html, type Markup, quoted, tidy } from '../markup.ts';
import { printApp } from '../parts/app-frame.ts';
import { type House, printDocument } from '../parts/document.ts';
import { printFault } from '../parts/fault.ts';
import { icons } from '../parts/icons.ts';
import { showWait } from '../words.ts';

const printCodeFault = (house: House, fault: NonNullable<DeviceCodeView['fault']>): Markup => {
  const { enter } = house.words.device;
  return fault.kind === 'throttled'
    ? printFault({ title: enter.faultTitle, text: enter.throttled(showWait(fault.retryAfterSeconds)) })
    : printFault({ title: enter.faultTitle, text: enter.faults[fault.kind], target: 'user-code' });
};

export const printDeviceCode = (house: House, view: DeviceCodeView): string => {
  const { words } = house;
  const { enter } = words.device;
  const { fault } = view;
  const described = fault === undefined ? 'user-code-hint' : 'user-code-hint fault-text';
  return printDocument(house, {
    title: fault === undefined ? enter.title : words.faultTitle(enter.title),
    kind: 'step',
    body: html`<div class="single">${fault && printCodeFault(house, fault)}
<div class="head"><h1>${enter.title}</h1><p class="lead">${enter.lead}</p></div>
<form class="card" method="post" action="${view.action}">
<input type="hidden" name="csrf" value="${view.csrf}">
<div class="field"><label for="user-code">${enter.code}</label>
<input class="device-code" id="user-code" name="user_code" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="40" required aria-describedby="${described}" value="${view.code}"${fault?.kind === 'unknown-code' && html` aria-invalid="true"`}>
<p class="hint" id="user-code-hint">${enter.hint}</p></div>
<div class="actions"><button class="primary" type="submit">${enter.button}</button></div>
</form></div>`,
  });
};

export const printDevice = (house: House, view: DeviceView): string => {
  const { words } = house;
  const { confirm } = words.device;
  const app = quoted(view.app.name);
  return printDocument(house, {
    title: confirm.title(html`${tidy(view.app.name)}`),
    kind: 'step',
    body: html`<div class="head"><h1>${confirm.title(app)}</h1><p class="lead">${confirm.lead}</p></div>
<div class="pair">${printApp(words, view.app)}<div class="main-column"><form class="card" method="post" action="${view.action}">
<input type="hidden" name="csrf" value="${view.csrf}"><input type="hidden" name="user_code" value="${view.code}">
<div class="attention"><h2>${icons.look}${confirm.heading}</h2><ul>${confirm.checks(html`${tidy(view.code)}`).map((line) => html`<li>${line}</li>`)}</ul><p>${confirm.why}</p></div>
<p class="consequence">${confirm.next(app)}</p>
<div class="actions"><button class="plain" type="submit" name="decision" value="refuse">${confirm.refuse}</button><button class="primary" type="submit" name="decision" value="connect">${confirm.connect}</button></div>
</form></div></div>`,
  });
};

const signs = { allowed: icons.check, refused: icons.shield, undecided: icons.look } as const;

export const printDeviceEnd = (house: House, view: DeviceEndView): string => {
  const { device } = house.words;
  const { title, lead, next } = device.end[view.result];
  return printDocument(house, {
    title,
    kind: 'step',
    body: html`<div class="single"><div class="head"><span class="end-sign end-${view.result}">${signs[view.result]}</span><h1>${title}</h1><p class="lead">${lead(quoted(view.app))}</p></div>
<p>${next}</p>${view.result === 'undecided' && html`<p><a class="button plain" href="${view.again}">${device.again}</a></p>`}</div>`,
  });
};
