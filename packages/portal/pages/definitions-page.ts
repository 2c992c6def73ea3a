/** The administrators' page of the registry: what waits for another publisher, a package to send, and who decided what. */
import type { DecidedDefinition, WaitingDefinition } from '../admin/definitions.ts';
import { cleaned, html, type Markup, quoted } from '../markup.ts';
import { type Desk, printDesk } from '../parts/desk-frame.ts';
import type { House } from '../parts/document.ts';
import { printFault } from '../parts/fault.ts';
import { icons } from '../parts/icons.ts';
import { definitionsWords as words } from '../words-definitions.ts';
import { deskWords } from '../words-desk.ts';

type Fault = keyof typeof words.faults;

export interface DefinitionsView {
  readonly mayPublish: boolean;
  readonly twoPersons: boolean;
  readonly waiting: readonly WaitingDefinition[];
  readonly decided: readonly DecidedDefinition[];
  readonly notice?:
    | { readonly kind: 'approved' | 'refused' }
    | { readonly kind: 'loaded'; readonly words: string }
    | { readonly kind: 'refused'; readonly words: string }
    | { readonly kind: 'fault'; readonly fault: Fault };
}

const printNotice = (notice: DefinitionsView['notice']): Markup | false => {
  if (notice === undefined) return false;
  const done = (text: string): Markup => html`<p class="noted" role="status">${icons.check}${cleaned(text)}</p>`;
  if (notice.kind === 'fault') return printFault({ title: words.faultTitle, text: words.faults[notice.fault] });
  if (notice.kind === 'loaded') return done(notice.words);
  if ('words' in notice) return printFault({ title: words.notLoaded, text: cleaned(notice.words).slice(0, 500) });
  return done(words.done[notice.kind]);
};

const link = ({ type, id, title }: Pick<WaitingDefinition, 'type' | 'id' | 'title'>): Markup =>
  html`<a href="/registry/${type}/${id}">${quoted(title)}</a>`;

const printWaiting = (one: WaitingDefinition, csrf: string, mayPublish: boolean): Markup =>
  html`<li class="definition"><div class="definition-head"><h3>${link(one)}</h3><span class="standing standing-draft">${words.wanted[one.wanted]}</span></div>
<p class="definition-facts">${words.proposed(one.proposedBy, deskWords.alert.showInstant(one.proposedAt))}</p>${one.note !== '' && html`<p>${quoted(one.note)}</p>`}
${
  one.isOwn
    ? html`<p class="about">${words.own}</p>`
    : mayPublish &&
      html`<form method="post" action="/admin/definitions"><input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="type" value="${one.type}"><input type="hidden" name="id" value="${one.id}"><div class="actions"><button type="submit" class="primary" name="decision" value="approved">${words.approve}</button><button type="submit" name="decision" value="refused">${words.decline}</button></div></form>`
}</li>`;

const printDecided = (one: DecidedDefinition): Markup =>
  html`<li>${link(one)}: ${words.wanted[one.wanted]}, ${words.decided[one.decision](one.decidedBy, deskWords.alert.showInstant(one.decidedAt))}. ${words.proposed(one.proposedBy, deskWords.alert.showInstant(one.proposedAt))}</li>`;

const printUpload = (desk: Desk, { mayPublish, twoPersons }: DefinitionsView): Markup =>
  !mayPublish
    ? html`<p class="empty">${words.noPublisher}</p>`
    : twoPersons
      ? html`<p class="empty">${words.commandLine}</p>`
      : html`<form class="card" method="post" action="/admin/definitions" enctype="multipart/form-data"><input type="hidden" name="csrf" value="${desk.csrf}"><div class="field"><label for="package">${words.file}</label><input id="package" type="file" name="package" accept=".tgz,application/gzip" required></div><div class="actions"><button type="submit">${words.load}</button></div></form>`;

export const printDefinitions = (house: House, desk: Desk, view: DefinitionsView): string =>
  printDesk(house, desk, {
    place: 'definitions',
    title: words.title,
    body: html`${printNotice(view.notice)}
<div class="head"><h1>${words.title}</h1><p class="lead">${words.lead}</p></div>
<section aria-labelledby="waiting"><h2 id="waiting">${words.waiting}</h2>${
      view.waiting.length === 0
        ? html`<p class="empty">${words.nothing}</p>`
        : html`<ul class="definitions">${view.waiting.map((one) => printWaiting(one, desk.csrf, view.mayPublish))}</ul>`
    }</section>
<section aria-labelledby="load"><h2 id="load">${words.loadTitle}</h2><p><a href="/registry/packages">${words.packages}</a></p>${printUpload(desk, view)}</section>
${view.decided.length > 0 && html`<section aria-labelledby="decided"><h2 id="decided">${words.history}</h2><ul class="made-of">${view.decided.map(printDecided)}</ul></section>`}`,
  });
