/**
 * What a comparison comes to: a weight (Fellegi and Sunter 1969: the sum of log2 m/u), and a grade of FHIR's $match that
 * rules may only lower, but for an identifier that both have. FHIR R4 patient-operation-match.html, match-grade.
 */
import type { Comparison, Kind } from './comparison.ts';
import { kinds } from './comparison.ts';
import type { Demographics } from './demographics.ts';
import type { MatchingModel, MatchingSettings, NameShares, Odds } from './settings.ts';

export const grades = ['certain', 'probable', 'possible', 'certainly-not'] as const;
export type Grade = (typeof grades)[number];

const oddsOf = (model: MatchingModel, kind: Kind, level: string): Odds | undefined =>
  (model.weights[kind] as Readonly<Record<string, Odds>>)[level];

/** The share of the rarest name that both have; agreement on a frequent one is less of a surprise. */
const shareOf = ({ shares, rare }: NameShares, some: readonly string[], others: readonly string[]): number =>
  Math.min(...some.filter((name) => others.includes(name)).map((name) => shares[name] ?? rare));

const chance = (model: MatchingModel, kind: Kind, level: string, one: Demographics, other: Demographics): number => {
  const odds = oddsOf(model, kind, level);
  if (odds === undefined) return 0;
  const [m, u] = odds;
  const weight = Math.log2(m / u);
  if (level !== 'same' || (kind !== 'given' && kind !== 'family')) return weight;
  return weight + Math.log2(model[kind].average / shareOf(model[kind], one[kind], other[kind]));
};

/** log2 of the odds that both are one person. */
export const weigh = (comparison: Comparison, one: Demographics, other: Demographics, model: MatchingModel): number => {
  let weight = Math.log2(model.prior / (1 - model.prior));
  for (const kind of kinds) {
    const level = comparison[kind];
    if (level !== undefined) weight += chance(model, kind, level, one, other);
  }
  return weight;
};

/** Of odds as log2, a probability. */
export const probabilityOf = (weight: number): number => 1 / (1 + 2 ** -weight);

const namesAgree = ({ given, family }: Comparison): boolean =>
  given !== undefined && given !== 'different' && family !== undefined && family !== 'different';

/** Born on one day under one name, called differently: twins, until something says otherwise. */
const areTwins = ({ given, family, birthDate }: Comparison): boolean =>
  given === 'different' && birthDate === 'same' && family !== 'different';

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
  const { identifier, given, birthDate, gender, family } = comparison;
  if (identifier === 'different') return 'certainly-not';
  if (areTwins(comparison)) return atMost(grade, 'possible');
  // Of one name and one house, born on other days: father and son.
  if (birthDate === 'different') return atMost(grade, identifier === 'same' ? 'probable' : 'possible');
  if (given === 'different') return atMost(grade, identifier === 'same' ? 'probable' : 'possible');
  if (family === 'different' && gender === 'different') return atMost(grade, 'possible');
  return countAgreed(comparison) < 2 ? atMost(grade, 'probable') : grade;
};
