/** The laboratory panels: what they are called (LOINC), the units (UCUM), the usual ranges, and how values hang together. */
import { loinc, snomed } from './datatypes.ts';
import { blood, number, type Panel, urine } from './laboratory-tests.ts';
import { chemistry } from './panels-chemistry.ts';

export const panels = {
  ...chemistry,
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
