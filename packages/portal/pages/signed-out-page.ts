/** Nobody is signed in here any more. OIDC RP-Initiated Logout 1.0 §2. */
import type { SignedOutView } from '@affinity/authorization-server/account-views.ts';
import { html } from '../markup.ts';
import { type House, printDocument } from '../parts/document.ts';
import { icons } from '../parts/icons.ts';
import { accountWords } from '../words-account.ts';

export const printSignedOut = (house: House, { everything }: SignedOutView): string => {
  const { signedOut } = accountWords;
  const words = everything ? signedOut.everything : signedOut;
  return printDocument(house, {
    title: words.title,
    kind: 'step',
    body: html`<div class="single"><div class="head"><span class="done-sign">${icons.shield}</span><h1>${words.title}</h1><p class="lead">${words.lead}</p></div>
${everything && html`<p>${signedOut.everything.next}</p>`}
<p><a class="button plain" href="/">${signedOut.home}</a></p></div>`,
  });
};
