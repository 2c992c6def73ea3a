/**
 * What a Patient resource says of a person, made comparable: folded, without what has no meaning, each kind by itself.
 * FHIR R4 patient.html. Pure; what is missing or malformed is left out, never guessed.
 */
import { isObject, list, text } from '@affinity/core/fhir/path-values.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { type ComparableAddress, readAddress } from './address.ts';
import { foldWords } from './words.ts';

export interface ComparableIdentifier {
  readonly system: string;
  readonly value: string;
}

/** Lists hold every value that is not told to be of somebody else, the usual one first; bounded. */
export interface Demographics {
  /** first given names, by which people are called */
  readonly given: readonly string[];
  /** further given names and initials */
  readonly middle: readonly string[];
  /** family names: the present one, that before marriage, each part of a double name */
  readonly family: readonly string[];
  /** YYYY, YYYY-MM or YYYY-MM-DD */
  readonly birthDate?: string;
  readonly gender?: string;
  readonly addresses: readonly ComparableAddress[];
  /** the last nine digits */
  readonly phones: readonly string[];
  readonly emails: readonly string[];
  readonly identifiers: readonly ComparableIdentifier[];
}

/** Values of a kind that are looked at: a record with thousands of names costs no more than one with these. */
const most = 8;
const first = <Value>(values: Iterable<Value>): readonly Value[] => [...new Set(values)].slice(0, most);

const isHistoric = (use: unknown): boolean => use === 'old' || use === 'maiden';

const readNames = (patient: Resource): Pick<Demographics, 'given' | 'middle' | 'family'> => {
  const names = list(patient.name)
    .filter(isObject)
    .filter(({ use }) => use !== 'anonymous')
    .sort((one, other) => Number(isHistoric(one.use)) - Number(isHistoric(other.use)))
    .slice(0, most);
  const given: string[] = [];
  const middle: string[] = [];
  const family: string[] = [];
  for (const name of names) {
    const parts = list(name.given).map((one) => foldWords(text(one) ?? ''));
    const [called, ...further] = parts.flat();
    if (called !== undefined) given.push(called);
    // Written as one word elsewhere: Mary Ann, Maryann.
    if (parts[0] !== undefined && parts[0].length > 1) given.push(parts[0].join(''));
    middle.push(...further);
    const words = foldWords(text(name.family) ?? '');
    if (words.length > 0) family.push(words.join(''));
    if (words.length > 1) family.push(...words.filter((word) => word.length > 3));
  }
  const called = first(given);
  return { given: called, middle: first(middle).filter((one) => !called.includes(one)), family: first(family) };
};

const isDate = /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/;

const readTelecom = (patient: Resource, wanted: (system: unknown) => boolean): readonly string[] =>
  list(patient.telecom)
    .filter(isObject)
    .filter(({ system, use }) => wanted(system) && use !== 'old')
    .flatMap(({ value }) => text(value) ?? []);

const phoneOf = (given: string): string => given.replace(/\D/g, '').slice(-9);
/** Of numbers that stand for none: `000000000`. */
const isFiller = (digits: string): boolean => /^(\d)\1*$/.test(digits) || digits === '123456789';

export const readDemographics = (patient: Resource): Demographics => {
  const birthDate = text(patient.birthDate);
  const gender = text(patient.gender);
  const phones = readTelecom(patient, (system) => system === 'phone' || system === 'sms').map(phoneOf);
  const emails = readTelecom(patient, (system) => system === 'email').map((email) => email.trim().toLowerCase());
  const identifiers = list(patient.identifier)
    .filter(isObject)
    .filter(({ use }) => use !== 'old' && use !== 'temp')
    .flatMap(({ system, value }) => {
      const [of, is] = [text(system), text(value)];
      return of === undefined || is === undefined ? [] : [{ system: of, value: is }];
    });
  return {
    ...readNames(patient),
    ...(birthDate !== undefined && isDate.test(birthDate) ? { birthDate } : {}),
    ...(gender === 'male' || gender === 'female' || gender === 'other' ? { gender } : {}),
    addresses: list(patient.address).filter(isObject).slice(0, most).flatMap(readAddress),
    phones: first(phones.filter((phone) => phone.length >= 6 && !isFiller(phone))),
    emails: first(emails.filter((email) => email.includes('@'))),
    identifiers: identifiers.slice(0, 4 * most),
  };
};

/**
 * How many kinds of evidence stand in it that tell people apart: a full name, a full date of birth, an address, a number
 * or address to reach them by, an identifier. Who asks with fewer than two asks for a list, not for a person.
 */
export const countEvidence = (person: Demographics): number =>
  [
    person.given.some((name) => name.length > 1) && person.family.some((name) => name.length > 1),
    person.birthDate?.length === 10,
    person.addresses.some(({ street, city, postalCode }) => street !== '' && (city !== '' || postalCode !== '')),
    person.phones.length + person.emails.length > 0,
    person.identifiers.length > 0,
  ].filter(Boolean).length;
