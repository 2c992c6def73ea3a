/** Choices about several things at once: how much of a record, whether to write at all, and all that is called "other". */
import type { Amount, ConsentKind, ConsentView } from '@affinity/authorization-server/page-views.ts';
import { html, type Markup } from '../markup.ts';
import type { Words } from '../words.ts';
import { type Placed, printMinorRow } from './consent-row.ts';
import { groupIcons, icons } from './icons.ts';

/** The hidden field tells a box that was unticked from one that was not there. */
const asked = ({ kind }: ConsentKind): Markup => html`<input type="hidden" name="kind_asked" value="${kind}">`;

const box = ({ kind, checked }: ConsentKind, more: Markup = html``): Markup =>
  html`<input type="checkbox" id="kind-${kind}" name="kind" value="${kind}"${more}${checked && html` checked`}>`;

const amounts: readonly Amount[] = ['all', 'not-confidential', 'ticked'];

/** Radio buttons for the whole record, and below them whether the app may write in it. */
export const printAmount = (words: Words, view: ConsentView, app: Markup): Markup | undefined => {
  const { consent } = words;
  const write = view.kinds.find(({ kind }) => kind === 'write');
  if (view.amount === undefined) return undefined;
  const choices = amounts.map((amount) => {
    const { title, about } = consent.amounts[amount](app);
    return html`<li><label class="row" for="amount-${amount}"><input type="radio" id="amount-${amount}" name="amount" value="${amount}" aria-describedby="amount-${amount}-about"${view.amount === amount && html` checked`}>
<span class="row-text"><span class="row-title">${title}</span> <span class="fact" id="amount-${amount}-about">${about}</span></span></label></li>`;
  });
  return html`<fieldset class="amount" aria-describedby="amount-hint"><legend>${consent.legend.amount}</legend><ul class="rows choices">${choices}</ul>
<p class="fact" id="amount-hint">${consent.amountHint}</p>
${
  write &&
  html`<ul class="rows"><li>${asked(write)}<label class="row" for="kind-write">${box(write, html` aria-describedby="kind-write-about"`)}<span class="row-icon">${icons.pencil}</span>
<span class="row-text"><span class="row-title">${consent.writeToo(write.access)}</span> <span class="fact" id="kind-write-about">${consent.writeTooWhy(app)}</span></span></label></li></ul>`
}</fieldset>`;
};

const isOther = ({ kind }: ConsentKind): boolean => kind === 'other-see' || kind === 'other-write';
export const othersOf = (view: ConsentView): readonly ConsentKind[] => view.kinds.filter(isOther);

const printOthersRow = (words: Words, kinds: readonly ConsentKind[], count: number): Markup => {
  const { consent } = words;
  const face = html`<span class="row-icon">${groupIcons.other}</span>`;
  const text = html`<span class="row-text"><span class="row-title" id="others-title">${consent.others.title}</span> <span class="fact" id="others-about">${consent.others.about(count)}</span></span>`;
  const [only, ...more] = kinds;
  if (only !== undefined && more.length === 0) {
    return html`${asked(only)}<label class="row" for="kind-${only.kind}">${box(only, html` aria-describedby="others-about"`)}${face}
${text} <span class="chips"><span class="chip when-on">${only.kind === 'other-see' ? icons.eye : icons.pencil}${consent.access(only.access)}</span><span class="chip when-off">${icons.hidden}${consent.notShared}</span></span></label>`;
  }
  const verbs = kinds.map(
    (one) =>
      html`${asked(one)}<label class="verb" for="kind-${one.kind}">${box(one, html` aria-labelledby="others-title kind-${one.kind}-verb"`)} <span id="kind-${one.kind}-verb">${consent.access(one.access)}</span></label>`,
  );
  return html`<div class="row twin" role="group" aria-labelledby="others-title">${face}
${text} <span class="verbs">${verbs}</span></div>`;
};

/** One row for all of "other", and below it each by itself, small. */
export const printOthers = (
  words: Words,
  kinds: readonly ConsentKind[],
  things: readonly (readonly Placed[])[],
): Markup => {
  const both = kinds.length > 1;
  return html`<li class="others">${printOthersRow(words, kinds, things.length)}
<ul class="minor${both && ' with-verbs'}">${things.map((placed) => printMinorRow(words, placed, both))}</ul></li>`;
};
