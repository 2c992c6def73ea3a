/**
 * People who do not exist, in records of which some are of the same person: a seeded population in the manner of FEBRL's
 * data sets, which is described here because the figures of docs/matching.md hold for it alone.
 *
 * People live in households, which share an address, a telephone and mostly a name: couples, children, twins, fathers
 * and sons of one name. What is hard for a matcher is not a stranger but a sister. One of 25 births is of twins, one of 30
 * sons is called as his father, one of five wives keeps her name.
 *
 * A duplicate is what another source knows of the person. Life comes between the two: one in eight has moved, one in
 * twelve married women is there under her other name. Then values go wrong (corrupted-record.ts): a name by hand, ear or
 * scanner, another form of the given name, the names swapped, a date, a house number, a digit of a telephone or of the
 * national number, a value that is missing. Originals are as they should be, but not complete: a record has a middle name
 * (every other), a telephone (three of four), an e-mail address and a national number (two of five), drawn again for each
 * record.
 *
 * `ordinary`: one duplicate of an original, of one in seven two; in half of them one value is wrong, in the others two to
 * four. `hard`: the distribution of FEBRL's data set 2, up to five duplicates of an original with one to four wrong values
 * each, so that most pairs are of two records that are both wrong, each in its own way.
 */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { corruptRecord, type Known } from './corrupted-record.ts';
import { households, type Person } from './households.ts';
import { createRandom, type Random } from './random.ts';

export const nationalNumber = 'http://hl7.org/fhir/sid/us-ssn';

/** A record with the person whose it is: two of one number are of one person. */
export interface TruePatient {
  readonly person: number;
  /** unique */
  readonly id: string;
  readonly patient: Resource;
}

const knowledgeOf = (person: Person, random: Random): Known => {
  const { given, middle, family, maiden, birthDate, gender, home, mobile, landline, email, national } = person;
  const phone = random.chance(0.7) ? mobile : landline;
  return {
    given,
    middle: random.chance(0.5) ? middle : undefined,
    family,
    maiden: random.chance(0.3) ? maiden : undefined,
    birthDate,
    gender,
    ...home,
    phone: random.chance(0.75) ? phone : undefined,
    email: random.chance(0.4) ? email : undefined,
    national: random.chance(0.4) ? national : undefined,
  };
};

const present = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value]);

const patientOf = (known: Known): Resource => {
  const { given, middle, family, maiden, birthDate, gender, house, street, city, postalCode } = known;
  const called = [...present(given), ...present(middle)];
  const phone = present(known.phone).map((value) => ({ system: 'phone', value }));
  const email = present(known.email).map((value) => ({ system: 'email', value }));
  return {
    resourceType: 'Patient',
    identifier: present(known.national).map((value) => ({ system: nationalNumber, value })),
    name: [
      { ...(family === undefined ? {} : { family }), ...(called.length === 0 ? {} : { given: called }) },
      ...present(maiden).map((name) => ({ use: 'maiden', family: name })),
    ],
    ...(birthDate === undefined ? {} : { birthDate }),
    ...(gender === undefined ? {} : { gender }),
    address: street === '' && city === '' ? [] : [{ line: [`${house} ${street}`.trim()], city, postalCode }],
    telecom: [...phone, ...email],
  };
};

export type Severity = 'ordinary' | 'hard';

/** Of those who have any. FEBRL's data set 2: 428 of its 4,000 originals have 1,000 duplicates between them. */
const draws: Readonly<Record<Severity, { copies(random: Random): number; faults(random: Random): number }>> = {
  ordinary: {
    copies: (random) => (random.chance(1 / 7) ? 2 : 1),
    faults: (random) => {
      const draw = random.next();
      return [0.5, 0.8, 0.95].filter((bound) => draw >= bound).length + 1;
    },
  },
  hard: {
    copies: (random) => {
      const draw = random.next() * 428;
      return [114, 255, 362, 409].filter((bound) => draw >= bound).length + 1;
    },
    faults: (random) => random.integer(1, 4),
  },
};
/** Originals of which there are duplicates, so that a fifth of all records is duplicates. */
const share: Readonly<Record<Severity, number>> = { ordinary: (0.25 * 7) / 8, hard: 428 / 4000 };

/** Records, a fifth of them duplicates, until there are `count`; in an order that tells nothing. */
export const population = (seed: number, count: number, severity: Severity = 'ordinary'): readonly TruePatient[] => {
  const random = createRandom(seed);
  const { copies, faults } = draws[severity];
  const records: TruePatient[] = [];
  let number = 0;
  for (const person of households(random)) {
    if (records.length >= count) break;
    const more = random.chance(share[severity]) ? copies(random) : 0;
    for (let copy = 0; copy <= more; copy += 1) {
      const known = knowledgeOf(person, random);
      if (copy > 0) corruptRecord(known, person, faults(random), random);
      records.push({ person: number, id: `${number}-${copy}`, patient: patientOf(known) });
    }
    number += 1;
  }
  for (let at = records.length - 1; at > 0; at -= 1) {
    const other = random.integer(0, at);
    const [one, two] = [records[at], records[other]];
    if (one === undefined || two === undefined) continue;
    [records[at], records[other]] = [two, one];
  }
  return records.slice(0, count);
};
