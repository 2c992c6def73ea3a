/** A small records system of the old kind, in PostgreSQL and in SQLite, and its mapping: what the tests of the SQL source ask. */
import { DatabaseSync } from 'node:sqlite';
import type pg from 'pg';

/** Statements that both engines take. */
export const tables: readonly string[] = [
  `create table "PAT" ("PAT_NR" varchar(10) primary key, "NAME" varchar(40), "VORNAME" varchar(40), "GESCHL" char(1),
   "GEB_DAT" integer, "HAUSARZT" varchar(8), "AEND_TS" varchar(14), "PLZ" varchar(5), "TEL" varchar(30))`,
  `create table "ARZT" ("ARZT_NR" varchar(8) primary key, "NAME" varchar(40))`,
  `create table "LABWERT" ("LW_NR" integer primary key, "PAT_NR" varchar(10), "TEST" varchar(8), "WERT" varchar(12),
   "EINH" varchar(10), "ABN_TS" varchar(12), "STAT" char(1))`,
  `create table "VITAL" ("PAT_NR" varchar(10), "LFD" integer, "ART" varchar(4), "WERT" numeric(8,2), "MESS_DAT" integer,
   primary key ("PAT_NR", "LFD"))`,
];

export const rows: Readonly<Record<string, readonly (readonly (string | number | null)[])[]>> = {
  PAT: [
    ['0047113', 'Müller', 'Anna', '2', 19740312, 'A-1', '20260102093000', '01002', '0413 555'],
    ['0047114', 'Muller', 'Jörg  Peter', '1', 19600000, 'A-1', null, '01060', null],
    ['0047115', "O'Brien", '', '9', 0, null, '20251231235959', null, ''],
    // The local sex 7 is in no code map, and the 31st of February is no day.
    ['0047116', 'Keller', 'Eva', '7', 19800101, 'A-2', '20260103093000', null, null],
    ['0047117', 'Weber', 'Udo', '1', 19800231, 'A-2', '20260104093000', null, null],
    ['4/7 118', 'Vogel', '100%_Ina', '2', 20010910, 'A-2', '20260105093000', null, null],
  ],
  ARZT: [
    ['A-1', 'Dr. Brandt'],
    ['A-2', 'Dr. Sommer'],
  ],
  LABWERT: [
    [1, '0047113', 'GLU', '98', 'mg/dl', '202601020815', 'F'],
    [2, '0047113', 'NA', '<135,50', 'mmol/l', '202601020815', 'F'],
    [3, '0047114', 'GLU', '110', 'mg/dl', '202507010700', 'V'],
    [4, '0047114', 'XYZ', '7.0', 'U/l', null, 'F'],
    [5, '0047114', 'GLU', 'hämolyt.', 'mg/dl', '202507020700', 'F'],
    [6, '0047115', 'GLU', '91', 'mg/dl', '202603290030', 'F'],
  ],
  VITAL: [
    ['0047113', 1, 'GEW', 71.5, 20260102],
    ['0047113', 2, 'PULS', 64, 20260103],
    ['0047114', 1, 'GEW', 88.25, 20250701],
  ],
};

export const mapping = `
time_zone: Europe/Berlin
updated: 2020-01-01T00:00:00Z
codes:
  sex:
    map: { 1: male, 2: female, 9: unknown }
  laboratory:
    system: http://loinc.org
    local: https://hospital.example/laboratory
    map:
      GLU: [2345-7, Glucose]
      NA: [2951-2, Sodium]
  vital:
    map:
      GEW: { system: http://loinc.org, code: 29463-7, display: Body weight }
      PULS: { system: http://loinc.org, code: 8867-4, display: Heart rate }
  status:
    map: { F: final, V: preliminary }
    else: unknown
  units:
    map: { mg/dl: mg/dL, mmol/l: mmol/L, U/l: U/L }
resources:
  Patient:
    from: PAT
    id: PAT_NR
    updated: { column: AEND_TS, date: YYYYMMDDHHmmss }
    elements:
      identifier:
        system: https://hospital.example/patients
        value: { column: PAT_NR }
      name:
        family: { column: NAME }
        given: { column: VORNAME }
      telecom:
        system: phone
        value: { column: TEL }
      gender: { column: GESCHL, codes: sex }
      birthDate: { column: GEB_DAT, date: YYYYMMDD, partial: true }
      address:
        postalCode: { column: PLZ }
        country: DE
      generalPractitioner: { column: HAUSARZT, reference: Practitioner }
  Practitioner:
    from: ARZT
    id: ARZT_NR
    elements:
      name:
        text: { column: NAME }
  Observation:
    - from: LABWERT
      id: { column: LW_NR, prefix: lab- }
      elements:
        status: { column: STAT, codes: status }
        category:
          coding: { system: http://terminology.hl7.org/CodeSystem/observation-category, code: laboratory }
        code: { column: TEST, codes: laboratory }
        subject: { column: PAT_NR, reference: Patient }
        effectiveDateTime: { column: ABN_TS, date: YYYYMMDDHHmm }
        valueQuantity:
          if: { column: EINH, is: mg/dl }
          then: { column: WERT, unit: mg/dL }
          else: { column: WERT, unit: mmol/L }
    - from: VITAL
      id: { columns: [PAT_NR, LFD], prefix: vital- }
      elements:
        status: final
        category:
          coding: { system: http://terminology.hl7.org/CodeSystem/observation-category, code: vital-signs }
        code: { column: ART, codes: vital }
        subject: { column: PAT_NR, reference: Patient }
        effectiveDateTime: { column: MESS_DAT, date: YYYYMMDD }
        valueQuantity: { column: WERT, unit: kg }
`;

export const fillPostgresql = async (pool: pg.Pool, given = rows): Promise<void> => {
  for (const statement of tables) await pool.query(statement);
  for (const [table, lines] of Object.entries(given))
    for (const line of lines)
      await pool.query(`insert into "${table}" values (${line.map((_, i) => `$${i + 1}`).join(', ')})`, [...line]);
};

export const fillSqlite = (path: string, given = rows): void => {
  const database = new DatabaseSync(path);
  for (const statement of tables) database.exec(statement);
  for (const [table, lines] of Object.entries(given))
    for (const line of lines)
      database.prepare(`insert into "${table}" values (${line.map(() => '?').join(', ')})`).run(...line);
  database.close();
};
