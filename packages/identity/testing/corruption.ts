/**
 * How values go wrong on their way into a record, in the manner of FEBRL's generator of data sets (P. Christen, "Probabilistic
 * Data Generation for Deduplication and Data Linkage", 2005): slips of a hand on a keyboard, letters that a scanner takes
 * for others, spelling by ear, and blanks that come or go.
 */
import type { Random } from './random.ts';

const rows = ['1234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];
/** Keys beside, above and below. */
const neighboursOf = (letter: string): string => {
  const row = rows.findIndex((keys) => keys.includes(letter.toLowerCase()));
  const column = rows[row]?.indexOf(letter.toLowerCase()) ?? -1;
  if (row < 0 || column < 0) return '';
  return [rows[row]?.[column - 1], rows[row]?.[column + 1], rows[row - 1]?.[column], rows[row + 1]?.[column]]
    .filter((key) => key !== undefined && /\d/.test(key) === /\d/.test(letter))
    .join('');
};

/** Not at the first letter as a rule: people get that right more often than not. */
const placeIn = (value: string, random: Random): number =>
  value.length > 2 && random.chance(0.9) ? random.integer(1, value.length - 1) : random.integer(0, value.length - 1);

/** One slip: a letter too many, one too few, another one, or two in the wrong order. */
export const mistype = (value: string, random: Random): string => {
  if (value.length < 2) return value;
  const at = placeIn(value, random);
  const letter = value.charAt(at);
  const draw = random.next();
  if (draw < 0.25) return value.slice(0, at) + value.slice(at + 1);
  const beside = neighboursOf(letter);
  if (draw < 0.5) return value.slice(0, at) + (beside === '' ? letter : random.pick([...beside])) + value.slice(at);
  if (draw < 0.75 && beside !== '') return value.slice(0, at) + random.pick([...beside]) + value.slice(at + 1);
  const before = Math.max(0, at - 1);
  return value.slice(0, before) + value.charAt(before + 1) + value.charAt(before) + value.slice(before + 2);
};

/** A digit of a number: replaced, or swapped with its neighbour; its length stays. */
export const misdial = (value: string, random: Random): string => {
  const at = random.integer(0, value.length - 2);
  if (random.chance(0.4)) return value.slice(0, at) + value.charAt(at + 1) + value.charAt(at) + value.slice(at + 2);
  return value.slice(0, at) + String(random.integer(0, 9)) + value.slice(at + 1);
};

const replace = (value: string, pairs: readonly (readonly [string, string])[], random: Random): string => {
  const fitting = pairs.filter(([from]) => value.toLowerCase().includes(from));
  if (fitting.length === 0) return value;
  const [from, to] = random.pick(fitting);
  const at = value.toLowerCase().indexOf(from);
  return value.slice(0, at) + to + value.slice(at + from.length);
};

const pairsOf = (text: string): readonly (readonly [string, string])[] =>
  text.split(' ').map((pair) => {
    const [from = '', to = ''] = pair.split('>');
    return [from, to] as const;
  });
const seen = pairsOf('l>1 o>0 s>5 rn>m m>rn cl>d d>cl b>6 g>q e>c h>b i>l vv>w w>vv u>v n>ri');
const heard = pairsOf(
  'ph>f f>ph ck>k k>ck c>k z>s s>z ie>y y>ie ee>ea ea>ee ll>l l>ll nn>n n>nn tt>t t>tt th>t ou>u oo>u ai>ay er>ar ai>ei ' +
    'sch>sh gh>g wh>w kn>n mb>m qu>kw x>ks j>g v>w ey>y son>sen ss>s',
);
export const misread = (value: string, random: Random): string => replace(value, seen, random);
export const mishear = (value: string, random: Random): string => replace(value, heard, random);

/** A blank too many or too few. */
export const misspace = (value: string, random: Random): string => {
  if (value.includes(' ')) return value.replace(' ', '');
  const at = random.integer(1, Math.max(1, value.length - 1));
  return `${value.slice(0, at)} ${value.slice(at)}`;
};

/** A word, wrong in one of the ways. */
export const corruptWord = (value: string, random: Random): string => {
  const draw = random.next();
  if (draw < 0.6) return mistype(value, random);
  if (draw < 0.85) return mishear(value, random);
  return draw < 0.95 ? misread(value, random) : misspace(value, random);
};

/** A date: day and month taken for each other, a digit wrong or two swapped, or only the year known. */
export const corruptDate = (date: string, random: Random): string => {
  const [year = '', month = '', day = ''] = date.split('-');
  const draw = random.next();
  const pad = (part: number): string => String(part).padStart(2, '0');
  if (draw < 0.3 && Number(day) <= 12) return `${year}-${day}-${month}`;
  if (draw < 0.5)
    return `${year}-${month}-${pad(Math.min(28, Math.max(1, Number(day) + random.pick([-10, -1, 1, 10]))))}`;
  if (draw < 0.65) return `${year}-${pad(random.integer(1, 12))}-${pad(Math.min(28, Number(day)))}`;
  if (draw < 0.9) return `${Number(year) + random.pick([-10, -1, 1, 10])}-${month}-${pad(Math.min(28, Number(day)))}`;
  return random.chance(0.5) ? year : `${year}-01-01`;
};
