/**
 * Weights learned from records of which nobody has said whose they are: expectation maximisation over comparison vectors,
 * as a mixture of pairs of one person, of one household and of strangers, whose agreement chance alone explains (A. P. Dempster, N. M. Laird and D. B. Rubin 1977; W. E. Winkler,
 * "Using the EM Algorithm for Weight Computation in the Fellegi-Sunter Model of Record Linkage", 1988). Pure, and the same
 * for the same pairs in any order.
 */
import { type Comparison, type Kind, kinds, levels } from './comparison.ts';
import type { Demographics } from './demographics.ts';
import { type MatchingModel, type NameShares, type Odds, priorOf, type Weights } from './settings.ts';

export interface Training {
  /** rounds at most, and the change of the prior below which more of them are idle */
  readonly rounds: number;
  readonly still: number;
}
export const training: Training = { rounds: 200, still: 1e-7 };

/** Pairs of one pattern, with how many there are. */
interface Pattern {
  readonly comparison: Comparison;
  count: number;
}

const patternsOf = (comparisons: Iterable<Comparison>): readonly Pattern[] => {
  const patterns = new Map<string, Pattern>();
  for (const comparison of comparisons) {
    const key = kinds.map((kind) => comparison[kind] ?? '').join('|');
    const known = patterns.get(key);
    if (known === undefined) patterns.set(key, { comparison, count: 1 });
    else known.count += 1;
  }
  return [...patterns].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, pattern]) => pattern);
};

type Table = { readonly [K in Kind]: Readonly<Record<string, Odds>> };

const plus = (some: Odds, others: Odds): Odds => [some[0] + others[0], some[1] + others[1], some[2] + others[2]];
const times = (some: Odds, others: Odds): Odds => [some[0] * others[0], some[1] * others[1], some[2] * others[2]];
const over = (some: Odds, others: Odds): Odds => [some[0] / others[0], some[1] / others[1], some[2] / others[2]];
const scaled = (odds: Odds, by: number): Odds => [odds[0] * by, odds[1] * by, odds[2] * by];

/** How likely a pair of this pattern is of each class. */
const expect = ({ comparison }: Pattern, table: Table, prior: Odds): Odds => {
  let likely = prior;
  for (const kind of kinds) {
    const odds = table[kind][comparison[kind] ?? ''];
    if (odds !== undefined) likely = times(likely, odds);
  }
  return scaled(likely, 1 / (likely[0] + likely[1] + likely[2]));
};

/** What a level that was never met counts for, so that no evidence is infinite. */
const unseen: Odds = [0.5, 0.5, 0.5];

const total = (table: ReadonlyMap<string, Odds>): Odds => [...table.values()].reduce(plus);

/** Of each kind the share of each level. */
const tableOf = (patterns: readonly Pattern[], likely: (at: number) => Odds): Table => {
  const ofKind = (kind: Kind): Readonly<Record<string, Odds>> => {
    const sums = new Map<string, Odds>(levels[kind].map((level) => [level, unseen]));
    patterns.forEach(({ comparison, count }, at) => {
      const level = comparison[kind] ?? '';
      const sum = sums.get(level);
      if (sum !== undefined) sums.set(level, plus(sum, scaled(likely(at), count)));
    });
    const all = total(sums);
    return Object.fromEntries([...sums].map(([level, sum]) => [level, over(sum, all)]));
  };
  return Object.fromEntries(kinds.map((kind) => [kind, ofKind(kind)])) as Table;
};

/** The shares that the data told, with those of strangers as chance has them. */
const withStrangers = (told: Table, strangers: Table): Table => {
  const ofKind = (kind: Kind): Readonly<Record<string, Odds>> => {
    const byChance: Readonly<Record<string, Odds>> = strangers[kind];
    const shares: Readonly<Record<string, Odds>> = told[kind];
    return Object.fromEntries(
      Object.entries(shares).map(([level, [one, household]]) => [
        level,
        [one, household, byChance[level]?.[2] ?? 0] as const,
      ]),
    );
  };
  return Object.fromEntries(kinds.map((kind) => [kind, ofKind(kind)])) as Table;
};

export interface TrainingPairs {
  /** pairs that share a blocking key */
  readonly candidates: Iterable<Comparison>;
  /** pairs drawn by chance: nearly all of them strangers */
  readonly strangers: Iterable<Comparison>;
  /** records that the candidates are all pairs of */
  readonly records: number;
}

type Weighing = Pick<MatchingModel, 'others' | 'weights'>;

/** @param start where the search begins: it finds the summit that is nearest */
export const trainWeights = (
  { candidates, strangers, records }: TrainingPairs,
  start: Weighing,
  { rounds, still }: Training = training,
): Weighing => {
  const patterns = patternsOf(candidates);
  const chance = tableOf(patternsOf(strangers), () => [0, 0, 1]);
  let { others } = start;
  let table = withStrangers(start.weights, chance);
  for (let round = 0; round < rounds; round += 1) {
    const prior = priorOf(others, records);
    const classes = patterns.map((pattern) => expect(pattern, table, prior));
    const at = (index: number): Odds => classes[index] ?? unseen;
    table = withStrangers(tableOf(patterns, at), chance);
    const sum = patterns.reduce((sums, { count }, index) => plus(sums, scaled(at(index), count)), unseen);
    const next = { one: (2 * sum[0]) / records, household: (2 * sum[1]) / records };
    const change = Math.abs(next.one - others.one);
    others = next;
    if (change < still) break;
  }
  return { others, weights: table as Weights };
};

const rounded = (share: number): number => Number(share.toPrecision(3));

/** Of each person the first name of a kind. @param kept how many of the most frequent are told by themselves */
export const countShares = (people: readonly Demographics[], kind: 'given' | 'family', kept: number): NameShares => {
  const counts = new Map<string, number>();
  for (const { [kind]: names } of people) {
    const [name] = names;
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const sorted = [...counts].sort(([one, some], [other, others]) => others - some || (one < other ? -1 : 1));
  const average = sorted.reduce((sum, [, count]) => sum + (count / total) ** 2, 0);
  const rare = sorted.slice(kept);
  // The share of the name of a bearer of some rare name, not of some rare name.
  const borne = rare.reduce((sum, [, count]) => sum + count, 0);
  const ofRare = rare.reduce((sum, [, count]) => sum + (count / total) * (count / Math.max(1, borne)), 0);
  return {
    average: rounded(average),
    rare: rounded(ofRare || 1 / Math.max(1, total)),
    shares: Object.fromEntries(sorted.slice(0, kept).map(([name, count]) => [name, rounded(count / total)])),
  };
};

/** As it is written down. */
export const roundOdds = ([one, household, strangers]: Odds): Odds => [
  rounded(one),
  rounded(household),
  rounded(strangers),
];
