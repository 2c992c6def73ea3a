/**
 * Two persons compared: for each kind of evidence the level on which they agree. A kind that either says nothing of is
 * left out, and speaks for nothing. Fellegi and Sunter, "A Theory for Record Linkage" (1969), comparison vectors.
 */
import type { ComparableAddress } from './address.ts';
import { type BirthDateLevel, compareBirthDates } from './birth-date.ts';
import type { ComparableIdentifier, Demographics } from './demographics.ts';
import { isOneEditAway, jaroWinkler, lookOf } from './likeness.ts';
import { isNickname } from './nicknames.ts';
import { soundOf } from './sound.ts';

/** The levels of each kind, from the most alike to the least. `given`: the second name of the other, or the family name. */
export const levels = {
  given: ['same', 'nickname', 'similar', 'sound', 'initial', 'middle', 'swapped', 'alike', 'different'],
  middle: ['same', 'initial', 'different'],
  family: ['same', 'other-name', 'similar', 'sound', 'alike', 'different'],
  birthDate: ['same', 'transposed', 'digit', 'partial', 'two-parts', 'year', 'decade', 'different'],
  gender: ['same', 'different'],
  address: ['house', 'house-similar', 'street', 'postal-code', 'city', 'different'],
  phone: ['same', 'digit', 'different'],
  email: ['same', 'similar', 'different'],
  identifier: ['same', 'similar', 'different'],
} as const satisfies { readonly birthDate: readonly BirthDateLevel[]; readonly [kind: string]: readonly string[] };

export type Kind = keyof typeof levels;
export type Level<K extends Kind = Kind> = (typeof levels)[K][number];
export const kinds = Object.keys(levels) as readonly Kind[];

export type Comparison = { readonly [K in Kind]?: Level<K> };

/** Which identifiers tell persons apart. */
export interface IdentifierSystems {
  /** by which a person has one number at most, as that of a nation: two different ones are two persons */
  readonly onePerPerson: readonly string[];
}

const isSimilar = (one: string, other: string): boolean => {
  const shortest = Math.min(one.length, other.length);
  if (shortest < 3) return false;
  if (isOneEditAway(one, other)) return true;
  if (shortest < 4) return false;
  const likeness = jaroWinkler(one, other);
  return likeness >= 0.9 || (likeness >= 0.6 && lookOf(one) === lookOf(other));
};
/** Twice mistyped, or two names that begin alike. */
const isAlike = (one: string, other: string): boolean =>
  Math.min(one.length, other.length) > 3 && jaroWinkler(one, other) >= 0.8;
const meet = (some: readonly string[], others: readonly string[]): boolean => some.some((one) => others.includes(one));
const anyPair = (
  some: readonly string[],
  others: readonly string[],
  holds: (one: string, other: string) => boolean,
): boolean => some.some((one) => others.some((other) => holds(one, other)));
const isInitial = (one: string, other: string): boolean =>
  (one.length === 1 || other.length === 1) && one[0] === other[0];
const soundsAlike = (one: string, other: string): boolean => soundOf(one) === soundOf(other);

/** The given name stands where the family name should, and the other way. */
const isSwapped = (one: Demographics, other: Demographics): boolean => {
  const [given, family, otherGiven, otherFamily] = [one.given[0], one.family[0], other.given[0], other.family[0]];
  if (given === undefined || family === undefined || otherGiven === undefined || otherFamily === undefined)
    return false;
  if (given === otherGiven || family === otherFamily) return false;
  const like = (some: string, others: string): boolean =>
    some === others || isSimilar(some, others) || isNickname(some, others);
  const [first, second] = [like(given, otherFamily), like(family, otherGiven)];
  return (first && (second || isInitial(family, otherGiven))) || (second && isInitial(given, otherFamily));
};

const compareGiven = (one: Demographics, other: Demographics): Level<'given'> | undefined => {
  if (one.given.length === 0 || other.given.length === 0) return undefined;
  if (meet(one.given, other.given))
    return one.given.some((name) => name.length > 1 && other.given.includes(name)) ? 'same' : 'initial';
  if (anyPair(one.given, other.given, isNickname)) return 'nickname';
  if (anyPair(one.given, other.given, isSimilar)) return 'similar';
  const crossed = (holds: (here: string, there: string) => boolean): boolean =>
    anyPair(one.given, other.middle, holds) || anyPair(one.middle, other.given, holds);
  if (crossed((here, there) => here === there || isSimilar(here, there))) return 'middle';
  if (anyPair(one.given, other.given, isInitial)) return 'initial';
  if (anyPair(one.given, other.given, soundsAlike)) return 'sound';
  if (crossed(isInitial)) return 'middle';
  return anyPair(one.given, other.given, isAlike) ? 'alike' : 'different';
};

