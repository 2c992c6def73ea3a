/** How good links are: pairs that a matcher finds, against pairs that are of one person. */
import type { Comparison } from '../matching/comparison.ts';
import { gradeComparison } from '../matching/grade.ts';
import type { MatchingSettings } from '../matching/settings.ts';

/** A pair that was met, and what speaks for it. */
export interface JudgedPair {
  readonly onePerson: boolean;
  readonly weight: number;
  readonly comparison: Comparison;
}

export interface Verdict {
  readonly threshold: number;
  /** of the pairs that are linked, how many are of one person */
  readonly precision: number;
  /** of the pairs of one person, how many are linked */
  readonly recall: number;
  readonly wrong: number;
}

/** Certain links, rules and all, at a threshold. @param truth how many pairs of one person there are */
export const judgeAt = (
  threshold: number,
  pairs: readonly JudgedPair[],
  truth: number,
  settings: MatchingSettings,
): Verdict => {
  const thresholds = { ...settings.thresholds, certain: threshold };
  const linked = pairs.filter(
    ({ comparison, weight }) => gradeComparison(comparison, weight, { ...settings, thresholds }) === 'certain',
  );
  const right = linked.filter(({ onePerson }) => onePerson).length;
  const precision = linked.length === 0 ? 1 : right / linked.length;
  return { threshold, precision, recall: right / truth, wrong: linked.length - right };
};
