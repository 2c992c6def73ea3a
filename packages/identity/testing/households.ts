/** Households of the generated population: who lives together, and so has much in common without being the same person. */
import { families, men, streetKinds, streets, towns, women } from './people-words.ts';
import type { Random } from './random.ts';

export interface Home {
  readonly house: string;
  readonly street: string;
  readonly city: string;
  readonly postalCode: string;
}

export interface Person {
  readonly given: string;
  readonly middle: string;
  readonly family: string;
  /** name before marriage, where it is another */
  readonly maiden: string | undefined;
  readonly birthDate: string;
  readonly gender: 'male' | 'female';
  readonly home: Home;
  readonly landline: string;
  readonly mobile: string;
  readonly email: string;
  readonly national: string;
}

export const drawHome = (random: Random): Home => {
  const [city, firstCode, codes] = random.frequent(towns);
  return {
    house: String(random.integer(1, 240)),
    street: `${random.pick(streets)} ${random.frequent(streetKinds)[0]}`,
    city,
    postalCode: String(firstCode + random.integer(0, codes - 1)).padStart(5, '0'),
  };
};

const digits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.integer(0, 9)).join('');

const bornIn = (year: number, random: Random): string =>
  `${year}-${String(random.integer(1, 12)).padStart(2, '0')}-${String(random.integer(1, 28)).padStart(2, '0')}`;

const thisYear = 2026;

/** Without end. An e-mail address is one household's: one of ten children is reached by the mother's. */
export function* households(random: Random): Generator<Person> {
  const mailboxes = new Set<string>();
  const mailbox = (called: string, name: string): string => {
    const local = `${called}${random.pick(['.', '_', ''])}${name}`.toLowerCase();
    const domain = random.pick(['example.com', 'example.org', 'example.net']);
    let email = `${local}${random.chance(0.6) ? random.integer(1, 99) : ''}@${domain}`;
    while (mailboxes.has(email)) email = `${local}${random.integer(1, 99_999)}@${domain}`;
    mailboxes.add(email);
    return email;
  };
  for (;;) {
    const home = drawHome(random);
    const landline = digits(random, 10);
    const family = random.frequent(families);
    const taken = new Set<string>();
    const call = (gender: 'male' | 'female'): string => {
      let name = random.frequent(gender === 'female' ? women : men);
      while (taken.has(name)) name = random.frequent(gender === 'female' ? women : men);
      taken.add(name);
      return name;
    };
    const person = (gender: 'male' | 'female', birthDate: string, more: Partial<Person> = {}): Person => {
      const [given, middle] = [call(gender), random.frequent(gender === 'female' ? women : men)];
      const called = more.given ?? given;
      const name = more.family ?? family;
      return {
        given,
        middle,
        family,
        maiden: undefined,
        birthDate,
        gender,
        home,
        landline,
        mobile: digits(random, 10),
        email: mailbox(called, name),
        national: digits(random, 9),
        ...more,
      };
    };
    const year = random.integer(thisYear - 92, thisYear - 22);
    const father = person('male', bornIn(year, random));
    if (random.chance(0.35)) {
      yield random.chance(0.5) ? father : person('female', bornIn(year, random));
      continue;
    }
    const maiden = random.frequent(families);
    const keeps = random.chance(0.2);
    yield father;
    const mother = person('female', bornIn(year + random.integer(-6, 6), random), {
      ...(keeps ? { family: maiden } : {}),
      maiden: keeps ? undefined : maiden,
    });
    yield mother;
    const children = year > thisYear - 60 ? random.integer(0, 3) : 0;
    for (let child = 0; child < children; child += 1) {
      const birthDate = bornIn(Math.min(thisYear - 1, year + 24 + child * 2 + random.integer(0, 1)), random);
      const gender = random.chance(0.5) ? 'male' : 'female';
      const reached = random.chance(0.1) ? { email: mother.email } : {};
      const called = gender === 'male' && random.chance(1 / 30) ? { given: father.given } : {};
      yield person(gender, birthDate, { ...called, ...reached });
      if (random.chance(1 / 25)) yield person(random.chance(0.7) ? gender : 'male', birthDate, reached);
    }
  }
}
