/** Signing in: passkeys, authenticator app, recovery codes, password, accounts elsewhere. NIST SP 800-63B §6.1; WCAG 2.2 §3.3.7. */
import type { AccountFrame } from '@affinity/authorization-server/account-views.ts';
import type { SecurityView } from '@affinity/authorization-server/security-views.ts';
import { html, type Markup, type Part, quoted, tidy } from '../markup.ts';
import { printAccount } from '../parts/account-frame.ts';
import type { House } from '../parts/document.ts';
import { printFault } from '../parts/fault.ts';
import { icons } from '../parts/icons.ts';
import { printPasskeyButton } from '../parts/passkey-button.ts';
import { printQrCode } from '../parts/qr-code.ts';
import { showWait } from '../words.ts';
import { accountWords } from '../words-account.ts';
import { securityWords as words } from '../words-security.ts';

const { showSince } = accountWords.apps;

/** How the page and its parts are asked for a change. */
interface Desk {
  readonly view: SecurityView;
  readonly csrf: string;
  readonly now: Date;
}

const printForm = ({ view, csrf }: Desk, what: string, body: Part): Markup =>
  html`<form method="post" action="${view.action}"><input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="do" value="${what}">
${body}
</form>`;

const printButton = (text: string, kind: 'primary' | 'plain', describedBy?: string): Markup =>
  html`<div class="actions"><button type="submit" class="${kind}"${describedBy !== undefined && html` aria-describedby="${describedBy}"`}>${text}</button></div>`;

const printField = (field: {
  readonly id: string;
  readonly label: string;
  readonly type?: 'text' | 'password';
  readonly autocomplete: string;
  readonly hint?: string;
  readonly numeric?: boolean;
}): Markup => html`<div class="field"><label for="${field.id}">${field.label}</label>
<input id="${field.id}" name="${field.id}" type="${field.type ?? 'text'}" autocomplete="${field.autocomplete}" required${field.numeric === true && html` inputmode="numeric" maxlength="12"`}${field.hint !== undefined && html` aria-describedby="${field.id}-hint"`}>
${field.hint !== undefined && html`<p class="hint" id="${field.id}-hint">${field.hint}</p>`}</div>`;

const printFact = (name: string, what: Part): Markup => html`<div><dt>${name}</dt><dd>${what}</dd></div>`;

const printPasskeys = (desk: Desk): Markup => {
  const { view, csrf, now } = desk;
  const { passkeys } = words;
  const name = html`<input type="hidden" name="do" value="passkey-add"><div class="field"><label for="name">${passkeys.name}</label>
<input id="name" name="name" type="text" maxlength="60" autocomplete="off" aria-describedby="name-hint"><p class="hint" id="name-hint">${passkeys.nameHint}</p></div>`;
  return html`<section class="card" aria-labelledby="passkeys"><h2 id="passkeys">${icons.key}${passkeys.title}</h2><p>${passkeys.about}</p>
${
  view.passkeys.length === 0
    ? html`<p class="muted">${passkeys.none}</p>`
    : html`<ul class="ways">${view.passkeys.map(
        (
          passkey,
          index,
        ) => html`<li><div><h3 id="passkey-${index}">${quoted(passkey.name)}</h3><dl class="facts">${printFact(words.added, showSince(passkey.since, now))}${printFact(words.lastUsed, passkey.lastUsed === undefined ? words.neverUsed : showSince(passkey.lastUsed, now))}</dl></div>
${view.fresh && printForm(desk, 'passkey-remove', html`<input type="hidden" name="id" value="${passkey.id}">${printButton(words.remove, 'plain', `passkey-${index}`)}`)}</li>`,
      )}</ul>`
}
${
  view.newPasskey !== undefined &&
  html`${printPasskeyButton({ action: view.action, csrf, does: 'create', options: view.newPasskey, before: name, button: passkeys.add, failed: passkeys.failed })}<noscript><p class="muted">${passkeys.noScript}</p></noscript>`
}</section>`;
};

