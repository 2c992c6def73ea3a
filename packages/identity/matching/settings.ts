/** What matching goes by: identifiers that are trusted, weights, thresholds, bounds. `identity.matching` of affinity.yaml. */
import type { Kind, Level } from './comparison.ts';

/** Probability of a level where two records are one person's (m), and where they are two persons' (u). */
export type Odds = readonly [m: number, u: number];

/** Each level of each kind. */
export type Weights = { readonly [K in Kind]: { readonly [L in Level<K>]: Odds } };

/** Shares of names that are frequent: agreement on a rare one says more. Part of the model, never counted from live records. */
export interface NameShares {
  /** the chance that two persons have the same */
  readonly average: number;
  /** of a name that is not among `shares` */
  readonly rare: number;
  readonly shares: Readonly<Record<string, number>>;
}

export interface MatchingModel {
  /** probability that two records that share a blocking key are one person's */
  readonly prior: number;
  readonly weights: Weights;
  readonly given: NameShares;
  readonly family: NameShares;
}

/** Least log2 of the odds that two records are one person's, for each grade. */
export interface Thresholds {
  readonly certain: number;
  readonly probable: number;
  readonly possible: number;
}

export interface MatchingSettings {
  /** identifier systems by which a person has one number at most (of a nation, an insurance, a domain) */
  readonly onePerPerson: readonly string[];
  readonly thresholds: Thresholds;
  readonly model: MatchingModel;
  /** records that are looked at for one blocking key, in each of the two directions from the record that is asked about */
  readonly neighbours: number;
}
