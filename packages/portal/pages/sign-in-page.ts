/** Sign-in: one form of two fields, the same words for a wrong name and a wrong password. OWASP ASVS 2.2; WCAG 2.2 §1.3.5. */
import type { SignInView } from '@affinity/authorization-server/page-views.ts';
import { html, type Markup, quoted, tidy } from '../markup.ts';
import { printApp } from '../parts/app-frame.ts';
import { type House, printDocument } from '../parts/document.ts';
import { printFault } from '../parts/fault.ts';
import { icons } from '../parts/icons.ts';
import { printPasskeyButton } from '../parts/passkey-button.ts';
import { printPeople } from '../parts/sample-people.ts';
import { printSteps } from '../parts/steps.ts';

const printSignInFault = (house: House, fault: NonNullable<SignInView['fault']>): Markup => {
  const { signIn } = house.words;
  const title = signIn.faultTitle;
  if (fault.kind === 'throttled') return printFault({ title, text: signIn.throttled(fault.retryAfterSeconds) });
  return fault.kind === 'wrong'
    ? printFault({ title, text: signIn.wrong, target: 'password' })
    : printFault({ title, text: signIn.passkey.refused });
};

export const printSignIn = (house: House, view: SignInView): string => {
  const { words } = house;
  const { signIn } = words;
  const onDevice = view.app?.device !== undefined;
  const title = view.app ? signIn.titleFor(quoted(view.app.name), onDevice) : signIn.title;
  const tab = view.app ? signIn.titleFor(html`${tidy(view.app.name)}`, onDevice) : signIn.title;
  const faulty = view.fault?.kind === 'wrong' && html` aria-invalid="true"`;
  const describe = view.fault ? 'password-hint fault-text' : 'password-hint';

  return printDocument(house, {
    title: view.fault ? words.faultTitle(tab) : tab,
    kind: 'step',
    passkeys: view.passkey !== undefined,
    body: html`${view.app && printSteps(words, ['signIn', 'patient', 'consent'], 'signIn')}
${view.fault && printSignInFault(house, view.fault)}
<div class="head"><h1>${title}</h1>
<p class="lead">${view.app ? signIn.lead(quoted(view.app.name)) : signIn.leadPortal}</p></div>
<div class="${view.app ? 'pair' : 'single'}">
${view.app && printApp(words, view.app)}
<div class="main-column"><form class="card" method="post" action="${view.action}">
<input type="hidden" name="csrf" value="${view.csrf}">
<div class="field"><label for="username">${signIn.username}</label>
<input id="username" name="username" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" required value="${view.username}"${faulty}></div>
<div class="field"><label for="password">${signIn.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required aria-describedby="${describe}"${faulty}>
<p class="hint with-icon" id="password-hint">${icons.lock}<span>${signIn.passwordHint(URL.parse(house.origin)?.host ?? house.origin)}</span></p></div>
<ul class="rows"><li><label class="row" for="shared"><input type="checkbox" id="shared" name="shared" value="yes" aria-describedby="shared-hint"${view.shared && html` checked`}>
<span class="row-text"><span class="row-title">${signIn.shared}</span> <span class="fact" id="shared-hint">${signIn.sharedHint}</span></span></label></li></ul>
<div class="actions"><button class="primary" type="submit">${signIn.button}</button></div>
</form>
${view.passkey !== undefined && printPasskeyButton({ action: view.action, csrf: view.csrf, does: 'get', options: view.passkey, before: html`<input type="hidden" name="shared" value="">`, ...signIn.passkey })}
${house.people && html`<details class="fold"><summary>${signIn.samples}</summary>${printPeople(words, house.people)}</details>`}
</div></div>`,
  });
};
