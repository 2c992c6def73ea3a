/** Words of names and streets, folded: case, accents and punctuation say nothing. */
import { fold } from '@affinity/core/fhir/extract.ts';

const spelledOut: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', þ: 'th' };

/** Letters and digits of any script. */
export const letters = (value: string): string =>
  /^[A-Za-z0-9]*$/.test(value) ? value.toLowerCase() : lettersOf(value);
const lettersOf = (value: string): string =>
  fold(value)
    .replace(/[ßæœøłđþ]/g, (letter) => spelledOut[letter] ?? letter)
    .replace(/[^\p{L}\p{N}]/gu, '');

/** What sources write into a name when they have none. */
const fillers = new Set(['unknown', 'unk', 'na', 'none', 'nn', 'test', 'baby', 'babyboy', 'babygirl', 'newborn', 'x']);

/** Each word by itself; an apostrophe does not part one. */
export const foldWords = (value: string): readonly string[] =>
  value
    .slice(0, 200)
    .replace(/['’‘`]/g, '')
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .map(letters)
    .filter((word) => word !== '' && !fillers.has(word));
