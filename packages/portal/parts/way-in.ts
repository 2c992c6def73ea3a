/** The way into pages of our own that are for some people alone, and the page that says why there is no way on. */
import { html, type Markup } from '../markup.ts';
import { type House, printDocument } from './document.ts';
import { printFault } from './fault.ts';
import { icons } from './icons.ts';

export interface WayInWords {
  readonly title: string;
  readonly lead: string;
  readonly button: string;
  readonly ended: string;
  readonly failed: string;
}

/** @param notice `ended`: somebody has signed out; else the name of the sentence that says why nothing came of it */
export const printWayIn = <Why extends string>(
  house: House,
  words: WayInWords & Readonly<Record<Why, string>>,
  action: string,
  notice?: Why | 'ended',
): string =>
  printDocument(house, {
    title: words.title,
    kind: 'step',
    body: html`<div class="single">${
      notice === 'ended'
        ? html`<p class="noted" role="status">${icons.check}${words.ended}</p>`
        : notice !== undefined && printFault({ title: words.failed, text: words[notice] })
    }<div class="head"><h1>${words.title}</h1><p class="lead">${words.lead}</p></div>
<form class="card" method="post" action="${action}"><div class="actions first"><button class="primary" type="submit">${words.button}</button></div></form></div>`,
  });

export interface Trouble {
  readonly title: string;
  readonly what: string;
  readonly safe: string;
  readonly next: string;
}

export const printTrouble = (house: House, trouble: Trouble, way: Markup, name?: string): string => {
  const { error } = house.words;
  return printDocument(house, {
    title: trouble.title,
    ...(name === undefined ? {} : { person: name }),
    kind: 'step',
    body: html`<div class="single trouble"><div class="head"><span class="trouble-sign">${icons.lock}</span><h1>${trouble.title}</h1><p class="lead">${trouble.what}</p></div>
<div class="card"><dl class="answers"><div><dt class="safe">${icons.shield}${error.safeLabel}</dt><dd>${trouble.safe}</dd></div>
<div><dt>${icons.forward}${error.nextLabel}</dt><dd>${trouble.next}</dd></div></dl></div>
<p>${way}</p></div>`,
  });
};

/** Somebody is signed in and may not be here. */
export const printTurnedAway = (house: House, trouble: Trouble, name?: string): string =>
  printTrouble(house, trouble, html`<a class="button plain" href="/">${house.words.error.home}</a>`, name);
