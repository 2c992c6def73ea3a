/** Vital signs at the visits (US Core 6.1.0, the Vital Signs profiles): full at check-ups, shorter at other visits. */
import type { Chart } from './chart.ts';
import { loinc, quantity, round, unknownConcept } from './datatypes.ts';
import type { Visit } from './encounters.ts';
import { childSize, headCircumference } from './growth.ts';
import { addObservation, measured } from './observations.ts';
import { ageOn } from './person.ts';

const systolicCode = loinc('8480-6', 'Systolic blood pressure');
const diastolicCode = loinc('8462-4', 'Diastolic blood pressure');
const oxygenSaturation = {
  coding: [
    ...loinc('2708-6', 'Oxygen saturation in Arterial blood').coding,
    ...loinc('59408-5', 'Oxygen saturation in Arterial blood by Pulse oximetry').coding,
  ],
  text: 'Oxygen saturation',
};

/** The profile writes the code with another check digit than LOINC does: both are given. */
const concentration = {
  coding: [...loinc('3150-6', 'Inhaled oxygen concentration').coding, { system: 'http://loinc.org', code: '3150-0' }],
  text: 'Inhaled oxygen concentration',
};

/** Simple vital signs: id part, profile, code, UCUM code and unit. */
const signs = {
  weight: ['us-core-body-weight', loinc('29463-7', 'Body weight'), 'kg', 'kg'],
  height: ['us-core-body-height', loinc('8302-2', 'Body height'), 'cm', 'cm'],
  bmi: ['us-core-bmi', loinc('39156-5', 'Body mass index (BMI) [Ratio]'), 'kg/m2', 'kg/m2'],
  'heart-rate': ['us-core-heart-rate', loinc('8867-4', 'Heart rate'), '/min', 'beats/minute'],
  temperature: ['us-core-body-temperature', loinc('8310-5', 'Body temperature'), 'Cel', '°C'],
  respiration: ['us-core-respiratory-rate', loinc('9279-1', 'Respiratory rate'), '/min', 'breaths/minute'],
  head: ['us-core-head-circumference', loinc('9843-4', 'Head Occipital-frontal circumference'), 'cm', 'cm'],
  'head-percentile': [
    'head-occipital-frontal-circumference-percentile',
    loinc('8289-1', 'Head Occipital-frontal circumference Percentile'),
    '%',
    '%',
  ],
  'bmi-percentile': [
    'pediatric-bmi-for-age',
    loinc('59576-9', 'Body mass index (BMI) [Percentile] Per age and sex'),
    '%',
    '%',
  ],
  'weight-percentile': ['pediatric-weight-for-height', loinc('77606-2', 'Weight-for-length Per age and sex'), '%', '%'],
} as const;

function addSign(chart: Chart, visit: Visit, slug: keyof typeof signs, value: number, decimals: number): void {
  const [profile, code, ucum, unit] = signs[slug];
  addObservation(chart, {
    slug,
    profile,
    category: 'vital-signs',
    code,
    date: visit.date,
    visit,
    content: measured(value, decimals, ucum, unit),
  });
}

/** Adds a blood pressure. Once in a few hundred the lower value could not be heard, and says so; some children do not hold still. */
function addBloodPressure(chart: Chart, visit: Visit, age: number): void {
  const { body, random } = chart;
  const systolic = body('systolic', visit.date) - (age < 18 ? (18 - age) * 1.6 : 0);
  const diastolic = 19 + systolic * 0.5 + random.normal(0, 2.5);
  const missing = { dataAbsentReason: unknownConcept };
  const pressure = (value: number) =>
    visit.kind === 'child' && age < 3.5 ? missing : { valueQuantity: quantity(round(value, 0), 'mm[Hg]', 'mmHg') };
  addObservation(chart, {
    slug: 'bp',
    profile: 'us-core-blood-pressure',
    category: 'vital-signs',
    code: loinc('85354-9', 'Blood pressure panel with all children optional', 'Blood pressure'),
    date: visit.date,
    visit,
    content: {
      component: [
        { code: systolicCode, ...pressure(systolic) },
        random.chance(0.003) ? { code: diastolicCode, ...missing } : { code: diastolicCode, ...pressure(diastolic) },
      ],
    },
  });
}

/** Adds an oxygen saturation; who had too little was given oxygen. */
function addOxygen(chart: Chart, visit: Visit): void {
  const saturation = Math.min(100, chart.body('oxygen', visit.date));
  const given = [
    { code: loinc('3151-8', 'Inhaled oxygen flow rate'), valueQuantity: quantity(2, 'L/min') },
    { code: concentration, valueQuantity: quantity(28, '%') },
  ];
  addObservation(chart, {
    slug: 'oxygen',
    profile: 'us-core-pulse-oximetry',
    category: 'vital-signs',
    code: oxygenSaturation,
    date: visit.date,
    visit,
    content: {
      ...measured(saturation, 0, '%', '%', { low: 94 }),
      ...(saturation < 94.5 ? { component: given } : {}),
    },
  });
}

/** Adds size and weight, and what is computed of them. */
function addSize(chart: Chart, visit: Visit, age: number, withHeight: boolean): void {
  const { person, body, random } = chart;
  const grown = age >= 18;
  const size = childSize(age, person.size);
  const height = grown ? person.height : size.height;
  const weight = grown ? body('bmi', visit.date) * (height / 100) ** 2 : size.weight * random.normal(1, 0.01);
  addSign(chart, visit, 'weight', weight, 1);
  if (withHeight) addSign(chart, visit, 'height', height, 1);
  if (age >= 2) addSign(chart, visit, 'bmi', round(weight, 1) / (round(height, 1) / 100) ** 2, 1);
  const percentile = Math.min(97, Math.max(3, 50 + (person.size - 1) * 420));
  if (!grown && age >= 2) addSign(chart, visit, 'bmi-percentile', percentile, 0);
  if (age >= 3) return;
  addSign(chart, visit, 'head', headCircumference(age) * (1 + (person.size - 1) / 4), 1);
  addSign(chart, visit, 'head-percentile', percentile, 0);
  if (age < 2) addSign(chart, visit, 'weight-percentile', percentile, 0);
}

/** Adds the vital signs of all visits at which somebody was in the room and measured. */
export function addVitalSigns(chart: Chart, visits: readonly Visit[]): void {
  const { random, body } = chart;
  for (const visit of visits) {
    if (visit.kind === 'talk') continue;
    const age = ageOn(chart.person, visit.date);
    const full = visit.kind === 'checkup' || visit.kind === 'child';
    const sick = visit.kind === 'illness' || visit.kind === 'emergency';
    if (age >= 3) addBloodPressure(chart, visit, age);
    addSize(chart, visit, age, full);
    if (visit.confidentiality) continue;
    addSign(chart, visit, 'heart-rate', body('heartRate', visit.date) + (sick ? 8 : 0), 0);
    if (full || sick)
      addSign(chart, visit, 'temperature', random.normal(visit.kind === 'illness' ? 37.7 : 36.7, 0.25), 1);
    if (full || sick) addSign(chart, visit, 'respiration', random.normal(age < 3 ? 28 : age < 12 ? 21 : 15, 1.2), 0);
    if (full || sick) addOxygen(chart, visit);
  }
}
