/** A mapping file: every fault of it is told at once, at its line and in plain words; what only the database knows, when it is opened. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bindMapping } from './bind-mapping.ts';
import type { Column, From } from './engine.ts';
import { faultText, loadMapping } from './load-mapping.ts';
import { sql } from './statement.ts';

const faultsOf = (source: string): readonly string[] => {
  const loaded = loadMapping(source);
  return loaded.kind === 'faults' ? loaded.faults.map(faultText) : [];
};

/** The lines of a mapping in which nothing is wrong. */
const sound = `updated: 2020-01-01T00:00:00Z
codes:
  sex: { map: { 1: male, 2: female } }
resources:
  Patient:
    from: PAT
    id: PAT_NR
    elements:
      gender: { column: SEX, codes: sex }
      birthDate: { column: BORN, date: YYYYMMDD }
  Observation:
    from: LAB
    id: { column: NR, prefix: lab- }
    elements:
      status: final
      code: { text: { column: NAME } }
      subject: { column: PAT_NR, reference: Patient }
`;

test('a sound mapping has no fault', () => {
  assert.deepEqual(faultsOf(sound), []);
});

test('all faults are told at once, each with its line', () => {
  const wrong = `time_zone: Europe/Bonn
codes:
  sex: { map: { 1: { display: male } } }
  empty: {}
resources:
  Pateint:
    from: PAT
    id: NR
    elements: {}
  Patient:
    from: PAT
    sql: select * from PAT
    id: NR
    elements:
      gneder: { column: SEX, codes: sex }
      gender: { column: SEX, codes: sexx }
      birthDate: { column: BORN, date: DDMM }
      active: yes
      name: { family: [A, B] }
      generalPractitioner: { column: DOC, reference: Practitioner }
      managingOrganization: { column: ORG }
      maritalStatus: { column: MAR }
      id: { column: NR }
      meta: { lastUpdated: 2020-01-01T00:00:00Z }
  Observation:
    - from: LAB
      id: NR
      search: [code, colour]
      elements: { status: finished }
    - sql: delete from LAB
      id: NR
      body: BODY
      elements: {}
`;
  const told = faultsOf(wrong);
  const wanted: readonly (readonly [line: number, what: RegExp])[] = [
    [1, /“Europe\/Bonn” is no time zone/],
    [1, /“updated” is missing/],
    [3, /“code” is missing/],
    [4, /a code map needs “map”, “local”, or both/],
    [6, /“Pateint” is no resource type/],
    [10, /one of the two/],
    [15, /Patient has no element “gneder”/],
    [16, /there is no code map “sexx”; there are sex or empty/],
    [17, /“DDMM” is no form of a date/],
    [18, /this cannot be a boolean/],
    [19, /this element does not repeat/],
    [20, /Practitioner is referred to and not mapped/],
    [21, /say “reference: …”/],
    [22, /say “codes: …”/],
    [23, /“id” is made by the gateway/],
    [24, /“lastUpdated” is made by the gateway/],
    [26, /“search” must have subject/],
    [28, /Observation has no search parameter “colour”/],
    [29, /“code” is not mapped/],
    [30, /only a SELECT can stand here/],
    [30, /either “elements”, or the column of a whole resource/],
  ];
  for (const [line, what] of wanted)
    assert.ok(
      told.some((one) => one.startsWith(`line ${line}: `) && what.test(one)),
      `line ${line}, ${what}, is not among\n${told.join('\n')}`,
    );
  assert.equal(told.length, wanted.length, told.join('\n'));
});

test('what is not YAML, names a thing twice, or reaches for a prototype is a fault', () => {
  assert.match(faultsOf('a: [1')[0] ?? '', /^line 1: this is not YAML/);
  assert.match(faultsOf(`${sound}updated: 2021-01-01T00:00:00Z\n`)[0] ?? '', /^line 18: this is not YAML/);
  assert.match(faultsOf(sound.replace('sex:', '__proto__:'))[0] ?? '', /cannot be a name/);
  assert.match(faultsOf('')[0] ?? '', /names and what they are/);
});

test('zeros of a code are kept, and a key of several tables needs prefixes', () => {
  const loaded = loadMapping(sound.replace('1: male', '007: male'));
  assert.ok(loaded.kind === 'mapping');
  const [gender] = loaded.mapping.parts.flatMap(({ content }) =>
    content.kind === 'elements' ? [content.template.members.get('gender')] : [],
  );
  assert.ok(gender?.kind === 'columns' && gender.form.kind === 'codes');
  assert.deepEqual([...gender.form.map.codes.keys()], ['007', '2']);
  const twice = `updated: 2020-01-01T00:00:00Z
resources:
  Patient:
    - { from: A, id: NR, elements: { gender: male } }
    - { from: B, id: NR, elements: { gender: male } }
`;
  assert.match(faultsOf(twice).join(), /line 5: .*needs a “prefix”/);
});

test('tables and columns are looked for in the database, whatever their case', async () => {
  const tables: Readonly<Record<string, readonly Column[]>> = {
    PAT: [
      { name: 'pat_nr', kind: 'text' },
      { name: 'sex', kind: 'text' },
      { name: 'born', kind: 'date' },
    ],
    LAB: [
      { name: 'nr', kind: 'integer' },
      { name: 'PAT_NR', kind: 'integer' },
      { name: 'name', kind: 'binary' },
    ],
  };
  const columns = async (from: From) => {
    const found = from.kind === 'table' ? tables[from.names.join('.')] : undefined;
    return found === undefined ? { fault: 'no such table' } : { from, columns: found };
  };
  const loaded = loadMapping(sound);
  assert.ok(loaded.kind === 'mapping');
  const bound = await bindMapping(loaded.mapping, { columns, source: () => sql`x` });
  assert.ok(bound.kind === 'faults');
  assert.deepEqual(
    bound.faults.map(faultText),
    [
      'line 16: resources.Observation.elements.code.text: the column “NAME” holds bytes, of which no text can be made',
      'line 10: resources.Patient.elements.birthDate: this column is a date of the database: leave “date” and “partial” out',
    ].toSorted((a, b) => Number(/\d+/.exec(a)) - Number(/\d+/.exec(b))),
  );
  const known = await bindMapping(loaded.mapping, {
    columns: (from) =>
      columns(from).then((one) =>
        'columns' in one
          ? {
              ...one,
              columns: one.columns.map((column) =>
                column.kind === 'integer' ? column : { ...column, kind: 'text' as const },
              ),
            }
          : one,
      ),
    source: () => sql`x`,
  });
  assert.ok(known.kind === 'faults');
  assert.match(
    known.faults.map(faultText).join(),
    /line 17: .*“PAT_NR” and the key “pat_nr” of Patient are not both whole numbers/,
  );
  const elsewhere = loadMapping(sound.replace('from: LAB', 'from: LABOR').replace('SEX', 'GESCHLECHT'));
  assert.ok(elsewhere.kind === 'mapping');
  const missing = await bindMapping(elsewhere.mapping, { columns, source: () => sql`x` });
  assert.ok(missing.kind === 'faults');
  assert.deepEqual(missing.faults.map(faultText), [
    'line 9: resources.Patient.elements.gender: there is no column “GESCHLECHT”; there are pat_nr, sex, born',
    'line 11: resources.Observation: the database does not take “LABOR”: no such table',
  ]);
});
