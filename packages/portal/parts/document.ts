/** The frame of every page: head, skip link, our bar, what the page holds, foot. WCAG 2.2 §2.4.1, §2.4.2, §3.1.1. */
import { html, type Markup, quoted } from '../markup.ts';
import type { Words } from '../words.ts';
import { icons, mark } from './icons.ts';

/** What every page of one portal has in common. */
export interface House {
  readonly words: Words;
  /** scheme, host and port that people see */
  readonly origin: string;
  readonly stylesheet: string;
  readonly favicon: string;
  /** our own file for passkeys: the only script there is */
  readonly passkeyScript: string;
  readonly version: string;
  /** the sample sign-ins; absent outside the demonstration domain */
  readonly people: readonly SamplePerson[] | undefined;
  readonly now: () => Date;
}

export interface SamplePerson {
  readonly name: string;
  readonly username: string;
  readonly password: string;
  readonly about: string;
}

export interface Leaf {
  /** for the tab of the browser: no elements inside, only text */
  readonly title: Markup | string;
  /** who is signed in */
  readonly person?: string;
  /** a step towards a grant stands narrow, a front page wide, a desk is where administrators work, an account where people do */
  readonly kind: 'step' | 'front' | 'desk' | 'account';
  /** the page has a button for passkeys; without the script there is none, and nothing else is missing */
  readonly passkeys?: boolean;
  readonly body: Markup;
}

/** @returns a whole HTML document */
export const printDocument = (house: House, leaf: Leaf): string => {
  const { words } = house;
  return html`<!doctype html>
<html lang="${words.language}">
<head>
<meta charset="utf-8">
<title>${words.pageTitle(leaf.title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="${house.favicon}" type="image/svg+xml">
<link rel="stylesheet" href="${house.stylesheet}">
${
  leaf.passkeys &&
  html`<script src="${house.passkeyScript}" defer></script>
`
}</head>
<body class="${leaf.kind}">
<a class="skip" href="#content">${words.skip}</a>
<header class="bar"><div class="bar-inside">
<a class="brand" href="/">${mark}<span>${words.product}</span></a>
${leaf.person !== undefined && html`<p class="who">${icons.person}<span><span class="who-label">${words.signedInAs}</span> <strong>${quoted(leaf.person)}</strong></span></p>`}
</div></header>
${house.people && html`<p class="notice"><span>${words.demonstration}</span></p>`}
<main id="content" tabindex="-1">
${leaf.body}
</main>
<footer class="foot"><div class="foot-inside"><p>${words.promise}</p><p>${words.footer(house.version)}</p></div></footer>
</body>
</html>
`.toString();
};
