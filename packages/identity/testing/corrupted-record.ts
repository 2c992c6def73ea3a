/** What becomes of a record on its way from one source to another: population.ts says how often what happens. */
import { variantsOf } from '../matching/nicknames.ts';
import { corruptDate, corruptWord, misdial } from './corruption.ts';
import { drawHome, type Person } from './households.ts';
import { streetKinds } from './people-words.ts';
import type { Random } from './random.ts';

/** What one source knows. */
export interface Known {
  given: string | undefined;
  middle: string | undefined;
  family: string | undefined;
  maiden: string | undefined;
  birthDate: string | undefined;
  gender: 'male' | 'female' | undefined;
  house: string;
  street: string;
  city: string;
  postalCode: string;
  phone: string | undefined;
  email: string | undefined;
  national: string | undefined;
}

type Fault = (known: Known, random: Random) => void;

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** Each with its share: names and addresses go wrong more often than numbers. */
const faults: readonly (readonly [share: number, fault: Fault])[] = [
  [
    14,
    (known, random) => {
      known.given &&= corruptWord(known.given, random);
    },
  ],
  [
    16,
    (known, random) => {
      known.family &&= corruptWord(known.family, random);
    },
  ],
  [
    8,
    (known, random) => {
      const variants = known.given === undefined ? [] : variantsOf(known.given.toLowerCase());
      if (variants.length > 0) known.given = capital(random.pick(variants));
    },
  ],
  [
    3,
    (known) => {
      [known.given, known.family] = [known.family, known.given];
    },
  ],
  [
    2,
    (known) => {
      [known.given, known.middle] = [known.middle ?? known.given, known.given];
    },
  ],
  [
    3,
    (known) => {
      known.given &&= known.given.charAt(0);
    },
  ],
  [
    10,
    (known, random) => {
      known.birthDate &&= corruptDate(known.birthDate, random);
    },
  ],
  [
    10,
    (known, random) => {
      known.street &&= corruptWord(known.street, random);
    },
  ],
  [
    6,
    (known) => {
      const [long, short] = streetKinds.find(([kind]) => known.street.endsWith(kind)) ?? ['', ''];
      if (long !== '') known.street = known.street.slice(0, -long.length) + short;
    },
  ],
  [
    5,
    (known, random) => {
      known.house = String(Math.max(1, Number(known.house) + random.pick([-100, -10, -2, 2, 10, 100])));
    },
  ],
  [
    5,
    (known, random) => {
      known.city &&= corruptWord(known.city, random);
    },
  ],
  [
    4,
    (known, random) => {
      known.postalCode = misdial(known.postalCode, random);
    },
  ],
  [
    5,
    (known, random) => {
      known.phone &&= misdial(known.phone, random);
    },
  ],
  [
    2,
    (known, random) => {
      known.email &&= corruptWord(known.email, random);
    },
  ],
  [
    3,
    (known, random) => {
      known.national &&= misdial(known.national, random);
    },
  ],
  [
    1,
    (known) => {
      known.gender &&= known.gender === 'male' ? 'female' : 'male';
    },
  ],
  [
    3,
    (known) => {
      known.birthDate = undefined;
    },
  ],
  [
    2,
    (known) => {
      known.gender = undefined;
    },
  ],
  [
    3,
    (known) => {
      known.house = known.street = known.city = known.postalCode = '';
    },
  ],
  [
    1,
    (known) => {
      known.given = undefined;
    },
  ],
];
const sum = faults.reduce((total, [share]) => total + share, 0);

const drawFault = (random: Random): Fault | undefined => {
  let draw = random.next() * sum;
  return faults.find(([share]) => {
    draw -= share;
    return draw < 0;
  })?.[1];
};

/** Changes it in place. */
export const corruptRecord = (known: Known, person: Person, count: number, random: Random): void => {
  if (random.chance(1 / 8)) Object.assign(known, drawHome(random));
  if (person.maiden !== undefined && random.chance(1 / 12)) {
    known.family = person.maiden;
    known.maiden = undefined;
  }
  for (let at = 0; at < count; at += 1) drawFault(random)?.(known, random);
};
