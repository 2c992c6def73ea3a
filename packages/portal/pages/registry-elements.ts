/** A profile as a table of its elements: a tree with flags, cardinality, types, bindings and rules; on a phone a list of cards. FHIR R4 formats.html#table. */
import { cleaned, html, type Markup } from '../markup.ts';
import { elementsOf, type Json, plainOf, type ShownElement, type ShownTypeRef } from '../registry/artefact-view.ts';
import { registryWords } from '../words-registry.ts';

const { profile: words } = registryWords;
const mostElements = 2000;
/** Deeper ones stand as deep as this. */
const deepest = 8;

const lastPart = (canonical: string): string => canonical.split('|')[0]?.split('/').at(-1) ?? canonical;

const printType = ({ code, profiles }: ShownTypeRef): Markup =>
  html`<li><code>${code}</code>${profiles.length > 0 && html` <span class="targets">(${profiles.map((one, index) => html`${index > 0 && ' · '}<span title="${one}">${lastPart(one)}</span>`)})</span>`}</li>`;

const printFlags = (element: ShownElement): Markup => {
  const flags: readonly (readonly [string, string])[] = [
    ...(element.mustSupport ? [['S', words.mustSupport] as const] : []),
    ...(element.isModifier ? [['?!', words.isModifier] as const] : []),
    ...(element.isSummary ? [['Σ', words.isSummary] as const] : []),
  ];
  return html`<span>${flags.map(([sign, about]) => html`<abbr class="flag" title="${about}">${sign}<span class="unseen"> ${about}</span></abbr> `)}</span>`;
};

/** What it names is looked for in the registry; it need not be there. */
const printValueSet = (canonical: string): Markup =>
  /^[a-z][a-z0-9+.-]*:/i.test(canonical)
    ? html`<a href="/registry?type=ValueSet&amp;words=${encodeURIComponent(canonical.split('|')[0] ?? '')}"><code>${canonical}</code></a>`
    : html`<code>${canonical}</code>`;

const printAbout = (element: ShownElement): Markup =>
  html`${element.short !== '' && html`<p>${cleaned(plainOf(element.short))}</p>`}${
    element.fixed !== undefined && html`<p><span class="label">${words.fixed}</span> <code>${element.fixed}</code></p>`
  }${
    element.binding !== undefined &&
    html`<p><span class="label">${words.binding(element.binding.strength)}</span> ${printValueSet(element.binding.valueSet)}</p>`
  }${element.sliced !== undefined && html`<p><span class="label">${words.sliced}</span> ${element.sliced}</p>`}${
    element.rules.length > 0 &&
    html`<details><summary>${words.rules(element.rules.length)}</summary><ul>${element.rules.map((rule) => html`<li>${cleaned(rule)}</li>`)}</ul></details>`
  }`;

const printElement = (element: ShownElement): Markup =>
  html`<tr class="depth-${Math.min(element.depth, deepest)}${element.isForbidden && ' forbidden'}"><th scope="row"><span class="element${element.isSlice && ' slice'}">${element.name}</span></th>
<td data-name="${words.cardinality}">${element.cardinality}${element.isForbidden && html` <span class="unseen">${words.forbidden}</span>`}</td>
<td data-name="${words.flags}">${(element.mustSupport || element.isModifier || element.isSummary) && printFlags(element)}</td>
<td data-name="${words.type}">${element.types.length > 0 && html`<ul class="types">${element.types.map(printType)}</ul>`}</td>
<td data-name="${words.about}">${printAbout(element)}</td></tr>`;

export const printElements = (resource: Json, id: string, view: 'own' | 'all'): Markup => {
  const elements = elementsOf(resource, view).slice(0, mostElements);
  const choice = (which: 'own' | 'all', name: string): Markup =>
    html`<li><a href="/registry/StructureDefinition/${id}?view=${which}"${which === view && html` aria-current="true"`}>${name}</a></li>`;
  return html`<section aria-labelledby="elements"><h2 id="elements">${words.heading}</h2>
<nav class="kinds" aria-label="${words.view}"><ul>${choice('own', words.own)}${choice('all', words.all)}</ul></nav>
${
  elements.length === 0
    ? html`<p class="empty">${words.none}</p>`
    : html`<div class="scroll"><table class="elements"><thead><tr><th scope="col">${words.element}</th><th scope="col">${words.cardinality}</th><th scope="col">${words.flags}</th><th scope="col">${words.type}</th><th scope="col">${words.about}</th></tr></thead><tbody>
${elements.map(printElement)}</tbody></table></div>`
}</section>`;
};
