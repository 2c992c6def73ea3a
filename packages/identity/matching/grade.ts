/**
 * What a comparison comes to: a weight (Fellegi and Sunter 1969: the sum of log2 m/u), and a grade of FHIR's $match that
 * rules may only lower, but for an identifier that both have. FHIR R4 patient-operation-match.html, match-grade.
 */
import type { Comparison, Kind } from './comparison.ts';
import { kinds } from './comparison.ts';
import type { Demographics } from './demographics.ts';
import { type MatchingModel, type MatchingSettings, type NameShares, type Odds, priorOf } from './settings.ts';

export const grades = ['certain', 'probable', 'possible', 'certainly-not'] as const;
export type Grade = (typeof grades)[number];

const oddsOf = (model: MatchingModel, kind: Kind, level: string): Odds | undefined =>
  (model.weights[kind] as Readonly<Record<string, Odds>>)[level];

/** How much more frequent than another the rarest name is that both have: agreement on a frequent one is less of a surprise. */
const frequency = ({ shares, rare, average }: NameShares, some: readonly string[], others: readonly string[]): number =>
  Math.min(...some.filter((name) => others.includes(name)).map((name) => shares[name] ?? rare)) / average;

/** log2 of the odds that both are of one person, against two of one household and two strangers together. */
export const weigh = (
  comparison: Comparison,
  one: Demographics,
  other: Demographics,
  { model, records }: Pick<MatchingSettings, 'model' | 'records'>,
): number => {
  let [same, household, strangers] = priorOf(model.others, records);
  for (const kind of kinds) {
    const level = comparison[kind];
    const odds = level === undefined ? undefined : oddsOf(model, kind, level);
    if (odds === undefined) continue;
    const named = level === 'same' && (kind === 'given' || kind === 'family');
    const frequent = named ? frequency(model[kind], one[kind], other[kind]) : 1;
    same *= odds[0];
    // Those of one house have their family name in common, frequent or rare.
    household *= odds[1] * (kind === 'given' ? frequent : 1);
    strangers *= odds[2] * frequent;
  }
  return Math.log2(same / (household + strangers));
};

/** Of odds as log2, a probability. */
export const probabilityOf = (weight: number): number => 1 / (1 + 2 ** -weight);

const namesAgree = ({ given, family }: Comparison): boolean =>
  given === 'swapped' ||
  (given !== undefined && given !== 'different' && family !== undefined && family !== 'different');

/** Called by names that are not one name, though they may begin alike. */
const calledDifferently = ({ given, middle }: Comparison): boolean =>
  given === 'different' || given === 'alike' || (given === 'initial' && middle === 'different');

/** Born on one day, called differently: twins, until enough says otherwise that twins do not share. */
const areTwins = (comparison: Comparison): boolean => {
  const { given, middle, birthDate, email, identifier } = comparison;
  if (birthDate !== 'same' || !calledDifferently(comparison)) return false;
  const support = [middle, email, identifier].filter((level) => level === 'same').length;
  return support < (given === 'different' ? 2 : 1);
};

/** Of one name, born on other days: father and son, who may share a house, a middle name and a telephone. */
const areGenerations = ({ birthDate, email, identifier }: Comparison): boolean =>
  birthDate === 'different' && email !== 'same' && identifier !== 'same';

/** Kinds that both speak of and agree on, beside gender, which half of all people share. */
const countAgreed = ({ given, family, birthDate, address, phone, email, identifier }: Comparison): number =>
  [
    namesAgree({ ...(given && { given }), ...(family && { family }) }),
    birthDate === 'same' || birthDate === 'transposed' || birthDate === 'digit',
    address === 'house' || address === 'house-similar',
    phone === 'same',
    email === 'same',
    identifier === 'same' || identifier === 'similar',
  ].filter(Boolean).length;

const gradeOf = (weight: number, { certain, probable, possible }: MatchingSettings['thresholds']): Grade => {
  if (weight >= certain) return 'certain';
  if (weight >= probable) return 'probable';
  return weight >= possible ? 'possible' : 'certainly-not';
};

const atMost = (grade: Grade, bound: Grade): Grade => (grades.indexOf(grade) < grades.indexOf(bound) ? bound : grade);

/** The rules: what contradicts is never certain, however much agrees beside it. */
export const gradeComparison = (comparison: Comparison, weight: number, { thresholds }: MatchingSettings): Grade => {
  const grade = gradeOf(weight, thresholds);
  const { identifier, given, birthDate } = comparison;
  if (identifier === 'different') return 'certainly-not';
  if (areTwins(comparison) || areGenerations(comparison)) return atMost(grade, 'possible');
  if (given === 'different' && birthDate === 'different') return atMost(grade, 'possible');
  // Without a given name it may be anybody of the house.
  if (given === undefined && identifier !== 'same' && comparison.email !== 'same') return atMost(grade, 'probable');
  return countAgreed(comparison) < 2 ? atMost(grade, 'probable') : grade;
};
