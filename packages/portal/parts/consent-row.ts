/** One thing that an app asks for: what it is, what the app may do with it, and whether it is shared. */
import type { ConsentItem } from '@affinity/authorization-server/page-views.ts';
import { html, type Markup } from '../markup.ts';
import type { Words } from '../words.ts';
import { groupIcons, icons } from './icons.ts';

const printAccess = (words: Words, item: ConsentItem): Markup => {
  const { consent } = words;
  if (item.group === 'offline' || item.access.length === 0) {
    return html`<span class="chip when-on">${icons.check}${consent.mayGoOn}</span><span class="chip when-off">${icons.hidden}${consent.refused}</span>`;
  }
  const writes = item.access.some((verb) => verb !== 'see');
  return html`<span class="chip when-on${writes && ' chip-look'}">${writes ? icons.pencil : icons.eye}${consent.access(item.access)}</span><span class="chip when-off">${icons.hidden}${consent.notShared}</span>`;
};

/**
 * A checkbox named `scope` with the scope as its value. What is required has no checkbox, since there is nothing to
 * decide: a hidden field posts it, and the row says that it is always needed.
 * @param index counts from 1 over the whole page, for ids
 */
export const printConsentRow = (words: Words, item: ConsentItem, index: number): Markup => {
  const { title, about } = words.consent.describeItem(item);
  const id = `scope-${index}`;
  const face = html`<span class="row-icon">${groupIcons[item.group]}</span>`;
  if (item.required) {
    return html`<li><div class="row fixed"><input type="hidden" name="scope" value="${item.scope}"><span class="tick">${icons.lock}</span>${face}
<span class="row-text"><span class="row-title">${title}</span> <span class="fact">${about} ${words.consent.requiredWhy}</span></span> <span class="chips"><span class="chip">${words.consent.required}</span></span></div></li>`;
  }
  return html`<li><label class="row" for="${id}"><input type="checkbox" id="${id}" name="scope" value="${item.scope}" aria-describedby="${id}-about"${item.checked && html` checked`}>${face}
<span class="row-text"><span class="row-title">${title}</span> <span class="fact" id="${id}-about">${about}</span></span> <span class="chips">${printAccess(words, item)}</span></label></li>`;
};
