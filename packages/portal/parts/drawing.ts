/** The picture of the front page: a record, an app, and the small part that both hold. Coloured by the stylesheet. SVG 2 §5.8. */
import { html, type Markup } from '../markup.ts';
import type { Words } from '../words.ts';

export const printDrawing = (
  words: Words,
): Markup => html`<svg class="drawing" viewBox="0 0 440 300" role="img" aria-labelledby="drawing-title">
<title id="drawing-title">${words.home.drawing}</title>
<circle class="d-record" cx="160" cy="150" r="138"/><circle class="d-app" cx="280" cy="150" r="138"/>
<path class="d-lens" d="M220 25.7a138 138 0 0 1 0 248.6a138 138 0 0 1 0-248.6z"/>
<g class="d-lines"><path d="M50 118h66M50 150h52M50 182h60"/></g>
<g class="d-shared"><path d="M186 104l7 7 13-14M186 150l7 7 13-14M186 196l7 7 13-14"/><path d="M218 104h38M218 150h30M218 196h38"/></g>
<g class="d-app-lines"><rect x="334" y="116" width="46" height="68" rx="9"/><path d="M344 160l7-12 8 7 9-17"/></g>
<text x="88" y="222" text-anchor="middle">${words.home.drawn.record}</text><text x="356" y="222" text-anchor="middle">${words.home.drawn.app}</text>
</svg>`;
