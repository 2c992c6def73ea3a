/** Where the elements of a JSON array stand in its text, so that each can be stored as it was sent. RFC 8259 §5. */

/** Offset just past the string that begins at `start`. */
const pastString = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === '"') return at + 1;
  }
  return text.length;
};

/** The texts of the elements of an array. The text must have been found sound: this reads brackets and strings only. */
export const arrayElements = (text: string): readonly string[] => {
  const elements: string[] = [];
  let depth = 0;
  let start = 0;
  const close = (end: number): void => {
    const element = text.slice(start, end).trim();
    if (element !== '') elements.push(element);
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = pastString(text, at) - 1;
    else if (character === '[' || character === '{') {
      depth += 1;
      if (depth === 1) start = at + 1;
    } else if (character === ']' || character === '}') {
      if (depth === 1) close(at);
      depth -= 1;
    } else if (character === ',' && depth === 1) {
      close(at);
      start = at + 1;
    }
  }
  return elements;
};
