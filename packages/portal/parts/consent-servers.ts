/** The places for which an app asks at once, by name: the first is fixed, the others may be unticked. RFC 8707 §2. */
import type { ConsentServer, ConsentView } from '@affinity/authorization-server/page-views.ts';
import { html, type Markup, quoted } from '../markup.ts';
import type { Words } from '../words.ts';
import { icons } from './icons.ts';

const printServer = ({ consent }: Words, server: ConsentServer, index: number): Markup => {
  const id = `server-${index}`;
  const title = html`<span class="row-title">${quoted(server.name)}</span>`;
  const face = html`<span class="row-icon">${icons.place}</span>`;
  if (server.required) {
    return html`<li><div class="row fixed"><input type="hidden" name="server" value="${server.base}"><span class="tick">${icons.lock}</span>${face}
<span class="row-text">${title} <span class="fact">${consent.servers.first}</span></span> <span class="chips"><span class="chip">${consent.required}</span></span></div></li>`;
  }
  return html`<li><label class="row" for="${id}"><input type="checkbox" id="${id}" name="server" value="${server.base}" aria-describedby="${id}-about"${server.checked && html` checked`}>${face}
<span class="row-text">${title} <span class="fact" id="${id}-about">${consent.servers.other}</span></span> <span class="chips"><span class="chip when-on">${icons.check}${consent.servers.mayOpen}</span><span class="chip when-off">${icons.hidden}${consent.refused}</span></span></label></li>`;
};

export const printServers = (words: Words, { servers }: ConsentView): Markup | undefined =>
  servers &&
  html`<fieldset><legend>${words.consent.servers.legend}</legend><ul class="rows">${servers.map((server, index) => printServer(words, server, index + 1))}</ul></fieldset>`;