const compareMiddle = (one: Demographics, other: Demographics): Level<'middle'> | undefined => {
  if (one.middle.length === 0 || other.middle.length === 0) return undefined;
  if (meet(one.middle, other.middle))
    return one.middle.some((name) => name.length > 1 && other.middle.includes(name)) ? 'same' : 'initial';
  return anyPair(one.middle, other.middle, isInitial)
    ? 'initial'
    : anyPair(one.middle, other.middle, isSimilar)
      ? 'same'
      : 'different';
};

const compareFamily = (one: Demographics, other: Demographics): Level<'family'> | undefined => {
  const [present] = one.family;
  const [there] = other.family;
  if (present === undefined || there === undefined) return undefined;
  if (present === there) return 'same';
  if (isSimilar(present, there)) return 'similar';
  if (meet(one.family, other.family)) return 'other-name';
  if (soundsAlike(present, there)) return 'sound';
  if (anyPair(one.family, other.family, isSimilar)) return 'other-name';
  return isAlike(present, there) ? 'alike' : 'different';
};

const sameOrMissing = (one: string, other: string): boolean => one === '' || other === '' || one === other;

const comparePlaces = (one: ComparableAddress, other: ComparableAddress): Level<'address'> => {
  const near = sameOrMissing(one.postalCode, other.postalCode) || sameOrMissing(one.city, other.city);
  const street = one.street !== '' && one.street === other.street;
  const streetLike = street || isSimilar(one.street, other.street);
  const house = one.house !== '' && one.house === other.house;
  if (near && street && house) return 'house';
  if (near && ((streetLike && house) || (street && isOneEditAway(one.house, other.house)))) return 'house-similar';
  if (near && streetLike) return 'street';
  if (one.postalCode !== '' && one.postalCode === other.postalCode) return 'postal-code';
  return one.city !== '' && one.city === other.city ? 'city' : 'different';
};

const best = <L>(order: readonly L[], found: readonly L[]): L | undefined =>
  order.find((level) => found.includes(level));

const compareAddresses = (one: Demographics, other: Demographics): Level<'address'> | undefined =>
  best(
    levels.address,
    one.addresses.flatMap((here) => other.addresses.map((there) => comparePlaces(here, there))),
  );

const comparePhones = (
  { phones: some }: Demographics,
  { phones: others }: Demographics,
): Level<'phone'> | undefined => {
  if (some.length === 0 || others.length === 0) return undefined;
  if (meet(some, others)) return 'same';
  return anyPair(some, others, isOneEditAway) ? 'digit' : 'different';
};

const compareEmails = (
  { emails: some }: Demographics,
  { emails: others }: Demographics,
): Level<'email'> | undefined => {
  if (some.length === 0 || others.length === 0) return undefined;
  if (meet(some, others)) return 'same';
  const localPart = (email: string): string => email.slice(0, email.lastIndexOf('@'));
  const alike = (one: string, other: string): boolean =>
    isOneEditAway(one, other) || (one.length > 5 && localPart(one) === localPart(other));
  return anyPair(some, others, alike) ? 'similar' : 'different';
};

const compareIdentifiers = (
  one: Demographics,
  other: Demographics,
  { onePerPerson }: IdentifierSystems,
): Level<'identifier'> | undefined => {
  const pairs = one.identifiers.flatMap((here) =>
    other.identifiers.filter(({ system }) => system === here.system).map((there) => [here, there] as const),
  );
  const telling = pairs.filter(([{ system }]) => onePerPerson.includes(system));
  const same = ([here, there]: readonly [ComparableIdentifier, ComparableIdentifier]): boolean =>
    here.value === there.value;
  const differ = telling.filter((pair) => !same(pair));
  if (differ.length === 0) return pairs.some(same) ? 'same' : undefined;
  return differ.every(([here, there]) => isOneEditAway(here.value, there.value)) ? 'similar' : 'different';
};

/** Pure, and the same whichever of the two comes first. */
export const compare = (one: Demographics, other: Demographics, systems: IdentifierSystems): Comparison => {
  const given = isSwapped(one, other) ? 'swapped' : compareGiven(one, other);
  const found: { readonly [K in Kind]: Level<K> | undefined } = {
    given,
    // What `given` has said already is not said again.
    middle: given === 'middle' || given === 'swapped' ? undefined : compareMiddle(one, other),
    family: given === 'swapped' ? undefined : compareFamily(one, other),
    birthDate:
      one.birthDate === undefined || other.birthDate === undefined
        ? undefined
        : compareBirthDates(one.birthDate, other.birthDate),
    gender:
      one.gender === undefined || other.gender === undefined
        ? undefined
        : one.gender === other.gender
          ? 'same'
          : 'different',
    address: compareAddresses(one, other),
    phone: comparePhones(one, other),
    email: compareEmails(one, other),
    identifier: compareIdentifiers(one, other, systems),
  };
  return Object.fromEntries(Object.entries(found).filter(([, level]) => level !== undefined)) as Comparison;
};
