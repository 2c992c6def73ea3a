/** The codes of a ValueSet, page by page with a search in them, and those of a CodeSystem. FHIR R4 valueset.html, codesystem.html. */
import { cleaned, html, type Markup } from '../markup.ts';
import { compositionOf, conceptsOf, type Expansion, type Json, type ShownCode } from '../registry/artefact-view.ts';
import { registryWords } from '../words-registry.ts';

const { valueSet: words, search } = registryWords;
const deepest = 8;
const pageSize = 50;

const printSearch = (action: string, filter: string): Markup =>
  html`<form class="seek" method="get" action="${action}" role="search"><div class="field"><label for="filter">${words.filter}</label><input id="filter" name="filter" type="search" value="${filter}" maxlength="100" autocomplete="off"></div><button type="submit">${search}</button></form>`;

const printTable = (codes: readonly ShownCode[], withSystem: boolean): Markup =>
  html`<div class="scroll"><table class="elements codes"><thead><tr><th scope="col">${words.code}</th><th scope="col">${words.display}</th>${withSystem && html`<th scope="col">${words.system}</th>`}</tr></thead><tbody>
${codes.map(
  ({ code, display, system, definition, depth }) =>
    html`<tr class="depth-${Math.min(depth, deepest)}"><th scope="row"><span class="element">${code}</span></th><td data-name="${words.display}"><p>${cleaned(display)}</p>${definition !== '' && html`<p class="definition-facts">${cleaned(definition).slice(0, 500)}</p>`}</td>${withSystem && html`<td data-name="${words.system}"><code>${system}</code></td>`}</tr>`,
)}</tbody></table></div>`;

const printComposition = (resource: Json): Markup | false => {
  const parts = compositionOf(resource);
  return (
    parts.length > 0 &&
    html`<section aria-labelledby="made-of"><h2 id="made-of">${words.composition}</h2><ul class="made-of">${parts.map(({ kind, from }) => html`<li><span class="label">${words[kind]}</span> <code>${from}</code></li>`)}</ul></section>`
  );
};

const printPaging = (
  path: string,
  { offset, filter, hasMore }: Extract<Expansion, { kind: 'codes' }>,
): Markup | false => {
  const at = (from: number): string => `${path}?filter=${encodeURIComponent(filter)}&offset=${from}`;
  return (
    (offset > 0 || hasMore) &&
    html`<p class="actions">${offset > 0 && html`<a class="button" href="${at(Math.max(0, offset - pageSize))}">${words.previous}</a>`}${hasMore && html`<a class="button" href="${at(offset + pageSize)}">${words.next}</a>`}</p>`
  );
};

export const printCodes = (resource: Json, id: string, expansion: Expansion): Markup => {
  const path = `/registry/ValueSet/${id}`;
  return html`${printComposition(resource)}<section aria-labelledby="codes"><h2 id="codes">${words.heading}</h2>${printSearch(path, expansion.filter)}
${
  expansion.kind === 'not-known'
    ? html`<p class="empty">${words.notKnown}${expansion.reason !== '' && html`: ${cleaned(expansion.reason).slice(0, 300)}`}.</p>`
    : expansion.codes.length === 0
      ? html`<p class="empty" role="status">${words.none}</p>`
      : html`${expansion.total !== undefined && html`<p role="status">${words.total(expansion.total)}</p>`}${printTable(expansion.codes, true)}${printPaging(path, expansion)}`
}</section>`;
};

export const printConcepts = (resource: Json, id: string, filter: string): Markup => {
  const { shown, total } = conceptsOf(resource, filter);
  return html`<section aria-labelledby="codes"><h2 id="codes">${words.heading}</h2>${printSearch(`/registry/CodeSystem/${id}`, filter)}
${
  shown.length === 0
    ? html`<p class="empty" role="status">${filter === '' ? words.notKnown : words.none}</p>`
    : html`<p role="status">${shown.length < total ? words.first(shown.length, total) : words.total(total)}</p>${printTable(shown, false)}`
}</section>`;
};
