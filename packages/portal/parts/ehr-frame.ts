/** The frame of the clinicians' pages: where one is, and the way out. WCAG 2.2 §2.4.5, §3.2.3. */
import { html, type Markup } from '../markup.ts';
import { ehrWords } from '../words-ehr.ts';
import type { Desk } from './desk-frame.ts';
import { type House, printDocument } from './document.ts';
import { icons } from './icons.ts';

export const printEhr = (
  house: House,
  { name, csrf }: Desk,
  page: { readonly title: Markup | string; readonly here: boolean; readonly body: Markup },
): string =>
  printDocument(house, {
    title: page.title,
    person: name,
    kind: 'desk',
    body: html`<div class="desk-top"><nav aria-label="${ehrWords.navigation}"><ul class="places"><li><a href="/ehr"${page.here && html` aria-current="page"`}>${ehrWords.patients}</a></li></ul></nav>
<form method="post" action="/ehr/sign-out"><input type="hidden" name="csrf" value="${csrf}"><button type="submit" class="quiet">${icons.back}${ehrWords.signOut}</button></form></div>
${page.body}`,
  });
