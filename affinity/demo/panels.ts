/** The laboratory tests: what they are called (LOINC), their units (UCUM), their usual ranges, and how values hang together. */
import { type CodeableConcept, loinc, snomed } from './datatypes.ts';
import type { Measure } from './measures.ts';
import type { Range } from './observations.ts';

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

const blood = snomed('119297000', 'Blood specimen');
const serum = snomed('119364003', 'Serum specimen');
const urine = snomed('122575003', 'Urine specimen');

/** Mean glucose of the last months in mg/dL from HbA1c in %, by the ADAG line; fasting values lie a little below it. */
export const meanGlucose = (hba1c: number): number => 28.7 * hba1c - 46.7;

/** Filtration in mL/min/{1.73_m2} from creatinine in mg/dL, by the CKD-EPI equation of 2021. */
export function filtration(creatinine: number, age: number, woman: boolean): number {
  const ratio = creatinine / (woman ? 0.7 : 0.9);
  const alpha = woman ? -0.241 : -0.302;
  return 142 * Math.min(ratio, 1) ** alpha * Math.max(ratio, 1) ** -1.2 * 0.9938 ** age * (woman ? 1.012 : 1);
}

const number = (
  slug: string,
  code: CodeableConcept,
  unit: string,
  decimals: number,
  range: Range,
  value: Numeric['value'],
): Numeric => ({ slug, code, unit, decimals, ...range, value });

