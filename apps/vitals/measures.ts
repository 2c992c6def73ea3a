/** The three things Vitals shows, and which Observations they are. LOINC; US Core 6.1.0 body weight, blood pressure, laboratory result. */

export type Group = 'vital-signs' | 'laboratory';

export interface Measure {
  readonly id: 'weight' | 'blood-pressure' | 'glucose';
  readonly title: string;
  /** how a sentence names it */
  readonly noun: string;
  /** LOINC codes of the Observation */
  readonly codes: readonly string[];
  /** where the record files it: a person may share one group and not the other */
  readonly groups: readonly Group[];
  /** one line each; with `component`, the LOINC code of the component that holds the value */
  readonly series: readonly { readonly name: string; readonly component?: string; readonly usual?: Range }[];
  readonly usualFor?: string;
}

/** Usual range of adults, in the unit named (UCUM). The range that a laboratory printed on its result goes before it. */
export interface Range {
  readonly low: number;
  readonly high: number;
  readonly unit: string;
}

export const measures: readonly Measure[] = [
  {
    id: 'weight',
    title: 'Weight',
    noun: 'weight',
    codes: ['29463-7'],
    groups: ['vital-signs'],
    series: [{ name: 'Weight' }],
  },
  {
    id: 'blood-pressure',
    title: 'Blood pressure',
    noun: 'blood pressure',
    codes: ['85354-9'],
    groups: ['vital-signs'],
    series: [
      { name: 'Upper (systolic)', component: '8480-6', usual: { low: 90, high: 120, unit: 'mm[Hg]' } },
      { name: 'Lower (diastolic)', component: '8462-4', usual: { low: 60, high: 80, unit: 'mm[Hg]' } },
    ],
    usualFor: 'for adults at rest',
  },
  {
    id: 'glucose',
    title: 'Glucose',
    noun: 'glucose',
    codes: ['2339-0', '2345-7', '41653-7', '15074-8'],
    groups: ['laboratory', 'vital-signs'],
    series: [{ name: 'Glucose', usual: { low: 70, high: 99, unit: 'mg/dL' } }],
    usualFor: 'before breakfast',
  },
];
