/** Who a patient is: the fixed people of the demonstration first, and after them people drawn from the seed. */
import { addDays, addYears, dateOf, dayOf, earlier, later, yearsBetween } from './calendar.ts';
import { cast } from './cast.ts';
import type { Random } from './random.ts';
import { storiesOf } from './stories/mixture.ts';
import type { Story } from './stories/story.ts';

/** A story as it is told of one person: it began on the day `onset`. */
export interface Episode {
  readonly story: Story;
  readonly onset: string;
}

export interface Person {
  /** What the person's resources have in their ids: the number, of at least four digits. */
  readonly key: string;
  readonly number: number;
  readonly given: string;
  readonly family: string;
  readonly gender: 'female' | 'male';
  readonly birthDate: string;
  readonly deathDate?: string;
  /** The dates between which the record was written. */
  readonly start: string;
  readonly end: string;
  readonly episodes: readonly Episode[];
  /** Centimetres, once grown. */
  readonly height: number;
  /** Size of a child for its age, 1 on the mid-line. */
  readonly size: number;
}

const female =
  'Maria Olivia Amara Hannah Mei Fatima Ruth Isabel Nora Leila Agnes Tessa Joan Sunita Vera Dolores Ellen Keisha Paula Ingrid'.split(
    ' ',
  );
const male =
  'James Luis Kwame David Wei Omar Peter Andre Noah Rafael Henry Arjun Walter Mateo Jonas Curtis Felix Ivan Hugo Simon'.split(
    ' ',
  );
const families =
  'Alvarez Baker Chen Delgado Edwards Farouk Greene Horvat Iyer Johnson Kowalski Larsen Moreau Nguyen Ortiz Pereira Quinn Rossi Sato Thompson Usman Vasquez Walker Yilmaz Zimmer Abbott Bloom Carver Dixon Fischer'.split(
    ' ',
  );

/** When a story began, for somebody whose record begins at `start`. */
function onsetOf(story: Story, place: number, random: Random, birthDate: string, start: string, end: string): string {
  if (story.name === 'child') return birthDate;
  if (story.name === 'pregnancy') return addDays(end, -random.integer(110, 760));
  const share = 0.2 + 0.12 * place + random.next() * 0.1;
  return addDays(start, share * (dayOf(end) - dayOf(start)));
}

/** Draws who patient number `number` is. */
export function createPerson(number: number, random: Random, today: string): Person {
  const part = cast[number - 1];
  const stories = part?.stories ?? storiesOf(number);
  const youngest = Math.max(...stories.map((story) => story.ages[0]));
  const oldest = Math.min(...stories.map((story) => story.ages[1]));
  const age = part?.age ?? random.integer(youngest, oldest);
  const gender =
    part?.gender ?? stories.find((story) => story.gender)?.gender ?? random.pick(['female', 'male'] as const);
  const given = part?.given ?? random.pick(gender === 'female' ? female : male);
  const family = part?.family ?? random.pick(families);
  const birthDate = dateOf(dayOf(today) - Math.round(age * 365.25) - random.integer(20, 340));
  const died = !part && age > 70 && random.chance(0.4);
  const end = died ? addDays(today, -random.integer(30, 400)) : today;
  const years = part ? 5.2 : 2 + random.next() * 2.4;
  const start = earlier(later(addYears(end, -years), birthDate), addDays(end, -15));
  return {
    key: String(number).padStart(4, '0'),
    number,
    given,
    family,
    gender,
    birthDate,
    ...(died ? { deathDate: end } : {}),
    start,
    end,
    episodes: stories.map((story, place) => ({ story, onset: onsetOf(story, place, random, birthDate, start, end) })),
    height: random.normal(gender === 'female' ? 163 : 176, 6),
    size: random.normal(1, 0.07),
  };
}

/** A person's age in years, with fractions, on a date. */
export const ageOn = (person: Person, date: string): number => yearsBetween(person.birthDate, date);