const printTotp = (desk: Desk): Markup => {
  const { view, now } = desk;
  const { totp } = words;
  const body = ((): Part => {
    const state = view.totp;
    if (state.kind === 'none')
      return html`<p class="muted">${totp.off}</p>${view.fresh && printForm(desk, 'totp-begin', printButton(totp.begin, 'plain'))}`;
    if (state.kind === 'offered')
      return html`<ol class="told">${totp.steps.map((step) => html`<li>${step}</li>`)}</ol>
<div class="secret">${printQrCode(state.uri, totp.picture)}<div><p class="small-heading">${totp.secret}</p><p><code>${state.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code></p></div></div>
${printForm(desk, 'totp-confirm', html`${printField({ id: 'code', label: totp.code, autocomplete: 'one-time-code', numeric: true })}${printButton(totp.confirm, 'primary')}`)}
${printForm(desk, 'totp-begin', html`<button type="submit" class="quiet">${totp.another}</button>`)}`;
    const used = state.codeLastUsed;
    return html`<p class="allowed-note">${icons.check}${totp.on}</p>
<p${state.codesLeft === 0 && html` class="caution"`}>${state.codesLeft === 0 && icons.look}<span>${totp.codesLeft(state.codesLeft)}</span></p>
${used !== undefined && html`<p class="caution">${icons.look}<span>${totp.codeUsed(showSince(used, now))}</span></p>`}
${
  view.fresh &&
  html`<div class="two">${printForm(desk, 'recovery-codes', html`<p class="hint" id="codes-why">${totp.newCodesWhy}</p>${printButton(totp.newCodes, 'plain', 'codes-why')}`)}
${printForm(desk, 'totp-remove', html`<p class="hint" id="totp-why">${totp.removeWhy}</p>${printButton(totp.remove, 'plain', 'totp-why')}`)}</div>`
}`;
  })();
  return html`<section class="card" aria-labelledby="totp"><h2 id="totp">${icons.clock}${totp.title}</h2><p>${totp.about}</p>
${body}</section>`;
};

const printPassword = (desk: Desk): Markup => {
  const { password } = words;
  const { set, least } = desk.view.password;
  return html`<section class="card" aria-labelledby="password"><h2 id="password">${icons.lock}${password.title}</h2><p>${set ? password.about(least) : password.none}</p>
${
  desk.view.fresh &&
  printForm(
    desk,
    'password',
    html`${set && printField({ id: 'old_password', label: password.old, type: 'password', autocomplete: 'current-password' })}
${printField({ id: 'new_password', label: password.fresh, type: 'password', autocomplete: 'new-password', ...(set ? {} : { hint: password.about(least) }) })}
${printButton(set ? password.change : password.set, 'plain')}`,
  )
}</section>`;
};

const printIdentities = (desk: Desk): Markup => {
  const { identities } = words;
  const { view, now } = desk;
  return html`<section class="card" aria-labelledby="identities"><h2 id="identities">${icons.person}${identities.title}</h2><p>${identities.about}</p>
${
  view.identities.length === 0
    ? html`<p class="muted">${identities.none}</p>`
    : html`<ul class="ways">${view.identities.map(
        (
          { provider, issuer, subject, since },
          index,
        ) => html`<li><div><h3 id="identity-${index}">${quoted(provider)}</h3><dl class="facts">${printFact(identities.subject, html`<code>${tidy(subject)}</code>`)}${printFact(words.added, showSince(since, now))}</dl></div>
${view.fresh && printForm(desk, 'identity-remove', html`<input type="hidden" name="issuer" value="${issuer}"><input type="hidden" name="subject" value="${subject}">${printButton(identities.unlink, 'plain', `identity-${index}`)}`)}</li>`,
      )}</ul>`
}</section>`;
};

const printCodes = (
  view: SecurityView,
  codes: readonly string[],
): Markup => html`<section class="card codes" aria-labelledby="codes"><h2 id="codes">${icons.look}${words.codes.title}</h2><p>${words.codes.lead}</p>
<ul class="code-list">${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul><p>${words.codes.safe}</p>
<div class="actions"><a class="button primary" href="${view.action}">${words.codes.done}</a></div></section>`;

const printSecurityFault = (fault: NonNullable<SecurityView['fault']>): Markup =>
  printFault({
    title: words.faultTitle,
    text: fault.kind === 'throttled' ? words.throttled(showWait(fault.retryAfterSeconds)) : words.faults[fault.kind],
  });

export const printSecurity = (house: House, view: SecurityView, frame: AccountFrame): string => {
  const desk: Desk = { view, csrf: frame.csrf, now: house.now() };
  const { codes, notice, fault } = view;
  return printAccount(house, frame, {
    place: 'security',
    title: fault === undefined ? words.title : `Error: ${words.title}`,
    passkeys: view.newPasskey !== undefined && codes === undefined,
    body: html`${notice !== undefined && html`<p class="noted" role="status">${icons.check}${words.notices[notice]}</p>`}
${fault !== undefined && printSecurityFault(fault)}
<div class="head"><h1>${words.title}</h1><p class="lead">${words.lead(quoted(view.username))}</p></div>
${
  codes === undefined
    ? html`${!view.fresh && html`<div class="card stale"><p>${words.stale}</p>${printForm(desk, 'again', printButton(words.again, 'primary'))}</div>`}
<div class="security">${printPasskeys(desk)}${printTotp(desk)}${printPassword(desk)}${printIdentities(desk)}</div>`
    : printCodes(view, codes)
}`,
  });
};
