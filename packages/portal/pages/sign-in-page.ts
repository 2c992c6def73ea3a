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
  switch (fault.kind) {
    case 'wrong':
      return printFault({ title, text: signIn.wrong, target: 'password' });
    case 'passkey':
      return printFault({ title, text: signIn.passkey.refused });
    case 'invitation':
      return printFault({ title, text: signIn.linking.wrong, target: 'proofing_code' });
    case 'invitation-known':
      return printFault({ title, text: signIn.linking.known, target: 'username' });
    case 'elsewhere':
      return printFault({ title, text: signIn.elsewhere.faults[fault.why](tidy(fault.provider)) });
  }
};

/** Links, not buttons: a form of this page may lead nowhere but to us and to the app (CSP Level 3, form-action). */
const printProviders = (house: House, providers: NonNullable<SignInView['providers']>): Markup =>
  html`<ul class="providers">${providers.map(
    ({ name, address }) =>
      html`<li><a class="button" href="${address}"><span>${house.words.signIn.elsewhere.button(quoted(name))}</span></a></li>`,
  )}</ul>`;

/** For whoever signed in elsewhere and has no account here to sign in with. */
const printInvitation = (house: House, view: SignInView): Markup => {
  const { linking } = house.words.signIn;
  const faulty = view.fault?.kind === 'invitation';
  return html`<section class="card invitation"><h2>${linking.invitation}</h2><p>${linking.invitationAbout}</p>
<form method="post" action="${view.action}"><input type="hidden" name="csrf" value="${view.csrf}">
<div class="field"><label for="proofing_code">${linking.code}</label>
<input id="proofing_code" name="proofing_code" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="60" required${faulty && html` aria-invalid="true" aria-describedby="fault-text"`}></div>
<div class="field"><label for="birth_date">${linking.birthDate}</label>
<input id="birth_date" name="birth_date" type="date" autocomplete="bday" aria-describedby="birth-date-hint"><p class="hint" id="birth-date-hint">${linking.birthDateHint}</p></div>
<div class="actions"><button type="submit">${linking.button}</button></div></form></section>
<form method="post" action="${view.action}"><input type="hidden" name="csrf" value="${view.csrf}"><button class="quiet" type="submit" name="again" value="yes">${linking.again}</button></form>`;
};

export const printSignIn = (house: House, view: SignInView): string => {
  const { words } = house;
  const { signIn } = words;
  const onDevice = view.app?.device !== undefined;
  const { linking } = view;
  const titleOf = (app: Markup | undefined): Markup | string =>
    linking !== undefined ? signIn.linking.title : app === undefined ? signIn.title : signIn.titleFor(app, onDevice);
  const title = titleOf(view.app && quoted(view.app.name));
  const tab = titleOf(view.app && html`${tidy(view.app.name)}`);
  const provider = quoted(linking?.provider ?? '');
  const named = linking?.name === undefined ? undefined : quoted(linking.name);
  const lead =
    linking !== undefined
      ? signIn.linking.lead(provider, named)
      : view.app
        ? signIn.lead(quoted(view.app.name))
        : signIn.leadPortal;
  const faulty = view.fault?.kind === 'wrong' && html` aria-invalid="true"`;
  const describe = view.fault ? 'password-hint fault-text' : 'password-hint';

  return printDocument(house, {
    title: view.fault ? words.faultTitle(tab) : tab,
    kind: 'step',
    passkeys: view.passkey !== undefined,
    body: html`${view.app && printSteps(words, ['signIn', 'patient', 'consent'], 'signIn')}
${view.fault && printSignInFault(house, view.fault)}
<div class="head"><h1>${title}</h1>
<p class="lead">${lead}</p></div>
<div class="${view.app ? 'pair' : 'single'}">
${view.app && printApp(words, view.app)}
<div class="main-column"><form class="card" method="post" action="${view.action}">
<input type="hidden" name="csrf" value="${view.csrf}">
${linking !== undefined && html`<h2>${signIn.linking.account}</h2><p class="about">${signIn.linking.accountAbout(provider)}</p>`}
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
${view.providers !== undefined && view.providers.length > 0 && printProviders(house, view.providers)}
${linking !== undefined && printInvitation(house, view)}
${house.people && html`<details class="fold"><summary>${signIn.samples}</summary>${printPeople(words, house.people)}</details>`}
</div></div>`,
  });
};
