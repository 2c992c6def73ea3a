/** The registry's lists: one kind of definition at a time, with a search by words. */
import { cleaned, html, type Markup, quoted } from '../markup.ts';
import { type House, printDocument } from '../parts/document.ts';
import type { ListedArtefact } from '../registry/artefact-view.ts';
import { registryWords as words } from '../words-registry.ts';

export interface RegistryList {
  readonly type: string;
  readonly words: string;
  readonly rows: readonly ListedArtefact[];
  /** query of the page after this one */
  readonly next?: string;
  /** more were found than are shown */
  readonly cut: boolean;
}

export const cutTo = (text: string, length: number): string => {
  const line = cleaned(text);
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
};

export const printStatus = (status: string): Markup =>
  html`<span class="standing standing-${status === 'active' || status === 'draft' || status === 'retired' ? status : 'unknown'}">${words.status[status] ?? words.status.unknown}</span>`;

export const printKinds = (here: string): Markup =>
  html`<nav class="kinds" aria-label="${words.navigation}"><ul>${Object.entries(words.types).map(
    ([type, name]) =>
      html`<li><a href="/registry?type=${type}"${type === here && html` aria-current="page"`}>${name}</a></li>`,
  )}<li><a href="/registry/packages"${here === 'packages' && html` aria-current="page"`}>${words.packages}</a></li></ul></nav>`;

const printRow = (type: string, row: ListedArtefact): Markup =>
  html`<li class="definition"><div class="definition-head"><h2><a href="/registry/${type}/${row.id}">${quoted(row.title)}</a></h2>${printStatus(row.status)}</div>
<p class="definition-facts">${row.of !== undefined && html`${quoted(row.of)} · `}${row.version !== undefined && html`${words.version} ${quoted(row.version)}`}</p>
${row.about !== undefined && html`<p>${cutTo(row.about, 200)}</p>`}${row.url !== undefined && html`<p class="canonical"><code>${cutTo(row.url, 300)}</code></p>`}</li>`;

export const printRegistryList = (house: House, list: RegistryList): string =>
  printDocument(house, {
    title: words.types[list.type] ?? words.name,
    kind: 'desk',
    body: html`<div class="head"><h1>${words.title}</h1><p class="lead">${words.lead}</p></div>
${printKinds(list.type)}
<form class="seek" method="get" action="/registry" role="search"><input type="hidden" name="type" value="${list.type}"><div class="field"><label for="words">${words.words}</label><input id="words" name="words" type="search" value="${list.words}" maxlength="100" autocomplete="off"></div><button type="submit">${words.search}</button></form>
${list.words !== '' && list.rows.length > 0 && html`<p role="status">${words.found(list.rows.length, cutTo(list.words, 100))}${list.cut && html` ${words.cut}`}</p>`}
${
  list.rows.length === 0
    ? html`<p class="empty" role="status">${list.words === '' ? words.none : words.noneFound(cutTo(list.words, 100))}</p>`
    : html`<ul class="definitions">${list.rows.map((row) => printRow(list.type, row))}</ul>`
}
${list.next !== undefined && html`<p class="actions"><a class="button" href="/registry?type=${list.type}&amp;page=${encodeURIComponent(list.next)}">${words.next}</a></p>`}`,
  });
