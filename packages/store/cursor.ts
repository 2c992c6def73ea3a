/** Where a page begins or ends, as text in a link: the order's keys of one row, and nothing else of it. FHIR R4 http.html#paging. */
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';

/** How a key is compared: as an integer of 64 bits, as text by bytes, or as a number. */
export type KeyKind = 'bigint' | 'text' | 'number';

export type Cursor =
  /** the page that comes after this row, or before it */
  | { readonly side: 'after' | 'before'; readonly keys: readonly string[] }
  /** the last page */
  | { readonly side: 'end' };

const sides = { after: 'a', before: 'b', end: 'e' } as const;

export const cursorText = (cursor: Cursor): string =>
  Buffer.from(JSON.stringify([sides[cursor.side], ...('keys' in cursor ? cursor.keys : [])])).toString('base64url');

const largest = 2n ** 63n;
const isKey: Readonly<Record<KeyKind, (text: string) => boolean>> = {
  bigint: (text) => /^-?\d{1,19}$/.test(text) && BigInt(text) < largest && -BigInt(text) <= largest,
  text: () => true,
  // As we write numbers, so that the database reads the same.
  number: (text) => String(Number(text)) === text && text !== 'NaN',
};

export const foreignCursor = (): FhirError =>
  fhirError(400, 'value', 'The link to this page is not one that this server gave out.');

const readList = (text: string): readonly unknown[] => {
  try {
    const list: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
};

/** @throws FhirError 400 for a text that is not of an order with these keys. */
export const readCursor = (text: string, kinds: readonly KeyKind[]): Cursor => {
  const [side, ...keys] = readList(text);
  if (side === sides.end && keys.length === 0) return { side: 'end' };
  const sound =
    keys.length === kinds.length &&
    keys.every((key, at): key is string => typeof key === 'string' && isKey[kinds[at] ?? 'bigint'](key));
  if (!sound || (side !== sides.after && side !== sides.before)) throw foreignCursor();
  return { side: side === sides.after ? 'after' : 'before', keys: keys as readonly string[] };
};
