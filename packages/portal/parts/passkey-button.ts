/** A button that asks the browser for a passkey: hidden until our script has found that there is a way to. WebAuthn Level 3 §5.1. */
import { readFileSync } from 'node:fs';
import { html, type Markup } from '../markup.ts';
import { icons } from './icons.ts';

export const readPasskeyScript = (): string => readFileSync(new URL('../scripts/passkey.js', import.meta.url), 'utf8');

/** @param form.before fields that are posted with it */
export const printPasskeyButton = (form: {
  readonly action: string;
  readonly csrf: string;
  readonly does: 'get' | 'create';
  /** JSON */
  readonly options: string;
  readonly before?: Markup;
  readonly button: string;
  readonly failed: string;
}): Markup => html`<form class="passkey" method="post" action="${form.action}" data-passkey="${form.does}" data-options="${form.options}" hidden>
<input type="hidden" name="csrf" value="${form.csrf}"><input type="hidden" name="passkey" value="">
${form.before}
<div class="actions"><button type="submit">${icons.key}<span>${form.button}</span></button></div>
<p class="caution" role="status" data-failed hidden>${icons.look}<span>${form.failed}</span></p>
</form>`;
