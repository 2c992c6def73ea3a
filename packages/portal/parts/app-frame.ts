/** The app that asks, in a frame that is ours: an app chooses its words, never how they stand here. RFC 9700 §4.2.4, §4.16. */
import type { AppView } from '@affinity/authorization-server/page-views.ts';
import { html, linkable, type Markup, quoted, tidy } from '../markup.ts';
import type { Words } from '../words.ts';
import { icons } from './icons.ts';

/** First letter of a name, on a plain field. */
export const printInitial = (name: string): Markup => {
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(tidy(name));
  return html`<span class="initial" aria-hidden="true">${first?.segment.toUpperCase()}</span>`;
};

const printLink = (words: Words, address: string | undefined, text: string): Markup | undefined => {
  const href = linkable(address);
  if (href === undefined) return undefined;
  return html`<li><a href="${href}" target="_blank" rel="noopener noreferrer">${text}<span class="unseen"> ${words.newTab}</span></a></li>`;
};

/** Name, publisher, where the person is sent back to, and the app's own links where they are safe to follow. */
export const printApp = (words: Words, app: AppView): Markup => {
  const publisher =
    app.publisher === undefined || app.unchecked === true
      ? html`<span class="caution">${icons.look}${app.unchecked === true ? words.unchecked.chip : words.app.noPublisher}</span>`
      : words.app.by(quoted(app.publisher));
  const links = [
    printLink(words, app.homepage, words.app.homepage),
    printLink(words, app.policy, words.app.policy),
  ].filter((link) => link !== undefined);
  return html`<aside class="app" aria-labelledby="app-heading">
<h2 class="small-heading" id="app-heading">${words.app.heading}</h2>
<div class="app-face">${printInitial(app.name)}<div><p class="app-name">${quoted(app.name)}</p><p class="app-by">${publisher}</p></div></div>
${app.device !== undefined && html`<p class="app-returns">${icons.device}<span>${words.device.shows(quoted(app.device))}</span></p>`}
${app.returnsTo !== undefined && html`<p class="app-returns">${icons.back}<span>${words.app.returnsTo(quoted(app.returnsTo))}</span></p>`}
${links.length > 0 && html`<ul class="app-links">${links}</ul>`}
</aside>`;
};
