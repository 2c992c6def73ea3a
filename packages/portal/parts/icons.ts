/** Our own few icons: 24 × 24, drawn with the colour of the text beside them, silent for screen readers. SVG 2. */
import type { ConsentGroup } from '@affinity/authorization-server/page-views.ts';
import { html, type Markup } from '../markup.ts';

const draw = (shape: Markup): Markup =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${shape}</svg>`;

/** Two circles that overlap: a record and an app, and the part that is shared. */
export const mark: Markup = html`<svg class="mark" viewBox="0 0 36 24" aria-hidden="true" focusable="false"><circle cx="12.5" cy="12" r="10"/><circle cx="23.5" cy="12" r="10"/><path d="M18 3.65a10 10 0 0 1 0 16.7a10 10 0 0 1 0-16.7z"/></svg>`;

/** The mark as a picture of its own, for the tab of the browser. */
export const favicon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="9" fill="#16305a"/><g fill="none" stroke="#f8f4ea" stroke-width="2.2"><circle cx="14" cy="18" r="9"/><circle cx="22" cy="18" r="9"/></g><path d="M18 9.94a9 9 0 0 1 0 16.12a9 9 0 0 1 0-16.12z" fill="#f0b95b"/></svg>';

export const icons = {
  check: draw(html`<path d="M5 12.5l4.6 4.6L19 7.4"/>`),
  eye: draw(
    html`<path d="M2.5 12C5 7.7 8.2 5.6 12 5.6s7 2.1 9.5 6.4c-2.5 4.3-5.7 6.4-9.5 6.4S5 16.3 2.5 12z"/><circle cx="12" cy="12" r="2.8"/>`,
  ),
  hidden: draw(
    html`<path d="M4 20L20 4M9.6 6a9 9 0 0 1 2.4-.4c3.8 0 7 2.1 9.5 6.4a16 16 0 0 1-2.7 3.5M6.4 7.8A16 16 0 0 0 2.5 12c2.5 4.3 5.7 6.4 9.5 6.4a9 9 0 0 0 4-.9"/>`,
  ),
  pencil: draw(html`<path d="M4 20l1-4.5L16.3 4.2l3.5 3.5L8.5 19z M14 6.5l3.5 3.5"/>`),
  lock: draw(
    html`<rect x="5" y="10.5" width="14" height="10" rx="2"/><path d="M8 10.5V7.5a4 4 0 0 1 8 0v3M12 14.5v2.5"/>`,
  ),
  shield: draw(
    html`<path d="M12 2.8l7.5 2.7v5.8c0 4.6-3 8-7.5 9.9-4.5-1.9-7.5-5.3-7.5-9.9V5.5z M8.6 11.8l2.5 2.5 4.4-4.6"/>`,
  ),
  look: draw(html`<path d="M12 3.5L22 20.5H2z M12 10v5"/><circle class="dot" cx="12" cy="17.6" r=".6"/>`),
  back: draw(html`<path d="M9.5 6L3.5 12l6 6M4 12h16.5"/>`),
  forward: draw(html`<path d="M14.5 6l6 6-6 6M20 12H3.5"/>`),
  clock: draw(html`<circle cx="12" cy="12" r="8.7"/><path d="M12 7v5.2l3.4 2.2"/>`),
  device: draw(html`<rect x="2.8" y="4.5" width="18.4" height="12" rx="1.8"/><path d="M8.5 20.5h7M12 16.5v4"/>`),
  key: draw(html`<circle cx="7.5" cy="14.5" r="4.5"/><path d="M10.8 11.2L19.5 2.8M15.5 6.6l3 3M13 9l2 2"/>`),
  place: draw(html`<path d="M4 20.5v-15h9v15M13 10h7v10.5M2.5 20.5h19M7 9h3M7 12.5h3M7 16h3M16 14h1.5"/>`),
  person: draw(html`<circle cx="12" cy="8" r="4"/><path d="M4.2 20.5c.9-4.3 3.8-6.3 7.8-6.3s6.9 2 7.8 6.3"/>`),
};

/** One icon for each group of data, always the same. */
export const groupIcons: Readonly<Record<ConsentGroup, Markup>> = {
  identity: draw(
    html`<rect x="2.5" y="5" width="19" height="14" rx="2"/><circle cx="8.5" cy="10.5" r="2"/><path d="M5.3 16c.5-1.7 1.6-2.5 3.2-2.5s2.7.8 3.2 2.5M14.5 10h4M14.5 14h4"/>`,
  ),
  name: icons.person,
  'own-entry': draw(
    html`<path d="M9.5 14.5l5-5M8 11.2l-2.8 2.8a3.6 3.6 0 0 0 5 5L13 16.3M16 12.8l2.8-2.8a3.6 3.6 0 0 0-5-5L11 7.7"/>`,
  ),
  identifiers: draw(html`<path d="M9.5 3.5L7.5 20.5M16.5 3.5l-2 17M4 9h16.5M3.5 15H20"/>`),
  patient: icons.person,
  medications: draw(
    html`<g transform="rotate(-45 12 12)"><rect x="2" y="7.7" width="20" height="8.6" rx="4.3"/><path d="M12 7.7v8.6"/></g>`,
  ),
  allergies: draw(
    html`<circle cx="12" cy="12" r="2.3"/><path d="M9.9 10.9c-2.5-2.3-2.3-7 2.1-8 4.4 1 4.6 5.7 2.1 8M14.1 10.9c3.3-1 7.1 1.7 5.9 6-4.2 1.4-7.2-1.9-6.5-5M13.5 13.9c.7 3.3-2.4 6.8-6.7 5.5-2.9-3.6-1.3-7.5 2.7-8.3" transform="rotate(6 12 12)"/>`,
  ),
  conditions: draw(
    html`<rect x="4.5" y="4.5" width="15" height="17" rx="2"/><path d="M9 4.5V2.8h6v3.4H9zM8.2 11.5h7.6M8.2 16h5"/>`,
  ),
  laboratory: draw(
    html`<path d="M9 2.8h6M10.3 2.8v6.4L4.9 18.3a1.9 1.9 0 0 0 1.6 2.9h11a1.9 1.9 0 0 0 1.6-2.9L13.7 9.2V2.8M7.5 15.2h9"/>`,
  ),
  'vital-signs': draw(html`<path d="M2 12.5h4.2l2.3-6.7 4.3 12.7 2.5-8.3 1.1 2.3H22"/>`),
  immunizations: draw(
    html`<path d="M12.8 5.4l5.8 5.8-7 7H5.8v-5.8zM5.8 18.2L2.8 21.2M15.7 8.3l3.2-3.2M16.9 3.1l4 4M9 9.2l2.2 2.2"/>`,
  ),
  visits: draw(
    html`<rect x="3" y="5" width="18" height="16" rx="2"/><path d="M3 10.2h18M8 2.8V7M16 2.8V7M12 13v5M9.5 15.5h5"/>`,
  ),
  documents: draw(html`<path d="M5.5 2.8h8.7l4.5 4.5v13.9H5.5zM14 2.8v4.7h4.7M8.8 12.5h6.5M8.8 16.5h6.5"/>`),
  other: draw(
    html`<path d="M2.8 18.7V5.8a1.3 1.3 0 0 1 1.3-1.3h5l2.3 2.7h8.5a1.3 1.3 0 0 1 1.3 1.3v10.2a1.3 1.3 0 0 1-1.3 1.3H4.1a1.3 1.3 0 0 1-1.3-1.3z"/>`,
  ),
  'everything-else': draw(
    html`<rect x="3.5" y="3.5" width="7" height="7" rx="1.5"/><rect x="13.5" y="3.5" width="7" height="7" rx="1.5"/><rect x="3.5" y="13.5" width="7" height="7" rx="1.5"/><path d="M17 13.5v7M13.5 17h7"/>`,
  ),
  online: icons.person,
  offline: icons.clock,
};
