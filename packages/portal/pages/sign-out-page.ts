/** An app asks to sign the person out: nothing happens until they say so. OIDC RP-Initiated Logout 1.0 §2. */
import type { SignOutQuestionView } from '@affinity/authorization-server/account-views.ts';
import { html, quoted } from '../markup.ts';
import { type House, printDocument } from '../parts/document.ts';
import { accountWords } from '../words-account.ts';

export const printSignOutQuestion = (
  house: House,
  { action, csrf, app, fields, stay }: SignOutQuestionView,
): string => {
  const { signOutQuestion: words } = accountWords;
  return printDocument(house, {
    title: words.title,
    kind: 'step',
    body: html`<div class="single"><div class="head"><h1>${words.title}</h1><p class="lead">${app === undefined ? words.lead : words.leadFor(quoted(app.name))}</p></div>
<form class="card" method="post" action="${action}"><input type="hidden" name="csrf" value="${csrf}">
${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<p class="consequence">${words.consequence}</p>
${app?.returnsTo !== undefined && html`<p class="consequence">${words.back(quoted(app.returnsTo))}</p>`}
<div class="actions"><a class="button plain" href="${stay}">${words.stay}</a><button class="primary" type="submit">${words.button}</button></div></form></div>`,
  });
};
