/** HTML as values: a template tag that escapes whatever it is given, and the cleaning of other people's words. WHATWG HTML §13. */
import { html as honoHtml } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

/** HTML that is already safe. Only `html` makes it; a plain string put into a template is escaped. */
export type Markup = HtmlEscapedString;
/** What a template may hold. `false` and `undefined` leave nothing behind. */
export type Part = string | number | false | undefined | Markup | readonly Part[];

/** Text between the values is HTML as written; each value is escaped for text and for quoted attributes alike. */
export const html = (strings: TemplateStringsArray, ...values: readonly Part[]): Markup => {
  const made = honoHtml(strings, ...values);
  // hono gives a promise only when a value is one, which `Part` rules out; a page is a string at once or not at all.
  if (made instanceof Promise) throw new TypeError('a part of a page was a promise');
  return made;
};

// Controls, direction overrides, invisible spaces and tag characters let a name pretend to be other text.
// The joiners U+200C and U+200D stay: Persian, Hindi and emoji are written with them.
const disguises = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]+/gu;
const heapedMarks = /(\p{M}{3})\p{M}+/gu;
const longest = 120;

/** Other people's words as one line, however long, without what could disguise them. */
export const cleaned = (words: string): string =>
  words.toWellFormed().replace(disguises, ' ').replace(heapedMarks, '$1').replace(/\s+/gu, ' ').trim();

/** Words of an app or a person as one line of at most 120 characters, without what could disguise them. */
export const tidy = (words: string): string => {
  const line = cleaned(words);
  const letters = [...line];
  return letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : line;
};

/** The same for a place in a sentence: its writing direction cannot spill over to the words around it. */
export const quoted = (words: string): Markup => html`<bdi>${tidy(words)}</bdi>`;

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** The address, if a page may link to it: https, or http on this machine, and no name or password inside. */
export const linkable = (address: string | undefined): string | undefined => {
  const url = address === undefined ? null : URL.parse(address);
  if (url === null) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  const safe = url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname));
  return safe ? url.href : undefined;
};
