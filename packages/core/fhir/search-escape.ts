/** The separators of a search value and how they are escaped. FHIR R4 search.html#escaping. */

/** Splits at a separator that no backslash escapes; the parts keep their escapes. */
export const splitEscaped = (text: string, separator: ',' | '|' | '$'): readonly string[] => {
  const parts: string[] = [];
  let from = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === separator) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
};

/** `\,` `\|` `\$` `\\` stand for the character itself; any other backslash for a backslash. */
export const unescaped = (text: string): string => text.replace(/\\([,|$\\])/g, '$1');
