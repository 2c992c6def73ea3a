/** What went wrong with what was sent, said at once and tied to the field. WCAG 2.2 §3.3.1, §4.1.3. */
import { html, type Markup } from '../markup.ts';
import { icons } from './icons.ts';

/** @param target id of the field where the person puts it right */
export const printFault = (fault: {
  readonly title: string;
  readonly text: string;
  readonly target?: string;
}): Markup =>
  html`<div class="fault" role="alert">${icons.look}<div><h2>${fault.title}</h2><p id="fault-text">${
    fault.target === undefined ? fault.text : html`<a href="#${fault.target}">${fault.text}</a>`
  }</p></div></div>`;
