/** What a laboratory test is: its code, unit and usual range, and how its value follows from the body on the day. */
import { type CodeableConcept, type Range, snomed } from './datatypes.ts';
import type { Measure } from './measures.ts';

/** What a body tells on the day: its measures, a draw around a level, and whose it is. */
export interface Sample {
  readonly of: (measure: Measure) => number;
  readonly around: (level: number, deviation: number) => number;
  readonly age: number;
  readonly woman: boolean;
}

interface Numeric extends Range {
  readonly slug: string;
  readonly code: CodeableConcept;
  readonly unit: string;
  readonly decimals: number;
  readonly value: (sample: Sample) => number;
}

interface Coded {
  readonly slug: string;
  readonly code: CodeableConcept;
  readonly finding: (sample: Sample) => CodeableConcept | string;
}

export type Test = Numeric | Coded;

export interface Panel {
  readonly code: CodeableConcept;
  readonly specimen: CodeableConcept;
  readonly tests: readonly Test[];
}

export const blood = snomed('119297000', 'Blood specimen');
export const serum = snomed('119364003', 'Serum specimen');
export const urine = snomed('122575003', 'Urine specimen');

/** Mean glucose of the last months in mg/dL from HbA1c in %, by the ADAG line; fasting values lie a little below it. */
export const meanGlucose = (hba1c: number): number => 28.7 * hba1c - 46.7;

/** Filtration in mL/min/{1.73_m2} from creatinine in mg/dL, by the CKD-EPI equation of 2021. */
export function filtration(creatinine: number, age: number, woman: boolean): number {
  const ratio = creatinine / (woman ? 0.7 : 0.9);
  const alpha = woman ? -0.241 : -0.302;
  return 142 * Math.min(ratio, 1) ** alpha * Math.max(ratio, 1) ** -1.2 * 0.9938 ** age * (woman ? 1.012 : 1);
}

/** A test with a number for a result. */
export const number = (
  slug: string,
  code: CodeableConcept,
  unit: string,
  decimals: number,
  range: Range,
  value: Numeric['value'],
): Numeric => ({ slug, code, unit, decimals, ...range, value });
