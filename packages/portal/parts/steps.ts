/** Where the person is on the way: sign in → whose record → allow. WCAG 2.2 §1.3.1: the order is a list, not a picture. */
import { html, type Markup } from '../markup.ts';
import type { Words } from '../words.ts';
import { icons } from './icons.ts';

export type Step = 'signIn' | 'patient' | 'consent';

/** @param steps those of this way, in order; @param current the one that the person is at */
export const printSteps = (words: Words, steps: readonly Step[], current: Step): Markup => {
  const at = steps.indexOf(current);
  return html`<nav class="steps" aria-label="${words.steps.label}"><ol>${steps.map((step, index) => {
    if (index < at) {
      const done = html`<span class="unseen"> (${words.steps.done})</span>`;
      return html`<li class="done"><span class="ball">${icons.check}</span><span>${words.steps[step]}${done}</span></li>`;
    }
    const here = index === at && html` aria-current="step"`;
    return html`<li${here}><span class="ball">${index + 1}</span><span>${words.steps[step]}</span></li>`;
  })}</ol></nav>`;
};
