/** The sample sign-ins of the demonstration domain: a table that becomes cards on a phone. */
import { html, type Markup } from '../markup.ts';
import type { Words } from '../words.ts';
import type { SamplePerson } from './document.ts';

export const printPeople = (words: Words, people: readonly SamplePerson[]): Markup => {
  const { home } = words;
  return html`<table class="people"><thead><tr><th scope="col">${home.person}</th><th scope="col">${home.username}</th><th scope="col">${home.password}</th></tr></thead>
<tbody>${people.map(
    (person) =>
      html`<tr><th scope="row">${person.name}<span class="about">${person.about}</span></th><td data-label="${home.username}"><code>${person.username}</code></td><td data-label="${home.password}"><code>${person.password}</code></td></tr>`,
  )}</tbody></table>`;
};
