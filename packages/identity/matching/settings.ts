/** What matching goes by: identifiers that are trusted, weights, thresholds, bounds. `identity.matching` of affinity.yaml. */
import type { Kind, Level } from './comparison.ts';

/**
 * Probability of a level where two records are of one person, of two who live together, and of two strangers. Two kinds of
 * others, because those who share a house share a name and a telephone too: what one of them says the others say again.
 */
export type Odds = readonly [one: number, household: number, strangers: number];
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
  /** how many other records of the same person, and of others of the same household, there are to one record */
  readonly others: { readonly one: number; readonly household: number };
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
  /**
   * about how many records there are: among many more a coincidence is likelier. It is set, not counted, so that no answer
   * depends on records that the caller may not know of.
   */
  readonly records: number;
  readonly model: MatchingModel;
  /** records that are looked at for one blocking key, in each of the two directions from the record that is asked about */
  readonly neighbours: number;
}

/** What a pair of records is, of any two, before they are compared. */
export const priorOf = ({ one, household }: MatchingModel['others'], records: number): Odds => [
  one / records,
  household / records,
  1 - (one + household) / records,
];
