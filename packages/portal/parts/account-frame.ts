/** The frame of people's own pages: where one is, and the way out. WCAG 2.2 §2.4.5, §3.2.3. */
import type { AccountFrame, AccountPlace } from '@affinity/authorization-server/account-views.ts';
import { html, type Markup } from '../markup.ts';
import { accountWords } from '../words-account.ts';
import { type House, printDocument } from './document.ts';
import { icons } from './icons.ts';

export const printAccount = (
  house: House,
  { person, places, signOut, csrf, shared }: AccountFrame,
  page: { readonly place: AccountPlace; readonly title: string; readonly passkeys?: boolean; readonly body: Markup },
): string =>
  printDocument(house, {
    title: page.title,
    person: person.name,
    kind: 'account',
    passkeys: page.passkeys === true,
    body: html`<div class="desk-top"><nav aria-label="${accountWords.navigation}"><ul class="places">${places.map(
      ({ place, address }) =>
        html`<li><a href="${address}"${place === page.place && html` aria-current="page"`}>${accountWords.places[place]}</a></li>`,
    )}</ul></nav>
<form method="post" action="${signOut}"><input type="hidden" name="csrf" value="${csrf}"><button type="submit" class="quiet">${icons.back}${accountWords.signOut}</button></form></div>
${shared && html`<p class="caution shared-note">${icons.look}${accountWords.shared}</p>`}
${page.body}`,
  });