export const panels = {
  glycated: {
    code: loinc('4548-4', 'Hemoglobin A1c/Hemoglobin.total in Blood', 'Hemoglobin A1c'),
    specimen: blood,
    tests: [
      number(
        'hba1c',
        loinc('4548-4', 'Hemoglobin A1c/Hemoglobin.total in Blood', 'Hemoglobin A1c'),
        '%',
        1,
        { low: 4, high: 5.6 },
        (s) => s.of('hba1c'),
      ),
    ],
  },
  metabolic: {
    code: loinc('51990-0', 'Basic metabolic panel - Blood', 'Basic metabolic panel'),
    specimen: serum,
    tests: [
      number(
        'serum-glucose',
        loinc('2345-7', 'Glucose [Mass/volume] in Serum or Plasma', 'Glucose'),
        'mg/dL',
        0,
        { low: 70, high: 99 },
        (s) => s.around(meanGlucose(s.of('hba1c')) * 0.87, 4),
      ),
      number(
        'creatinine',
        loinc('2160-0', 'Creatinine [Mass/volume] in Serum or Plasma', 'Creatinine'),
        'mg/dL',
        2,
        { low: 0.5, high: 1.2 },
        (s) => s.of('creatinine'),
      ),
      number(
        'filtration',
        loinc(
          '98979-8',
          'Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum, Plasma or Blood by Creatinine-based formula (CKD-EPI 2021)',
          'Estimated filtration (eGFR)',
        ),
        'mL/min/{1.73_m2}',
        0,
        { low: 60 },
        (s) => filtration(s.of('creatinine'), s.age, s.woman),
      ),
      number(
        'sodium',
        loinc('2951-2', 'Sodium [Moles/volume] in Serum or Plasma', 'Sodium'),
        'mmol/L',
        0,
        { low: 136, high: 145 },
        (s) => s.around(140, 1.6),
      ),
      number(
        'potassium',
        loinc('2823-3', 'Potassium [Moles/volume] in Serum or Plasma', 'Potassium'),
        'mmol/L',
        1,
        { low: 3.5, high: 5.1 },
        (s) => s.around(3.9 + s.of('creatinine') * 0.3, 0.2),
      ),
    ],
  },
  lipid: {
    code: loinc('24331-1', 'Lipid 1996 panel - Serum or Plasma', 'Lipid panel'),
    specimen: serum,
    tests: [
      number(
        'cholesterol',
        loinc('2093-3', 'Cholesterol [Mass/volume] in Serum or Plasma', 'Total cholesterol'),
        'mg/dL',
        0,
        { high: 200 },
        (s) => s.of('ldl') + s.of('hdl') + s.of('triglycerides') / 5,
      ),
      number(
        'hdl',
        loinc('2085-9', 'Cholesterol in HDL [Mass/volume] in Serum or Plasma', 'HDL cholesterol'),
        'mg/dL',
        0,
        { low: 40 },
        (s) => s.of('hdl'),
      ),
      number(
        'ldl',
        loinc('13457-7', 'Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation', 'LDL cholesterol'),
        'mg/dL',
        0,
        { high: 130 },
        (s) => s.of('ldl'),
      ),
      number(
        'triglycerides',
        loinc('2571-8', 'Triglyceride [Mass/volume] in Serum or Plasma', 'Triglycerides'),
        'mg/dL',
        0,
        { high: 150 },
        (s) => s.of('triglycerides'),
      ),
    ],
  },
  'blood-count': {
    code: loinc('58410-2', 'CBC panel - Blood by Automated count', 'Complete blood count'),
    specimen: blood,
    tests: [
      number(
        'haemoglobin',
        loinc('718-7', 'Hemoglobin [Mass/volume] in Blood', 'Hemoglobin'),
        'g/dL',
        1,
        { low: 12, high: 16.5 },
        (s) => s.of('haemoglobin') + (s.woman ? -0.5 : 0.5),
      ),
      number(
        'haematocrit',
        loinc('4544-3', 'Hematocrit [Volume Fraction] of Blood by Automated count', 'Hematocrit'),
        '%',
        1,
        { low: 36, high: 50 },
        (s) => (s.of('haemoglobin') + (s.woman ? -0.5 : 0.5)) * 2.98,
      ),
      number(
        'leukocytes',
        loinc('6690-2', 'Leukocytes [#/volume] in Blood by Automated count', 'White blood cells'),
        '10*3/uL',
        1,
        { low: 4, high: 11 },
        (s) => s.around(6.8, 1),
      ),
      number(
        'platelets',
        loinc('777-3', 'Platelets [#/volume] in Blood by Automated count', 'Platelets'),
        '10*3/uL',
        0,
        { low: 150, high: 400 },
        (s) => s.around(250, 30),
      ),
    ],
  },
  kidney: {
    code: loinc('9318-7', 'Albumin/Creatinine [Mass Ratio] in Urine', 'Urine albumin/creatinine'),
    specimen: urine,
    tests: [
      number(
        'albuminuria',
        loinc('9318-7', 'Albumin/Creatinine [Mass Ratio] in Urine', 'Urine albumin/creatinine'),
        'mg/g',
        0,
        { high: 30 },
        (s) => s.of('albuminuria'),
      ),
      { slug: 'urine-colour', code: loinc('5778-6', 'Color of Urine', 'Color of urine'), finding: () => 'Yellow' },
    ],
  },
  hiv: {
    code: loinc(
      '20447-9',
      'HIV 1 RNA [#/volume] (viral load) in Serum or Plasma by NAA with probe detection',
      'HIV viral load',
    ),
    specimen: blood,
    tests: [
      number(
        'lab',
        loinc(
          '20447-9',
          'HIV 1 RNA [#/volume] (viral load) in Serum or Plasma by NAA with probe detection',
          'HIV viral load',
        ),
        '{copies}/mL',
        0,
        { high: 20 },
        (s) => s.of('viralLoad'),
      ),
      number(
        'lab',
        loinc('24467-3', 'CD3+CD4+ (T4 helper) cells [#/volume] in Blood', 'CD4 cells'),
        '/uL',
        0,
        { low: 500, high: 1500 },
        (s) => s.of('cd4'),
      ),
    ],
  },
  'drug-screen': {
    code: loinc('3879-4', 'Opiates [Presence] in Urine', 'Opiates in urine'),
    specimen: urine,
    tests: [
      {
        slug: 'lab',
        code: loinc('3879-4', 'Opiates [Presence] in Urine', 'Opiates in urine'),
        finding: (s) => (s.of('lowMood') > 3 ? snomed('10828004', 'Positive') : snomed('260385009', 'Negative')),
      },
    ],
  },
} as const satisfies Record<string, Panel>;

export type PanelName = keyof typeof panels;
