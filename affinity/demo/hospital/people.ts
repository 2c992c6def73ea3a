/** Who is known to the hospital of the demonstration, and who works there; some of them are patients and staff of the clinic. */
import type { Person } from '../person.ts';
import { createPerson } from '../person.ts';
import { createRandom, type Random } from '../random.ts';

export interface Doctor {
  readonly number: string;
  readonly name: string;
  readonly given: string;
  readonly specialty: 'INN' | 'CHI' | 'PSY' | 'PAE' | 'NOT';
  /** the same person at the clinic */
  readonly clinic?: string;
}

export const doctors: readonly Doctor[] = [
  { number: 'A-0017', name: 'Okafor', given: 'Daniel', specialty: 'INN', clinic: 'practitioner-okafor' },
  { number: 'A-0020', name: 'Brandt', given: 'Helene', specialty: 'INN' },
  { number: 'A-0023', name: 'Nakamura', given: 'Yuki', specialty: 'NOT', clinic: 'practitioner-nakamura' },
  { number: 'A-0029', name: 'Wieland', given: 'Ruth', specialty: 'CHI' },
  { number: 'A-0031', name: 'Adler', given: 'Naomi', specialty: 'PSY', clinic: 'practitioner-adler' },
  { number: 'A-0034', name: 'Sommer', given: 'Karl', specialty: 'PAE' },
];

export interface Known {
  /** the hospital's own number */
  readonly number: string;
  readonly person: Person;
  readonly random: Random;
  /** id of the same patient at the clinic */
  readonly clinic?: string;
}

/** Whom nobody at the hospital has recognized yet: they gave their second name, and another phone. A steward decides. */
const unrecognized: ReadonlySet<number> = new Set([6, 13, 21, 34]);
export const isRecognized = ({ person, clinic }: Known): boolean =>
  clinic !== undefined && !unrecognized.has(person.number);

/** How many of the clinic's patients have been to the hospital, and how many others. */
const ofClinic = 40;
const others = 20;
/** Streams of random numbers, and numbers of people, that the clinic does not use. */
const apart = 50_000_000;

const localNumber = (index: number): string => String(47_113 + index * 37).padStart(7, '0');

/** The same for the same seed, day and number of patients at the clinic. */
export const knownPatients = (seed: number, today: string, patients: number): readonly Known[] => {
  const shared = Array.from({ length: Math.min(ofClinic, patients) }, (_, index): Known => {
    const person = createPerson(index + 1, createRandom(seed, index + 1), today);
    return {
      number: localNumber(index),
      person,
      random: createRandom(seed, apart + index),
      clinic: `patient-${person.key}`,
    };
  });
  const own = Array.from({ length: others }, (_, index): Known => {
    const random = createRandom(seed, 2 * apart + index);
    return { number: localNumber(ofClinic + index), person: createPerson(apart + index, random, today), random };
  });
  return [...shared, ...own];
};
