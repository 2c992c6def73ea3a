/** Codes that people read from paper and type: groups of Crockford's letters, in which nothing looks like anything else. */
import { randomInt } from 'node:crypto';

const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** `7K2M-9QX4-…`: five bits a letter, four letters a group. */
export function makeTypedCode(groups: number): string {
  const group = (): string => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
  return Array.from({ length: groups }, group).join('-');
}

/** As it was meant: without gaps, in capitals, and the letters that are not used read as those that they look like. */
export const foldTypedCode = (typed: string): string =>
  typed
    .slice(0, 100)
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
