/** The laboratory panels of blood chemistry: sugar, salts and kidneys, fats. */
import { loinc } from './datatypes.ts';
import { blood, filtration, meanGlucose, number, type Panel, serum } from './laboratory-tests.ts';

export const chemistry = {
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
} as const satisfies Record<string, Panel>;
