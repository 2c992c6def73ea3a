/**
 * Keys of a database as ids of resources, and back: letters, digits and `-` stand as they are, every other byte of UTF-8 as
 * `.` and two hexadecimal digits, and `..` stands between the parts of a key of several columns. FHIR R4 datatypes.html#id.
 */
import { isResourceId } from '@affinity/core/fhir/resource.ts';

const encodePart = (text: string): string =>
  [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9-]/.test(character) ? character : `.${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');

/** Undefined: it would be no id, being empty or longer than 64 characters. */
export const idOf = (key: readonly string[], prefix = ''): string | undefined => {
  if (key.length === 0 || key.includes('')) return undefined;
  const id = prefix + key.map(encodePart).join('..');
  return isResourceId(id) ? id : undefined;
};

const decodePart = (text: string): string | undefined => {
  const bytes: number[] = [];
  for (const [piece] of text.matchAll(/\.[0-9a-f]{2}|./gsu)) {
    if (piece.length === 3) bytes.push(Number.parseInt(piece.slice(1), 16));
    else if (/[A-Za-z0-9-]/.test(piece)) bytes.push(piece.charCodeAt(0));
    else return undefined;
  }
  return Buffer.from(bytes).toString('utf8');
};

/** The key that has this id, and no other id; undefined: no key has it. */
export const keyOf = (id: string, columns: number, prefix = ''): readonly string[] | undefined => {
  if (!isResourceId(id) || !id.startsWith(prefix)) return undefined;
  const parts = id.slice(prefix.length).split('..').map(decodePart);
  const key = parts.filter((part) => part !== undefined);
  return key.length === columns && parts.length === columns && idOf(key, prefix) === id ? key : undefined;
};
