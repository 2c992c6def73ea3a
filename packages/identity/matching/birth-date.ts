/** How two dates of birth differ: as people and forms get them wrong, or wholly. FHIR R4 datatypes.html#date. */

export type BirthDateLevel = 'same' | 'transposed' | 'digit' | 'partial' | 'two-parts' | 'different';

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

/** Both as FHIR writes them. */
export const compareBirthDates = (one: string, other: string): BirthDateLevel => {
  const precision = Math.min(one.length, other.length);
  if (precision < 10) return one.slice(0, precision) === other.slice(0, precision) ? 'partial' : 'different';
  if (one === other) return 'same';
  if (isTransposed(one, other)) return 'transposed';
  if (differing(one, other).length === 1) return 'digit';
  const parts = [
    one.slice(0, 4) === other.slice(0, 4),
    one.slice(5, 7) === other.slice(5, 7),
    one.slice(8) === other.slice(8),
  ];
  return parts.filter(Boolean).length === 2 ? 'two-parts' : 'different';
};
