/** What the hospital's tables hold of its patients: stays, diagnoses, results, rounds, medicines, allergies; drawn from the seed. */
import type { CopyValue } from '@affinity/store/copy-text.ts';
import { addDays, earlier, yearsBetween } from '../calendar.ts';
import type { Random } from '../random.ts';
import { type Doctor, doctors, isRecognized, type Known } from './people.ts';

export type Row = readonly CopyValue[];
export type Rows = Readonly<Record<string, readonly Row[]>>;

const digits = (date: string): string => date.replaceAll('-', '');
const asNumber = (date: string): number => Number(digits(date));
const timeOf = (random: Random): string =>
  `${String(random.integer(6, 21)).padStart(2, '0')}${String(random.integer(0, 59)).padStart(2, '0')}`;

interface Illness {
  readonly icd: string;
  readonly specialty: Doctor['specialty'];
  readonly medicine?: readonly [code: string, dose: string];
  readonly confidential?: true;
}
const illnesses: readonly Illness[] = [
  { icd: 'E11.9', specialty: 'INN', medicine: ['MET500', '1-0-1 with meals'] },
  { icd: 'I10', specialty: 'INN', medicine: ['RAM5', '1-0-0'] },
  { icd: 'F32.1', specialty: 'PSY', medicine: ['SERT50', '1-0-0'], confidential: true },
  { icd: 'J45.9', specialty: 'INN', medicine: ['SALB', '2 puffs when needed'] },
  { icd: 'N18.3', specialty: 'INN' },
  { icd: 'J18.9', specialty: 'INN', medicine: ['AMOX', '1-1-1 for 7 days'] },
  { icd: 'K35.8', specialty: 'CHI', medicine: ['IBU400', '1-1-1 when in pain'] },
  { icd: 'S52.5', specialty: 'CHI', medicine: ['IBU400', '1-1-1 when in pain'] },
  { icd: 'J06.9', specialty: 'PAE' },
  { icd: 'R07.4', specialty: 'NOT' },
];

/** code, unit, lowest and highest of what is normal, decimals */
const tests: readonly (readonly [string, string, number, number, number])[] = [
  ['GLU', 'mg/dl', 70, 100, 0],
  ['HBA1C', '%', 4, 5.7, 1],
  ['KREA', 'mg/dl', 0.6, 1.2, 2],
  ['NA', 'mmol/l', 136, 145, 0],
  ['K', 'mmol/l', 3.5, 5.1, 1],
  ['HB', 'g/dl', 12, 17, 1],
  ['LEUK', 'G/l', 4, 10, 1],
  ['CRP', 'mg/l', 0, 5, 1],
];

const doctorOf = (specialty: Doctor['specialty']): string =>
  doctors.find((one) => one.specialty === specialty)?.number ?? '';

/** The doctor of the clinic whom the sample people see works here too, and looks after the first few. */
const teamOf = ({ person, clinic, random }: Known): string => {
  if (clinic !== undefined && person.number <= 3) return 'A-0017';
  if (yearsBetween(person.birthDate, person.end) < 18) return 'A-0034';
  return random.pick(['A-0017', 'A-0020', 'A-0029']);
};

/** Under which the hospital knows those whom it has not recognized. */
const secondNames = ['Josef', 'Irma'] as const;
const streets = ['Mill Lane', 'Chapel Street', 'Orchard Row', 'Station Road'];

