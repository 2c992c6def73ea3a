/**
 * A JSON text of a foreign system, parsed once and looked at once: what is too deep, repeats a key or reaches for a prototype
 * is refused, and the resources of a Bundle are found in the text, so that they leave as they came, decimals and all.
 * FHIR R4 json.html, bundle.html; RFC 8259 §4.
 */

/** Offsets into the text, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}
export interface JsonText {
  readonly value: Readonly<Record<string, unknown>>;
  /** where the resources of `entry` stand, in their order; entries without one are passed over */
  readonly resources: readonly Span[];
}

const deepest = 64;

type Members = Readonly<Record<string, unknown>>;
export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Members of all objects within; none may have a name by which a prototype is reached: that counts as endlessly many. */
const countMembers = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const one of value) if (typeof one === 'object') count += countMembers(one);
    return count;
  }
  const members = value as Members;
  for (const key in members) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') return Number.POSITIVE_INFINITY;
    count += 1;
    const one = members[key];
    if (typeof one === 'object') count += countMembers(one);
  }
  return count;
};

/** Offset of the quote that ends the string whose first quote stands at `start`; the text is known to be JSON. */
const endOfString = (text: string, start: number): number => {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
};

interface Look {
  readonly members: number;
  readonly resources: readonly Span[];
}

/** One pass over a text that is known to be JSON; undefined: it is too deep. */
const look = (text: string): Look | undefined => {
  const resources: Span[] = [];
  const isObject = new Uint8Array(deepest + 1);
  let depth = 0;
  let members = 0;
  let expectsKey = false;
  let inEntries = false;
  /** -1: no resource is looked for; 0: one is to begin */
  let start = -1;
  const isKey = (from: number, end: number, key: string): boolean =>
    end - from - 1 === key.length && text.startsWith(key, from + 1);
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (char === 0x22) {
      const end = endOfString(text, i);
      if (expectsKey) {
        members += 1;
        expectsKey = false;
        if (depth === 1) inEntries = isKey(i, end, 'entry');
        else if (depth === 3 && inEntries) start = isKey(i, end, 'resource') ? 0 : -1;
      }
      i = end;
    } else if (char === 0x7b || char === 0x5b) {
      if (depth === deepest) return undefined;
      expectsKey = char === 0x7b;
      depth += 1;
      isObject[depth] = expectsKey ? 1 : 0;
      if (start === 0 && depth === 4 && expectsKey) start = i;
    } else if (char === 0x7d || char === 0x5d) {
      depth -= 1;
      expectsKey = false;
      if (depth === 3 && start > 0) {
        resources.push({ start, end: i + 1 });
        start = -1;
      }
    } else if (char === 0x2c) expectsKey = isObject[depth] === 1;
  }
  return { members, resources };
};

/** undefined: it is no JSON object, or one that is refused */
export const readJson = (text: string): JsonText | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const looked = look(text);
  // A key that is said twice is one member less in what was parsed.
  if (looked === undefined || !isMembers(value) || looked.members !== countMembers(value)) return undefined;
  return { value, resources: looked.resources };
};
