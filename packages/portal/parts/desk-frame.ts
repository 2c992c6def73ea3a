/** The frame of the administrators' pages: where one is, and the way out. WCAG 2.2 §2.4.5, §3.2.3. */
import { html, type Markup } from '../markup.ts';
import { deskWords } from '../words-desk.ts';
import { type House, printDocument } from './document.ts';
import { icons } from './icons.ts';

export type DeskPlace = 'start' | 'explain' | 'alerts' | 'definitions';

const addresses: Readonly<Record<DeskPlace, string>> = {
  start: '/admin',
  explain: '/admin/explain',
  alerts: '/admin/alerts',
  definitions: '/admin/definitions',
};

export interface Desk {
  /** who is signed in */
  readonly name: string;
  readonly csrf: string;
}

export const printDesk = (
  house: House,
  { name, csrf }: Desk,
  page: { readonly place: DeskPlace; readonly title: string; readonly body: Markup },
): string => {
  const link = (place: DeskPlace): Markup =>
    html`<li><a href="${addresses[place]}"${place === page.place && html` aria-current="page"`}>${deskWords[place]}</a></li>`;
  return printDocument(house, {
    title: page.title,
    person: name,
    kind: 'desk',
    body: html`<div class="desk-top"><nav aria-label="${deskWords.navigation}"><ul class="places">${link('start')}${link('explain')}${link('alerts')}${link('definitions')}</ul></nav>
<form method="post" action="/admin/sign-out"><input type="hidden" name="csrf" value="${csrf}"><button type="submit" class="quiet">${icons.back}${deskWords.signOut}</button></form></div>
${page.body}`,
  });
};