/** Rows by table, in the order of its columns. */
export const recordsOf = (known: readonly Known[]): Rows => {
  const tables = { PAT: [], BETREU: [], FALL: [], DIAG: [], LABWERT: [], VITAL: [], MEDI: [], ALLERG: [] } as {
    readonly [table: string]: Row[];
  };
  const add = (table: string, row: Row): void => void tables[table]?.push(row);
  let [stay, result, order, allergy] = [880_000, 100_000, 5_000, 300];
  for (const one of known) {
    const { number, person, random } = one;
    // Nothing was changed later than it is: the record ends today.
    const changed = `${digits(addDays(person.end, -1))}${timeOf(random)}00`;
    const doctor = teamOf(one);
    const grown = yearsBetween(person.birthDate, person.end) >= 18;
    const drawn = random.integer(1000, 9999);
    // As the clinic has it (../patient.ts), where the hospital has asked for it lately.
    const phone = isRecognized(one) ? 1000 + (person.number % 9000) : drawn;
    add('PAT', [
      number,
      person.family,
      isRecognized(one) || one.clinic === undefined ? person.given : secondNames[person.gender === 'male' ? 0 : 1],
      person.gender === 'male' ? 1 : 2,
      // Of some of the old nobody wrote down more than the year.
      one.clinic === undefined && random.chance(0.1)
        ? Number(`${person.birthDate.slice(0, 4)}0000`)
        : asNumber(person.birthDate),
      person.deathDate === undefined ? 0 : asNumber(person.deathDate),
      `${random.integer(1, 90)} ${random.pick(streets)}`,
      '01060',
      'Northampton',
      `413-555-${String(phone)}`,
      doctor,
      changed,
    ]);
    add('BETREU', [
      number,
      doctor,
      asNumber(person.start),
      person.deathDate === undefined ? 0 : asNumber(person.deathDate),
      changed,
    ]);
    if (random.chance(0.3)) {
      allergy += 1;
      add('ALLERG', [
        allergy,
        number,
        random.pick(['PEN', 'NUSS', 'LATEX', 'POLL']),
        random.integer(1, 3),
        asNumber(person.start),
        changed,
      ]);
    }
    let round = 0;
    for (let visit = 0, visits = random.integer(1, 3); visit < visits; visit += 1) {
      stay += 1;
      const admitted = addDays(person.end, -random.integer(20, 1400) - visit);
      const from = admitted < person.birthDate ? person.birthDate : admitted;
      const illness = grown ? random.pick(illnesses) : random.pick(illnesses.slice(5, 9));
      const kind = illness.specialty === 'NOT' ? 'N' : random.pick(['S', 'S', 'A']);
      const until = earlier(addDays(from, kind === 'S' ? random.integer(1, 9) : 0), person.end);
      const confidential = illness.confidential ? 'J' : 'N';
      const seen = doctorOf(illness.specialty);
      add('FALL', [stay, number, kind, `${digits(from)}0600`, `${digits(until)}2300`, seen, confidential, changed]);
      add('DIAG', [
        stay,
        1,
        number,
        illness.icd,
        random.pick(['G', 'G', 'G', 'V', 'Z']),
        asNumber(from),
        confidential,
        changed,
      ]);
      if (illness.medicine !== undefined) {
        order += 1;
        const [medicine, dose] = illness.medicine;
        const end = random.chance(0.5) ? 0 : asNumber(until);
        add('MEDI', [order, number, stay, medicine, dose, asNumber(from), end, seen, confidential, changed]);
      }
      const taken = `${digits(from)}${timeOf(random)}`;
      for (const [test, unit, low, high, decimals] of tests) {
        result += 1;
        const value = random.normal((low + high) / 2, (high - low) / 2);
        const shown = Math.max(value, low / 2).toFixed(decimals);
        const flag = Number(shown) > high ? 'H' : Number(shown) < low ? 'L' : 'N';
        add('LABWERT', [
          result,
          number,
          stay,
          test,
          shown,
          unit,
          low,
          high,
          flag,
          taken,
          random.chance(0.95) ? 'F' : 'V',
          changed,
        ]);
      }
      for (let i = 0; i < 2; i += 1) {
        round += 1;
        const weight = grown
          ? person.height - 100 + random.normal(0, 8)
          : 9 + 2.2 * yearsBetween(person.birthDate, from);
        const pressure = grown ? Math.round(random.normal(128, 12)) : null;
        add('VITAL', [
          number,
          round,
          stay,
          `${digits(from)}${timeOf(random)}`,
          i === 0 ? weight.toFixed(1) : null,
          pressure,
          pressure === null ? null : Math.round(pressure * 0.63),
          Math.round(random.normal(grown ? 74 : 95, 9)),
          changed,
        ]);
      }
    }
  }
  return tables;
};
