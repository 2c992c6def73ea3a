/**
 * Under which keys a record stands in the index: two records are compared if they share one. Each key is of another kind
 * of evidence, so that one wrong value hides nobody. Within a key records stand in an order (`near`), and those nearest
 * are looked at first: M. A. Hernández and S. J. Stolfo, "The Merge/Purge Problem" (1995), sorted neighbourhoods.
 */
import { hash } from 'node:crypto';
import type { Demographics } from './demographics.ts';
import { nicknameGroups } from './nicknames.ts';
import { soundOf } from './sound.ts';

export interface BlockingKey {
  /** 63 bits, as decimal text */
  readonly key: string;
  /** place within the key, a 32-bit integer */
  readonly near: number;
}

const hashed = (pass: string, parts: readonly string[]): string => {
  const first = hash('sha256', JSON.stringify([pass, ...parts]), 'buffer').readBigUInt64BE(0);
  return BigInt.asUintN(63, first).toString();
};

/** Of a record in the index: the same wherever it is made. */
export const recordKey = (base: string, patient: string): string => hashed('record', [base, patient]);

const day = 86_400_000;
/** Days from 1970; an unknown day of a known month or year is its first. */
const dayOf = (birthDate: string | undefined): number =>
  birthDate === undefined ? 0 : Math.round(Date.parse(birthDate.padEnd(10, '-01').slice(0, 10)) / day) || 0;

/** The first four sounds as a number, so that names that sound alike stand together. */
const placeOf = (name: string | undefined): number =>
  name === undefined
    ? 0
    : [...soundOf(name).padEnd(4, ' ')].reduce((sum, letter) => sum * 64 + (letter.charCodeAt(0) & 63), 0);

/** A name by what its bearers are called: the nicknames of one name meet. Some stand in several groups. */
const callings = (given: string): readonly string[] => {
  const groups = nicknameGroups(given);
  return groups.length === 0 ? [soundOf(given)] : groups.map((group) => `#${group}`);
};

const most = 24;

/** Pure; the same record has the same keys. */
export const blockingKeys = (person: Demographics): readonly BlockingKey[] => {
  const { birthDate } = person;
  const keys = new Map<string, number>();
  const add = (pass: string, near: number, ...parts: readonly string[]): void => {
    if (keys.size < most) keys.set(hashed(pass, parts), near);
  };
  const born = dayOf(birthDate);
  const named = placeOf(person.family[0]);
  for (const { system, value } of person.identifiers.slice(0, 4)) add('identifier', 0, system, value);
  if (birthDate?.length === 10) add('born', named, birthDate);
  const [given] = person.given;
  const names = [...new Set(person.family.slice(0, 3).map(soundOf))];
  // In no order, so that names that were swapped meet.
  if (given !== undefined) for (const family of names) add('names', born, ...[soundOf(given), family].sort());
  for (const phone of person.phones.slice(0, 2)) add('phone', born, phone);
  for (const email of person.emails.slice(0, 2)) add('email', born, email);
  const [address] = person.addresses;
  if (address !== undefined && address.house !== '' && address.street !== '')
    add('house', born, address.house, address.street.slice(0, 4), address.postalCode.slice(0, 4));
  if (birthDate?.length === 10) {
    for (const family of names) add('family and year', born, family, birthDate.slice(0, 4));
    // Day, month and year in no order, digit by digit: transposed dates meet.
    if (given !== undefined)
      for (const calling of callings(given))
        add('given and digits', named, calling, [...birthDate.replaceAll('-', '')].sort().join(''));
  }
  const place = address?.postalCode || address?.city;
  if (given !== undefined && place)
    for (const calling of callings(given).slice(0, 2)) add('given and place', born, calling, place);
  return [...keys].map(([key, near]) => ({ key, near }));
};
