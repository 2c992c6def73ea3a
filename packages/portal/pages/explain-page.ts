/** Why may somebody see something, or not: a question, and the answer rule by rule. FHIR R4 security.html#access-control. */
import type { ExplainedView } from '../admin/administration.ts';
import { html, type Markup } from '../markup.ts';
import { type Desk, printDesk } from '../parts/desk-frame.ts';
import type { House } from '../parts/document.ts';
import { printExplanation } from '../parts/explanation.ts';
import { printFault } from '../parts/fault.ts';
import { deskWords } from '../words-desk.ts';

/** As it was typed. */
export type TypedQuestion = Readonly<Partial<Record<QuestionField, string>>>;
export const questionFields = [
  'person',
  'client',
  'patient',
  'scope',
  'grant',
  'purpose',
  'clearance',
  'method',
  'url',
  'record',
] as const;
export type QuestionField = (typeof questionFields)[number];

export interface ExplainView {
  readonly clients: readonly string[];
  readonly typed: TypedQuestion;
  readonly result?: ExplainedView | { readonly kind: 'missing' } | { readonly kind: 'forged' };
}

export const questionMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const words = deskWords.question;
type Named = 'person' | 'client' | 'patient' | 'record' | 'scope' | 'grant' | 'url';

const field = (name: Named, typed: TypedQuestion, more: Markup | false = false): Markup =>
  html`<div class="field"><label for="${name}">${words[name]}</label>
<input id="${name}" name="${name}" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="${name}-hint" value="${typed[name] ?? ''}"${more}>
<p class="hint" id="${name}-hint">${words[`${name}Hint`]}</p></div>`;

const choice = (name: 'purpose' | 'clearance', options: readonly (readonly [string, string])[], typed: TypedQuestion) =>
  html`<div class="field"><label for="${name}">${words[name]}</label><select id="${name}" name="${name}">${options.map(
    ([value, text]) => html`<option value="${value}"${typed[name] === value && html` selected`}>${text}</option>`,
  )}</select></div>`;

const printForm = ({ clients, typed }: ExplainView, csrf: string): Markup => {
  const more = [typed.scope, typed.grant, typed.clearance].some((value) => value !== undefined && value !== '');
  return html`<form class="card question" method="post" action="/admin/explain"><input type="hidden" name="csrf" value="${csrf}">
<div class="columns">${field('person', typed)}${field('client', typed, html` list="clients" required`)}${field('patient', typed)}${choice('purpose', words.purposes, typed)}</div>
<datalist id="clients">${clients.map((client) => html`<option value="${client}"></option>`)}</datalist>
<div class="asked-for"><div class="field"><label for="method">${words.method}</label><select id="method" name="method">${questionMethods.map(
    (method) => html`<option${typed.method === method && html` selected`}>${method}</option>`,
  )}</select></div>${field('url', typed, html` required`)}</div>
${field('record', typed)}
<details class="fold"${more && html` open`}><summary>${words.more}</summary>${field('scope', typed)}<div class="columns">${field('grant', typed)}${choice('clearance', words.clearances, typed)}</div></details>
<div class="actions"><button class="primary" type="submit">${words.button}</button></div></form>`;
};

const printProblem = ({ result }: ExplainView): Markup | undefined => {
  switch (result?.kind) {
    case 'refused':
      return printFault({ title: words.faultTitle, text: result.why });
    case 'missing':
      return printFault({ title: words.faultTitle, text: words.missing, target: 'client' });
    case 'forged':
      return printFault({ title: words.faultTitle, text: deskWords.forged });
    default:
      return undefined;
  }
};

export const printExplain = (house: House, desk: Desk, view: ExplainView): string => {
  const { result } = view;
  const form = printForm(view, desk.csrf);
  return printDesk(house, desk, {
    place: 'explain',
    title: words.title,
    body:
      result?.kind === 'explained'
        ? html`<div class="head"><h1>${words.title}</h1></div>
<details class="fold again"><summary>${words.again}</summary>${form}</details>
<div class="explanation">${printExplanation(result.explanation, result.notes)}</div>`
        : html`${printProblem(view)}<div class="head"><h1>${words.title}</h1><p class="lead">${words.lead}</p></div>${form}`,
  });
};
