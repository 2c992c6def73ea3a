/** A QR code as one picture of our own: dark on light in every colour scheme, as cameras expect. ISO/IEC 18004 §6.3.8. */
import { encode } from 'uqr';
import { html, type Markup } from '../markup.ts';

/** @param about what it is, for whoever does not see it */
export const printQrCode = (text: string, about: string): Markup => {
  const { data, size } = encode(text, { ecc: 'M', border: 4 });
  const runs = data.flatMap((row, y) => {
    const made: string[] = [];
    for (let x = 0; x < size; x++) {
      let width = 0;
      while (row[x + width] === true) width++;
      if (width > 0) made.push(`M${x} ${y}h${width}v1h-${width}z`);
      x += width;
    }
    return made;
  });
  return html`<svg class="qr-code" viewBox="0 0 ${size} ${size}" role="img" aria-label="${about}" shape-rendering="crispEdges"><rect width="${size}" height="${size}" fill="white"/><path fill="black" d="${runs.join('')}"/></svg>`;
};
