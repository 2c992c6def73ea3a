/** When a person sees whom, and why: check-ups, the visits that the stories ask for, and passing illnesses. */
import { addDays, addYears, dayOf, weekday, yearsBetween } from './calendar.ts';
import { type CodeableConcept, snomed } from './datatypes.ts';
import { ageOn, type Episode, type Person } from './person.ts';
import type { Specialty } from './practitioners.ts';
import type { Random } from './random.ts';

/** The kinds of visit: what they are called, their class (v3 ActCode) and how many minutes they take. */
export const visitKinds = {
  checkup: { type: snomed('185349003', 'Encounter for check up'), class: 'AMB', minutes: 40 },
  child: { type: snomed('410620009', 'Well child visit'), class: 'AMB', minutes: 30 },
  care: { type: snomed('390906007', 'Follow-up encounter'), class: 'AMB', minutes: 25 },
  talk: { type: snomed('448337001', 'Telemedicine consultation with patient'), class: 'VR', minutes: 45 },
  illness: { type: snomed('185345009', 'Encounter for symptom'), class: 'AMB', minutes: 20 },
  emergency: { type: snomed('50849002', 'Emergency room admission'), class: 'EMER', minutes: 210 },
  prenatal: { type: snomed('424619006', 'Prenatal visit'), class: 'AMB', minutes: 30 },
  delivery: { type: snomed('177184002', 'Normal delivery procedure'), class: 'IMP', minutes: 2880 },
} as const satisfies Record<string, { type: CodeableConcept; class: 'AMB' | 'VR' | 'EMER' | 'IMP'; minutes: number }>;

export type VisitKind = keyof typeof visitKinds;

export interface PlannedVisit {
  readonly date: string;
  readonly kind: VisitKind;
  /** Whom the patient sees; absent for the patient's own doctor. */
  readonly specialty?: Specialty;
  /** The story that the visit belongs to; absent for what everybody has. */
  readonly episode?: Episode;
  /** Counts the visits of the same kind and episode from 0. */
  readonly turn: number;
}

const childAges = [
  0.03, 0.17, 0.33, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
];

/** Yearly check-ups, the newest shortly before the end of the record. */
function* planCheckups(person: Person, random: Random): Generator<PlannedVisit> {
  if (ageOn(person, person.end) < 18)
    for (const [turn, age] of childAges.entries()) yield { date: addYears(person.birthDate, age), kind: 'child', turn };
  let date = addDays(person.end, -random.integer(3, 45));
  for (let turn = 0; date > person.start; turn += 1) {
    if (ageOn(person, date) >= 18) yield { date, kind: 'checkup', turn };
    date = addDays(date, -365 + random.integer(-25, 25));
  }
}

/** The visits that one story asks for. */
function* planCare(person: Person, episode: Episode, random: Random): Generator<PlannedVisit> {
  const { story, onset } = episode;
  for (const [turn, { atYears, visit }] of (story.milestones ?? []).entries()) {
    const specialty = visit === 'emergency' ? 'emergency' : 'obstetrics';
    yield { date: addYears(onset, atYears), kind: visit, specialty, episode, turn };
  }
  if (!story.care) return;
  const { specialty, perYear } = story.care;
  const count = Math.floor(yearsBetween(onset, person.end) * perYear);
  for (let turn = 0; turn <= count; turn += 1) {
    const date = addDays(addYears(onset, turn / perYear), random.integer(0, 20));
    yield { date, kind: specialty === 'psychiatry' && turn % 3 === 2 ? 'talk' : 'care', specialty, episode, turn };
  }
}

/** Passing illnesses, one in two and a half years or so. */
function* planIllnesses(person: Person, random: Random): Generator<PlannedVisit> {
  const days = dayOf(person.end) - dayOf(person.start);
  const count = Math.round((days / 365.25) * 0.4 + random.next());
  for (let turn = 0; turn < count; turn += 1)
    yield { date: addDays(person.start, random.integer(0, days)), kind: 'illness', turn };
}

/** All visits of a person, oldest first, at most one a day, none after the day before the record ends. */
export function planVisits(person: Person, random: Random): PlannedVisit[] {
  const planned = [
    ...person.episodes.flatMap((episode) => [...planCare(person, episode, random)]),
    ...planCheckups(person, random),
    ...planIllnesses(person, random),
  ];
  const last = addDays(person.end, -3);
  const byDate = new Map<string, PlannedVisit>();
  for (const visit of planned) {
    const urgent = visit.kind === 'emergency' || visit.kind === 'delivery';
    const date = urgent ? visit.date : weekday(visit.date);
    if (date >= person.start && date <= last && !byDate.has(date)) byDate.set(date, { ...visit, date });
  }
  return [...byDate.values()].sort((one, other) => (one.date < other.date ? -1 : 1));
}
