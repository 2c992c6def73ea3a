/** Escape sequences of HL7 v2 undone. HL7 v2.5.1 2.7. */
export interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
}

const spaces = /^\.(?:sk|in|ti) ?\+?(\d{1,2})?$/;
const lines = /^\.(?:sp|br) ?\+?(\d{1,2})?$/;

/** What a sequence stands for; undefined: none that is known, so that it stays as it is. */
const meaningOf = (
  sequence: string,
  { field, component, repetition, escape: mark, subcomponent }: Delimiters,
  decodeBytes: (bytes: Uint8Array) => string | undefined,
): string | undefined => {
  switch (sequence) {
    case 'F':
      return field;
    case 'S':
      return component;
    case 'R':
      return repetition;
    case 'E':
      return mark;
    case 'T':
      return subcomponent;
    // Highlighting, wrapping and centring are of no account.
    case 'H':
    case 'N':
    case '.fi':
    case '.nf':
    case '.ce':
      return '';
  }
  const newLines = lines.exec(sequence);
  if (newLines !== null) return '\n'.repeat(Number(newLines[1] ?? 1));
  const skipped = spaces.exec(sequence);
  if (skipped !== null) return ' '.repeat(Number(skipped[1] ?? 1));
  if (!/^X(?:[0-9A-Fa-f]{2})+$/.test(sequence)) return undefined;
  return decodeBytes(Buffer.from(sequence.slice(1), 'hex'));
};

/** No sequence that is known is longer, but for one of bytes. */
const longest = 2000;

export const unescapeText = (
  text: string,
  delimiters: Delimiters,
  decodeBytes: (bytes: Uint8Array) => string | undefined,
): string => {
  const { escape: mark } = delimiters;
  if (!text.includes(mark)) return text;
  const pieces: string[] = [];
  let at = 0;
  for (;;) {
    const start = text.indexOf(mark, at);
    const end = start < 0 ? -1 : text.indexOf(mark, start + 1);
    if (end < 0) return pieces.join('') + text.slice(at);
    pieces.push(text.slice(at, start));
    const sequence = text.slice(start + 1, end);
    const meaning = sequence.length > longest ? undefined : meaningOf(sequence, delimiters, decodeBytes);
    if (meaning === undefined) {
      // The second mark may begin another sequence.
      pieces.push(text.slice(start, end));
      at = end;
      // Nothing stands behind it any more: it would be looked at for ever.
      if (text.indexOf(mark, end + 1) < 0) return pieces.join('') + text.slice(at);
    } else {
      pieces.push(meaning);
      at = end + 1;
    }
  }
};
