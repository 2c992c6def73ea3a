/** What is measured of a body over the years: each person's own level, the course of their illnesses, and the day's chance. */

import { yearsBetween } from './calendar.ts';
import type { Random } from './random.ts';

/** For each measure: the usual level of a healthy adult, and how it differs between people and between visits. */
const levels = {
  /** kg/m2 */
  bmi: { usual: 24.5, between: 2.2, within: 0.15 },
  /** mm[Hg] */
  systolic: { usual: 117, between: 5, within: 4 },
  /** /min */
  heartRate: { usual: 71, between: 6, within: 4 },
  /** % */
  oxygen: { usual: 98, between: 0.5, within: 0.6 },
  /** % of haemoglobin */
  hba1c: { usual: 5.2, between: 0.15, within: 0.08 },
  /** mg/dL */
  ldl: { usual: 108, between: 16, within: 5 },
  /** mg/dL */
  hdl: { usual: 54, between: 8, within: 2 },
  /** mg/dL */
  triglycerides: { usual: 110, between: 25, within: 12 },
  /** mg/dL */
  creatinine: { usual: 0.86, between: 0.08, within: 0.03 },
  /** mg/g, albumin to creatinine in urine */
  albuminuria: { usual: 9, between: 3, within: 2 },
  /** g/dL */
  haemoglobin: { usual: 14.1, between: 0.7, within: 0.25 },
  /** copies/mL of HIV 1 RNA */
  viralLoad: { usual: 0, between: 0, within: 0 },
  /** cells/uL */
  cd4: { usual: 850, between: 90, within: 30 },
  /** PHQ-2 score, 0 to 6 */
  lowMood: { usual: 0.4, between: 0.4, within: 0.4 },
} as const;

export type Measure = keyof typeof levels;

/** The level of a measure so many years after the onset of an illness (negative: before it). */
export type Course = (years: number) => number;

/** A course that goes from one level to another over some months, gently at both ends, once treatment begins. */
export function settles(before: number, after: number, months = 8, fromMonth = 1): Course {
  return (years) => {
    const progress = Math.min(1, Math.max(0, (years * 12 - fromMonth) / months));
    return before + (after - before) * progress * progress * (3 - 2 * progress);
  };
}

/** A course through the given points of [years after the onset, level], in order of years, straight between them. */
export function through(first: readonly [number, number], ...rest: readonly (readonly [number, number])[]): Course {
  return (years) => {
    let [lastYear, lastLevel] = first;
    for (const [year, level] of rest) {
      if (years < year) {
        const progress = Math.max(0, (years - lastYear) / (year - lastYear));
        return lastLevel + (level - lastLevel) * progress;
      }
      [lastYear, lastLevel] = [year, level];
    }
    return lastLevel;
  };
}

/** An illness's courses and the day it began. */
export interface Influence {
  readonly onset: string;
  readonly courses: Partial<Readonly<Record<Measure, Course>>>;
}

/** Reads a measure of one body on a date. */
export type Body = (measure: Measure, date: string) => number;

/** Makes one person's body. The first influence on a measure wins. */
export function createBody(random: Random, influences: readonly Influence[]): Body {
  const own = new Map<Measure, number>();
  for (const measure of Object.keys(levels) as Measure[]) own.set(measure, random.normal(0, levels[measure].between));
  return (measure, date) => {
    const { usual, within } = levels[measure];
    const influence = influences.find((each) => each.courses[measure]);
    const level = influence?.courses[measure]?.(yearsBetween(influence.onset, date)) ?? usual;
    return Math.max(0, level + (own.get(measure) ?? 0) + random.normal(0, within));
  };
}
