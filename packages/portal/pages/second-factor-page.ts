/** The second factor: a code from the authenticator app, or a recovery code behind a fold. WCAG 2.2 §1.3.5, §3.3.8. */
import type { SecondFactorView } from '@affinity/authorization-server/sign-in-views.ts';
import { html, type Markup, quoted } from '../markup.ts';
import { printApp } from '../parts/app-frame.ts';
import { type House, printDocument } from '../parts/document.ts';
import { printFault } from '../parts/fault.ts';
import { printSteps } from '../parts/steps.ts';
import { showWait } from '../words.ts';

const printSecondFactorFault = (house: House, fault: NonNullable<SecondFactorView['fault']>): Markup => {
  const { secondFactor } = house.words.signIn;
  return fault.kind === 'wrong'
    ? printFault({ title: secondFactor.faultTitle, text: secondFactor.wrong, target: 'code' })
    : printFault({ title: secondFactor.faultTitle, text: secondFactor.throttled(showWait(fault.retryAfterSeconds)) });
};

export const printSecondFactor = (house: House, view: SecondFactorView): string => {
  const { words } = house;
  const { secondFactor } = words.signIn;
  const faulty = view.fault?.kind === 'wrong' && html` aria-invalid="true"`;
  const form = (body: Markup): Markup => html`<form method="post" action="${view.action}">
<input type="hidden" name="csrf" value="${view.csrf}">
${body}
</form>`;
  return printDocument(house, {
    title: view.fault ? words.faultTitle(secondFactor.title) : secondFactor.title,
    kind: 'step',
    body: html`${view.app && printSteps(words, ['signIn', 'patient', 'consent'], 'signIn')}
${view.fault && printSecondFactorFault(house, view.fault)}
<div class="head"><h1>${secondFactor.title}</h1>
<p class="lead">${secondFactor.lead(quoted(view.username))}</p></div>
<div class="${view.app ? 'pair' : 'single'}">
${view.app && printApp(words, view.app)}
<div class="main-column"><div class="card">${form(html`<div class="field code-field"><label for="code">${secondFactor.code}</label>
<input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required aria-describedby="${view.fault ? 'code-hint fault-text' : 'code-hint'}"${faulty}>
<p class="hint" id="code-hint">${secondFactor.codeHint}</p></div>
<div class="actions"><button class="primary" type="submit">${secondFactor.button}</button></div>`)}</div>
<details class="fold"><summary>${secondFactor.lost}</summary>
${form(html`<div class="field"><label for="recovery">${secondFactor.recovery}</label>
<input id="recovery" name="code" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="40" required aria-describedby="recovery-hint">
<p class="hint" id="recovery-hint">${secondFactor.recoveryHint}</p></div>
<div class="actions"><button type="submit">${secondFactor.recoveryButton}</button></div>`)}
<p>${secondFactor.nothing}</p></details>
${form(html`<button class="quiet" type="submit" name="again" value="yes">${secondFactor.again}</button>`)}
</div></div>`,
  });
};
