/** How two dates of birth differ: as people and forms get them wrong, or wholly. FHIR R4 datatypes.html#date. */

/** `decade`: at most twelve years apart, which no parent and child are. */
export type BirthDateLevel =
  | 'same'
  | 'transposed'
  | 'digit'
  | 'partial'
  | 'two-parts'
  | 'year'
  | 'decade'
  | 'different';

const differing = (one: string, other: string): readonly number[] =>
  [...one].flatMap((digit, at) => (digit === other[at] ? [] : [at]));

/** Day and month taken for each other, or two neighbouring digits of one part. */
const isTransposed = (one: string, other: string): boolean => {
  if (`${other.slice(0, 4)}-${other.slice(8, 10)}-${other.slice(5, 7)}` === one) return true;
  const [first, second, ...more] = differing(one, other);
  return (
    first !== undefined &&
    second === first + 1 &&
    more.length === 0 &&
    one[first] === other[second] &&
    one[second] === other[first]
  );
};

/** The first of January is what forms say where only the year is known. */
const yearAlone = (date: string): boolean => date.endsWith('-01-01');

/** Both as FHIR writes them. */
export const compareBirthDates = (one: string, other: string): BirthDateLevel => {
  if (one === other && one.length === 10) return 'same';
  const sameYear = one.slice(0, 4) === other.slice(0, 4);
  const precision = Math.min(one.length, other.length);
  if (precision < 10) return one.slice(0, precision) === other.slice(0, precision) ? 'partial' : 'different';
  if (isTransposed(one, other)) return 'transposed';
  if (differing(one, other).length === 1) return 'digit';
  if (sameYear && (yearAlone(one) || yearAlone(other))) return 'partial';
  const parts = [sameYear, one.slice(5, 7) === other.slice(5, 7), one.slice(8) === other.slice(8)];
  if (parts.filter(Boolean).length === 2) return 'two-parts';
  if (sameYear) return 'year';
  return Math.abs(Number(one.slice(0, 4)) - Number(other.slice(0, 4))) <= 12 ? 'decade' : 'different';
};
