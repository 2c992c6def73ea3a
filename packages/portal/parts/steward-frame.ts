/** The frame of the stewards' pages: where one is, and the way out. WCAG 2.2 §2.4.5, §3.2.3. */
import { html, type Markup } from '../markup.ts';
import { stewardWords } from '../words-steward.ts';
import type { Desk } from './desk-frame.ts';
import { type House, printDocument } from './document.ts';
import { printFault } from './fault.ts';
import { icons } from './icons.ts';

export type StewardNotice = keyof typeof stewardWords.notices;

const addresses = { queue: '/steward', find: '/steward/find' } as const;

export const printSteward = (
  house: House,
  { name, csrf }: Desk,
  page: {
    readonly place?: keyof typeof addresses;
    readonly title: string;
    readonly notice?: StewardNotice;
    readonly body: Markup;
  },
): string => {
  const link = (place: keyof typeof addresses): Markup =>
    html`<li><a href="${addresses[place]}"${place === page.place && html` aria-current="page"`}>${stewardWords[place]}</a></li>`;
  const { notice } = page;
  return printDocument(house, {
    title: page.title,
    person: name,
    kind: 'desk',
    body: html`<div class="desk-top"><nav aria-label="${stewardWords.navigation}"><ul class="places">${link('queue')}${link('find')}</ul></nav>
<form method="post" action="/steward/sign-out"><input type="hidden" name="csrf" value="${csrf}"><button type="submit" class="quiet">${icons.back}${stewardWords.signOut}</button></form></div>
${notice === 'done' && html`<p class="noted" role="status">${icons.check}${stewardWords.notices.done}</p>`}
${notice !== undefined && notice !== 'done' && printFault({ title: stewardWords.faultTitle, text: stewardWords.notices[notice] })}
${page.body}`,
  });
};
