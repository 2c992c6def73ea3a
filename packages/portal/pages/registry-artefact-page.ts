/** One definition: what it is, and what it says, as a table of elements or a list of codes. FHIR R4 formats.html#table. */
import { cleaned, html, type Markup, quoted } from '../markup.ts';
import { type House, printDocument } from '../parts/document.ts';
import { type Expansion, type Json, plainOf, textOf } from '../registry/artefact-view.ts';
import { registryWords as words } from '../words-registry.ts';
import { printCodes, printConcepts } from './registry-codes.ts';
import { printElements } from './registry-elements.ts';
import { cutTo, printKinds, printStatus } from './registry-list-page.ts';

export interface ArtefactPage {
  readonly resource: Json;
  readonly type: string;
  readonly id: string;
  /** of the resource */
  readonly address: string;
  readonly view: 'own' | 'all';
  readonly filter: string;
  readonly expansion?: Expansion;
}

const fact = (name: string, value: unknown): Markup | false => {
  const text = textOf(value);
  return text !== undefined && html`<div><dt>${name}</dt><dd>${cleaned(text).slice(0, 1000)}</dd></div>`;
};

const printBody = ({ resource, type, id, view, filter, expansion }: ArtefactPage): Markup | false => {
  if (type === 'StructureDefinition') return printElements(resource, id, view);
  if (type === 'ValueSet' && expansion !== undefined) return printCodes(resource, id, expansion);
  if (type === 'CodeSystem') return printConcepts(resource, id, filter);
  return false;
};

export const printArtefact = (house: House, page: ArtefactPage): string => {
  const { resource, type, address } = page;
  const title = textOf(resource.title) ?? textOf(resource.name) ?? page.id;
  const about = textOf(resource.description);
  return printDocument(house, {
    title: html`${cleaned(title).slice(0, 120)}`,
    kind: 'desk',
    body: html`<p class="way-back"><a href="/registry?type=${type}">${words.back}: ${words.types[type] ?? type}</a></p>
<div class="head"><div class="definition-head"><h1>${quoted(title)}</h1>${printStatus(textOf(resource.status) ?? 'unknown')}</div>${about !== undefined && html`<p class="lead">${cutTo(plainOf(about), 700)}</p>`}</div>
<dl class="facts-list card">${fact(words.url, resource.url)}${fact(words.version, resource.version)}${fact(words.publisher, resource.publisher)}${fact(words.date, resource.date)}${fact(words.ofType, resource.type)}${fact(words.base, resource.baseDefinition)}${fact(words.code, resource.code)}${fact(words.expression, resource.expression)}<div><dt>${words.fhir}</dt><dd><a href="${address}">${address}</a></dd></div></dl>
${printBody(page)}`,
  });
};

export const printRegistryTrouble = (house: House, status: number): string => {
  const { absent, throttled, failed } = words.trouble;
  const told = status === 429 ? throttled : status === 404 || status === 410 || status === 400 ? absent : failed;
  return printDocument(house, {
    title: told.title,
    kind: 'desk',
    body: html`<div class="head"><h1>${told.title}</h1><p class="lead">${told.text}</p></div>${printKinds('')}`,
  });
};
