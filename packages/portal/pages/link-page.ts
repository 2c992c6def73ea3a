/** An account elsewhere is about to become a way in: said in full before it is. NIST SP 800-63C §3.8.1; WCAG 2.2 §3.3.4. */
import type { LinkView } from '@affinity/authorization-server/sign-in-views.ts';
import { html, quoted } from '../markup.ts';
import { printApp } from '../parts/app-frame.ts';
import { type House, printDocument } from '../parts/document.ts';

export const printLink = (house: House, view: LinkView): string => {
  const { words } = house;
  const { link } = words.signIn;
  const provider = quoted(view.provider);
  const name = view.name === undefined ? undefined : quoted(view.name);
  return printDocument(house, {
    title: link.tab,
    kind: 'step',
    body: html`<div class="head"><h1>${link.title(provider)}</h1>
<p class="lead">${link.lead(provider, quoted(view.username), name)}</p></div>
<div class="${view.app ? 'pair' : 'single'}">
${view.app && printApp(words, view.app)}
<div class="main-column"><form class="card" method="post" action="${view.action}"><input type="hidden" name="csrf" value="${view.csrf}">
<p>${link.hint}</p>
<div class="actions"><button type="submit" name="link" value="no">${link.no}</button><button class="primary" type="submit" name="link" value="yes">${link.yes}</button></div></form>
</div></div>`,
  });
};
