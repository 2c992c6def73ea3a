/** Packages that are loaded, and what they depend on. HL7 FHIR package specification. */
import { showDate } from '../dates.ts';
import { html, type Markup, quoted } from '../markup.ts';
import { type House, printDocument } from '../parts/document.ts';
import type { ShownPackage } from '../registry/artefact-view.ts';
import { registryWords } from '../words-registry.ts';
import { printKinds } from './registry-list-page.ts';

const { packagePage: words } = registryWords;

const printPackage = (house: House, one: ShownPackage): Markup =>
  html`<li class="definition"><div class="definition-head"><h2>${quoted(one.title ?? one.name)}</h2><span class="standing">${quoted(one.version)}</span></div>
<p class="definition-facts"><code>${one.name}</code> · ${words.definitions(one.artefacts)} · ${words.loaded(showDate(house.words.language, one.loadedAt.toISOString().slice(0, 10)))}${one.license !== undefined && html` · ${quoted(one.license)}`}</p>
${
  one.dependencies.length > 0 &&
  html`<p class="label">${words.needs}</p><ul class="needs">${one.dependencies.map(
    ({ name, version, isThere }) =>
      html`<li><code>${name} ${version}</code> <span class="standing standing-${isThere ? 'active' : 'draft'}">${isThere ? words.isThere : words.isMissing}</span></li>`,
  )}</ul>`
}</li>`;

export const printPackages = (house: House, packages: readonly ShownPackage[]): string =>
  printDocument(house, {
    title: words.title,
    kind: 'desk',
    body: html`<div class="head"><h1>${words.title}</h1><p class="lead">${words.lead}</p></div>
${printKinds('packages')}
${
  packages.length === 0
    ? html`<p class="empty">${words.none}</p>`
    : html`<ul class="definitions">${packages.map((one) => printPackage(house, one))}</ul>`
}`,
  });
