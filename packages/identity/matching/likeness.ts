/**
 * How alike two words are. Jaro–Winkler: W. E. Winkler, "String Comparator Metrics and Enhanced Decision Rules in the
 * Fellegi-Sunter Model of Record Linkage" (1990). One edit: Damerau's four kinds of typing error (1964).
 */

/** 1: the same; 0: nothing in common. Both folded. */
export const jaroWinkler = (one: string, other: string): number => {
  if (one === other) return 1;
  if (one.length === 0 || other.length === 0) return 0;
  const reach = Math.max(0, Math.floor(Math.max(one.length, other.length) / 2) - 1);
  const taken = new Uint8Array(other.length);
  const common: string[] = [];
  for (let at = 0; at < one.length; at += 1) {
    const last = Math.min(other.length - 1, at + reach);
    for (let there = Math.max(0, at - reach); there <= last; there += 1) {
      if (taken[there] === 1 || one[at] !== other[there]) continue;
      taken[there] = 1;
      common.push(one.charAt(at));
      break;
    }
  }
  if (common.length === 0) return 0;
  let outOfPlace = 0;
  let next = 0;
  for (let there = 0; there < other.length; there += 1) {
    if (taken[there] !== 1) continue;
    if (common[next] !== other[there]) outOfPlace += 1;
    next += 1;
  }
  const share = common.length;
  const jaro = (share / one.length + share / other.length + (share - outOfPlace / 2) / share) / 3;
  let prefix = 0;
  while (prefix < 4 && prefix < one.length && one[prefix] === other[prefix]) prefix += 1;
  return jaro + prefix * 0.1 * (1 - jaro);
};

/** Whether one letter put in, left out or taken for another, or two neighbours swapped, make the one of the other. */
export const isOneEditAway = (one: string, other: string): boolean => {
  if (one === other || Math.abs(one.length - other.length) > 1) return false;
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  let at = 0;
  while (at < short.length && short[at] === long[at]) at += 1;
  if (short.length < long.length) return short.slice(at) === long.slice(at + 1);
  if (short.slice(at + 1) === long.slice(at + 1)) return true;
  return short[at] === long[at + 1] && short[at + 1] === long[at] && short.slice(at + 2) === long.slice(at + 2);
};

const looks = [
  [/rn|ri/g, (pair: string) => (pair === 'rn' ? 'm' : 'n')],
  [/cl/g, () => 'd'],
  [/vv/g, () => 'w'],
  [/[1i]/g, () => 'l'],
  [/[0q]/g, (letter: string) => (letter === '0' ? 'o' : 'g')],
  [/[56]/g, (digit: string) => (digit === '5' ? 's' : 'b')],
] as const;

/** How a word looks on paper that was scanned: `arnanda` and `amanda` look the same. */
export const lookOf = (word: string): string => looks.reduce((seen, [pattern, as]) => seen.replace(pattern, as), word);
