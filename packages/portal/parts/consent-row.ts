/** One thing that an app asks for: what it is, what the app may do with it, and whether it is shared. */
import type { ConsentItem } from '@affinity/authorization-server/page-views.ts';
import { cleaned, html, type Markup } from '../markup.ts';
import type { Words } from '../words.ts';
import { groupIcons, icons } from './icons.ts';

/** An item, and its place on the whole page counted from 1, for ids. */
export interface Placed {
  readonly item: ConsentItem;
  readonly index: number;
}

const printAccess = (words: Words, item: ConsentItem): Markup => {
  const { consent } = words;
  if (item.access.length === 0) {
    return html`<span class="chip when-on">${icons.check}${consent.mayGoOn}</span><span class="chip when-off">${icons.hidden}${consent.refused}</span>`;
  }
  const writes = item.access.some((verb) => verb !== 'see');
  return html`<span class="chip when-on${writes && ' chip-look'}">${writes ? icons.pencil : icons.eye}${consent.access(item.access)}</span><span class="chip when-off">${icons.hidden}${consent.notShared}</span>`;
};

/** What is told word by word, so that nothing leaves that was not seen. */
const printValues = ({ values = [] }: ConsentItem): Markup =>
  html`${values.map(({ value, system }) => html`<span class="value"><strong>${cleaned(value)}</strong>${system !== undefined && html` <span class="fact">${cleaned(system)}</span>`}</span>`)}`;

/**
 * A checkbox named `scope` with the scope as its value. What is required has no checkbox, since there is nothing to
 * decide: a hidden field posts it, and the row says that it is always needed.
 */
const printSingle = (words: Words, { item, index }: Placed): Markup => {
  const { title, about } = words.consent.describeItem(item);
  const id = `scope-${index}`;
  const face = html`<span class="row-icon">${groupIcons[item.group]}</span>`;
  if (item.required) {
    return html`<li><div class="row fixed"><input type="hidden" name="scope" value="${item.scope}"><span class="tick">${icons.lock}</span>${face}
<span class="row-text"><span class="row-title">${title}</span> <span class="fact">${about} ${words.consent.requiredWhy}</span></span> <span class="chips"><span class="chip">${words.consent.required}</span></span></div></li>`;
  }
  return html`<li><label class="row" for="${id}"><input type="checkbox" id="${id}" name="scope" value="${item.scope}" aria-describedby="${id}-about"${item.checked && html` checked`}>${face}
<span class="row-text"><span class="row-title">${title}</span> <span class="fact" id="${id}-about">${about}${printValues(item)}</span></span> <span class="chips">${printAccess(words, item)}</span></label></li>`;
};

/** A box for each of what the app may do, named by the thing and the deed. */
const printVerbs = (words: Words, placed: readonly Placed[], title: string): Markup =>
  html`<span class="verbs">${placed.map(({ item, index }) => {
    const id = `scope-${index}`;
    return html`<label class="verb ${item.access.includes('see') ? 'verb-see' : 'verb-write'}" for="${id}"><input type="checkbox" id="${id}" name="scope" value="${item.scope}" aria-labelledby="${title} ${id}-verb"${item.checked && html` checked`}> <span id="${id}-verb">${words.consent.access(item.access)}</span></label>`;
  })}</span>`;

/** To see and to write, side by side: either may be left out. */
const printTwin = (words: Words, placed: readonly Placed[], first: Placed): Markup => {
  const { title, about } = words.consent.describeItem(first.item);
  const id = `scope-${first.index}-title`;
  return html`<li><div class="row twin" role="group" aria-labelledby="${id}"><span class="row-icon">${groupIcons[first.item.group]}</span>
<span class="row-text"><span class="row-title" id="${id}">${title}</span> <span class="fact">${about}</span></span> ${printVerbs(words, placed, id)}</div></li>`;
};

/** One row for the items of one thing. */
export const printConsentRow = (words: Words, placed: readonly Placed[]): Markup => {
  const [first, ...more] = placed;
  if (first === undefined) return html``;
  return more.length === 0 ? printSingle(words, first) : printTwin(words, placed, first);
};

/** A row among many of one kind: its name and its boxes, nothing more. */
export const printMinorRow = (words: Words, placed: readonly Placed[], withVerbs: boolean): Markup => {
  const [first] = placed;
  if (first === undefined) return html``;
  const { item, index } = first;
  const { title } = words.consent.describeItem(item);
  const id = `scope-${index}`;
  if (withVerbs) {
    return html`<li><div class="row twin" role="group" aria-labelledby="${id}-title"><span class="row-text" id="${id}-title">${title}</span> ${printVerbs(words, placed, `${id}-title`)}</div></li>`;
  }
  return html`<li><label class="row" for="${id}"><input type="checkbox" id="${id}" name="scope" value="${item.scope}"${item.checked && html` checked`}> <span class="row-text">${title}</span></label></li>`;
};
