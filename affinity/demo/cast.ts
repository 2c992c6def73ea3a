/** The fixed people of the demonstration: patient 1 is the first of them, and so on. */
import { asthma } from './stories/asthma.ts';
import { child } from './stories/child.ts';
import { depression } from './stories/depression.ts';
import { diabetes } from './stories/diabetes.ts';
import { healthy } from './stories/healthy.ts';
import { hypertension } from './stories/hypertension.ts';
import { kidneyDisease } from './stories/kidney-disease.ts';
import type { Story } from './stories/story.ts';

/** What a person has decided about their record: the choices that the demonstration shows. */
export type PrivacyChoice =
  | 'not-my-mental-health-to-my-family-doctor'
  | 'not-my-notes-to-my-family-doctor'
  | 'not-my-family-doctor-but-in-an-emergency';

/** Somebody who acts for a patient without being one of the staff. */
export interface Relative {
  /** Which relative it is, in the ids: `related-0004-mother`. */
  readonly slug: string;
  /** A code of the v3 RoleCode system and what it means. */
  readonly relationship: readonly [code: string, display: string];
  /** The relative's own number as a patient. */
  readonly number: number;
}

export interface Part {
  readonly given: string;
  readonly family: string;
  readonly gender: 'female' | 'male';
  readonly age: number;
  readonly stories: readonly Story[];
  readonly relative?: Relative;
  /** What the person has decided about their record; absent: nothing. */
  readonly privacy?: PrivacyChoice;
}

export const cast: readonly Part[] = [
  { given: 'Ana', family: 'Ribeiro', gender: 'female', age: 52, stories: [diabetes, hypertension, depression] },
  {
    given: 'Ben',
    family: 'Whitfield',
    gender: 'male',
    age: 34,
    stories: [depression, healthy],
    privacy: 'not-my-mental-health-to-my-family-doctor',
  },
  {
    given: 'Carla',
    family: 'Novak',
    gender: 'female',
    age: 37,
    stories: [asthma],
    privacy: 'not-my-notes-to-my-family-doctor',
  },
  {
    given: 'Leo',
    family: 'Novak',
    gender: 'male',
    age: 6,
    stories: [child],
    relative: { slug: 'mother', relationship: ['MTH', 'mother'], number: 3 },
  },
  { given: 'Emil', family: 'Haas', gender: 'male', age: 46, stories: [healthy] },
  {
    given: 'Rosa',
    family: 'Haas',
    gender: 'female',
    age: 75,
    stories: [kidneyDisease, hypertension],
    relative: { slug: 'son', relationship: ['SONC', 'son'], number: 5 },
    privacy: 'not-my-family-doctor-but-in-an-emergency',
  },
];
