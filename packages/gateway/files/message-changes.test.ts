/** What messages of HL7 v2 say, as FHIR. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printExact } from '@affinity/core/fhir/exact-json.ts';
import { checkShape } from '@affinity/core/fhir/resource-shape.ts';
import { parseMessage } from './hl7-message.ts';
import { loadHl7Settings } from './hl7-settings.ts';
import { changesOf } from './message-changes.ts';
import { adt, oru, settingsText } from './testing/messages.ts';

const loaded = loadHl7Settings(settingsText);
assert.ok(loaded.kind === 'settings', JSON.stringify(loaded));
const { settings } = loaded;

/** Each resource by `Type/id`, checked by FHIR's definitions with what it would have if nothing were known. */
const said = (text: string, given = settings): ReadonlyMap<string, Record<string, unknown>> => {
  const parsed = parseMessage(text, 'utf-8', 1000);
  assert.ok(parsed.kind === 'message', JSON.stringify(parsed));
  return new Map(
    changesOf(parsed.message, given).changes.map(({ type, id, elements, added = {}, otherwise = {} }) => {
      const resource = JSON.parse(
        printExact({ resourceType: type, id, ...otherwise, ...elements, ...(added as object) }),
      );
      assert.deepEqual(checkShape(resource), [], `${type}/${id}`);
      return [`${type}/${id}`, resource];
    }),
  );
};
const one = (text: string, place: string): Record<string, unknown> => {
  const found = said(text).get(place);
  assert.ok(found !== undefined, `${place} of ${[...said(text).keys()].join()}`);
  return found;
};
const observations = (...obx: readonly string[]) =>
  [...said(oru({ obx }))].filter(([place]) => place.startsWith('Observation/')).map(([, resource]) => resource);
const observation = (obx: string): Record<string, unknown> => {
  const [first, second] = observations(obx);
  assert.ok(first !== undefined && second === undefined);
  return first;
};
const refused = (text: string): string => {
  const parsed = parseMessage(text, 'utf-8', 1000);
  if (parsed.kind === 'fault') return parsed.fault;
  try {
    changesOf(parsed.message, settings);
  } catch (error) {
    assert.ok(error instanceof Error && error.name === 'Refused', String(error));
    return error.message;
  }
  return 'taken';
};

test('ADT: a patient by the number of the authority that the settings name', () => {
  assert.deepEqual(one(adt(), 'Patient/0047113'), {
    resourceType: 'Patient',
    id: '0047113',
    identifier: [
      {
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
        system: 'https://hospital.example/patients',
        value: '0047113',
      },
      {
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'NH' }] },
        system: 'https://fhir.nhs.uk/Id/nhs-number',
        value: '9434765919',
      },
    ],
    name: [{ use: 'official', family: 'Müller', given: ['Anna', 'Maria'], prefix: ['Dr.'] }],
    telecom: [{ system: 'phone', value: '0421 555', use: 'home' }],
    gender: 'female',
    birthDate: '1964-02-29',
    address: [{ use: 'home', line: ['Lindenstr. 1'], city: 'Bremen', state: 'HB', postalCode: '28195', country: 'DE' }],
    maritalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', code: 'M' }] },
  });
  assert.match(refused(adt({ pid: 'PID|1||1^^^OTHER||A^B' })), /^PID-3 \(segment 3\): there is no number/);
  assert.match(refused(adt({ pid: 'PID|1||1^^^HOSP~2^^^HOSP||A^B' })), /several numbers/);
  assert.match(refused(adt({ pid: 'PID|1||1^^^HOSP||A^B||20260230' })), /^PID-7 .*no date/);
});

test('ADT: what the event says of the visit', () => {
  const visit = (event: string, pv1?: string) =>
    one(adt({ event, ...(pv1 === undefined ? {} : { pv1 }) }), 'Encounter/HOSP..V77');
  const admitted = visit('A01');
  assert.equal(admitted.status, 'in-progress');
  assert.deepEqual(admitted.class, { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' });
  assert.deepEqual(admitted.subject, { reference: 'Patient/0047113' });
  assert.deepEqual(admitted.period, { start: '2026-03-01T10:00:00+01:00' });
  assert.deepEqual(admitted.location, [{ location: { display: 'W3 · 12 · A' } }]);
  assert.deepEqual(admitted.participant, [
    {
      type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'ATND' }] }],
      individual: { reference: 'Practitioner/ADMIT.7cHOSP..5501', display: 'Dr. Paul Weiß' },
    },
  ]);
  const of = (event: string) => visit(event).status;
  assert.deepEqual(['A03', 'A04', 'A05', 'A11', 'A13'].map(of), [
    'finished',
    'in-progress',
    'planned',
    'cancelled',
    'in-progress',
  ]);
  for (const event of ['A28', 'A31']) assert.deepEqual([...said(adt({ event })).keys()], ['Patient/0047113']);
  assert.match(refused(adt({ event: 'A17' })), /are not read/);
});

test('ADT A40: the old number leads to the one that took its place', () => {
  const merged = said(adt({ event: 'A40', pv1: 'MRG|0000815^^^HOSP' }));
  assert.deepEqual(merged.get('Patient/0047113')?.link, [
    { other: { reference: 'Patient/0000815' }, type: 'replaces' },
  ]);
  const old = merged.get('Patient/0000815');
  assert.equal(old?.active, false);
  assert.deepEqual(old?.link, [{ other: { reference: 'Patient/0047113' }, type: 'replaced-by' }]);
  assert.match(refused(adt({ event: 'A40', pv1: 'MRG|0047113^^^HOSP' })), /into itself/);
  assert.match(refused(adt({ event: 'A40' })), /no MRG/);
});

test('ORU: a report, its results, and whom they are of', () => {
  const all = said(oru());
  const places = [...all.keys()];
  assert.deepEqual(
    places.map((place) => place.split('/')[0]),
    ['Patient', 'Encounter', 'Observation', 'Observation', 'DiagnosticReport'],
  );
  const [, , glucoseAt, sodiumAt] = places;
  const report = all.get('DiagnosticReport/LAB..2026-0815..CHEM');
  assert.equal(report?.status, 'final');
  assert.deepEqual(report?.subject, { reference: 'Patient/0047113' });
  assert.deepEqual(report?.result, [{ reference: glucoseAt }, { reference: sodiumAt }]);
  assert.equal(report?.effectiveDateTime, '2026-03-02T07:00:00+01:00');
  const glucose = all.get(glucoseAt ?? '');
  assert.deepEqual(glucose?.code, {
    coding: [
      { display: 'Glucose [Mass/volume] in Serum or Plasma', system: 'http://loinc.org', code: '2345-7' },
      { display: 'Glucose', system: 'https://laboratory.example/codes', code: 'GLU' },
    ],
    text: 'Glucose',
  });
  assert.deepEqual(glucose?.valueQuantity, {
    value: 105,
    unit: 'mg/dL',
    system: 'http://unitsofmeasure.org',
    code: 'mg/dL',
  });
  assert.deepEqual(glucose?.note, [{ text: 'fasting & rested' }]);
  assert.deepEqual(glucose?.encounter, { reference: 'Encounter/HOSP..V77' });
  assert.deepEqual(glucose?.category, [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] },
  ]);
  const sodium = all.get(sodiumAt ?? '');
  assert.deepEqual(
    [(sodium?.valueQuantity as { comparator: string }).comparator, sodium?.interpretation],
    ['<', [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'L' }] }]],
  );
});

test('ORU: values of each type, as they were written', () => {
  const value = (kind: string, text: string, more = '') => {
    const made = observation(`OBX|1|${kind}|X^X^L||${text}|${more}|||||F`);
    return Object.entries(made).find(
      ([name]) => name.startsWith('value') || name === 'component' || name === 'dataAbsentReason',
    )?.[1];
  };
  const exact = changesOf(
    (parseMessage(oru({ obx: ['OBX|1|NM|X||5.40||||||F'] }), 'utf-8', 100) as unknown as { message: never }).message,
    settings,
  ).changes.find(({ type }) => type === 'Observation');
  assert.match(printExact(exact?.elements ?? {}), /"value":5\.40/);
  assert.deepEqual(value('NM', '+007,5', 'mg%'), {
    value: 7.5,
    unit: 'mg%',
    system: 'http://unitsofmeasure.org',
    code: 'mg/dL',
  });
  assert.deepEqual(value('NM', '.5'), { value: 0.5 });
  assert.deepEqual(value('NM', '>200'), { value: 200, comparator: '>' });
  assert.equal(value('NM', 'pending'), 'pending');
  assert.deepEqual(value('SN', '^10^-^20'), { low: { value: 10 }, high: { value: 20 } });
  assert.deepEqual(value('SN', '^1^:^128'), { numerator: { value: 1 }, denominator: { value: 128 } });
  assert.equal(value('SN', '^2^+'), '2+');
  assert.equal(value('ST', 'a\\S\\b & c'), 'a^b & c');
  assert.equal(value('FT', 'one\\.br\\two~three'), 'one\ntwo\nthree');
  assert.equal(value('TX', 'caf\\XC3A9\\ \\Zno\\ end\\'), 'café \\Zno\\ end\\');
  assert.deepEqual(value('CWE', '260373001^Detected^SCT'), {
    coding: [{ system: 'http://snomed.info/sct', code: '260373001', display: 'Detected' }],
    text: 'Detected',
  });
  assert.equal(value('DT', '20260301'), '2026-03-01');
  assert.equal(value('TS', '202607011015'), '2026-07-01T10:15:00+02:00');
  assert.equal(value('DTM', '20260701101500.25-0500'), '2026-07-01T10:15:00.25-05:00');
  assert.equal(value('TM', '1015'), '10:15:00');
  assert.deepEqual(value('CE', 'A^a^L~B^b^L'), [
    {
      code: { coding: [{ code: 'X', display: 'X' }], text: 'X' },
      valueCodeableConcept: { coding: [{ code: 'A', display: 'a' }], text: 'a' },
    },
    {
      code: { coding: [{ code: 'X', display: 'X' }], text: 'X' },
      valueCodeableConcept: { coding: [{ code: 'B', display: 'b' }], text: 'b' },
    },
  ]);
  assert.deepEqual(value('NM', ''), {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'unknown' }],
  });
  assert.match(refused(oru({ obx: ['OBX|1|ZZ|X||1||||||F'] })), /^OBX-2 .*values of type ZZ are not read/);
  assert.match(refused(oru({ obx: ['OBX|1||X||1||||||F'] })), /^OBX-2 .*missing/);
});

test('ORU: statuses of results and of reports', () => {
  const status = (code: string) => observation(`OBX|1|NM|X||1||||||${code}`).status;
  assert.deepEqual(['F', 'C', 'P', 'X', 'D', 'W', 'I', 'R'].map(status), [
    'final',
    'corrected',
    'preliminary',
    'cancelled',
    'entered-in-error',
    'entered-in-error',
    'registered',
    'preliminary',
  ]);
  assert.match(refused(oru({ obx: ['OBX|1|NM|X||1||||||?'] })), /^OBX-11/);
  const report = (code: string) => [...said(oru({ status: code })).values()].at(-1)?.status;
  assert.deepEqual(['F', 'C', 'P', 'A', 'X'].map(report), [
    'final',
    'corrected',
    'preliminary',
    'partial',
    'cancelled',
  ]);
});

test('ORU: lines of one text are one value, sub-ids and repetitions are results of their own, a document is the report', () => {
  const text = observations('OBX|1|TX|T^T^L||first line||||||F', 'OBX|2|TX|T^T^L||second line||||||F');
  assert.deepEqual(
    text.map(({ valueString }) => valueString),
    ['first line\nsecond line'],
  );
  const places = (...obx: readonly string[]) =>
    [...said(oru({ obx })).keys()].filter((place) => place.startsWith('Observation'));
  const subs = places('OBX|1|NM|X||1||||||F', 'OBX|2|NM|X|2|1||||||F', 'OBX|3|NM|X||1||||||F');
  assert.equal(new Set(subs).size, 3);
  assert.deepEqual(places('OBX|9|NM|X|2|7||||||C'), subs.slice(1, 2));
  const pdf = [
    ...said(oru({ obx: ['OBX|1|ED|PDF^Report^L||LAB^application^pdf^Base64^JVBERi0=||||||F'] })).values(),
  ].at(-1);
  assert.deepEqual(pdf?.presentedForm, [{ contentType: 'application/pdf', data: 'JVBERi0=', title: 'Report' }]);
});

test('ORU: two laboratories count from one, and do not meet; one message holds several patients', () => {
  const other = oru().replace('^LAB\r', '^OTHER\r').replaceAll('2026-0815^LAB', '2026-0815^OTHER');
  assert.notDeepEqual([...said(oru()).keys()].slice(2), [...said(other).keys()].slice(2));
  const two = `${oru()}\rPID|2||99^^^HOSP||B^B\rOBR|1||77^LAB|Z^Z^L|||20260101||||||||||||||||||F\rOBX|1|NM|X||1||||||F`;
  const all = [...said(two)];
  const second = all.filter(([, resource]) => JSON.stringify(resource).includes('Patient/99'));
  assert.deepEqual(
    second.map(([place]) => place.split('/')[0]),
    ['Observation', 'DiagnosticReport'],
  );
});

test('deny by default: messages of tests, of other kinds, and without a frame are not taken', () => {
  assert.match(refused(adt().replace('|P|2.5', '|T|2.5')), /^MSH-11/);
  assert.match(refused(adt().replace('ADT^A01', 'MDM^T02')), /^MSH-9/);
  assert.equal(refused(adt().replace('ADT^A01', 'SIU^S12')), 'taken');
  assert.match(refused('MSHAAAAAAAA'), /which characters/);
  assert.match(refused('MSH|^^^^|A'), /which characters/);
  assert.match(refused(`${adt()}\rfree text`), /line 5 of the message/);
  assert.match(refused(oru({ obx: ['ZZZ|1'] }).replace(/\rPID[^\r]*/, '')), /no PID/);
});

test('values that are said to be empty, and other characters as separators', () => {
  const parsed = parseMessage(adt({ pid: 'PID|1||1^^^HOSP||A^B||""|""' }), 'utf-8', 100);
  assert.ok(parsed.kind === 'message');
  const [patient] = changesOf(parsed.message, settings).changes;
  assert.deepEqual(
    patient?.emptied?.filter((name) => !name.includes('.')),
    ['birthDate', 'gender'],
  );
  const odd = adt({ event: 'A28' }).replaceAll('|', '!').replaceAll('^', '*').replace('MSH!*~\\&', 'MSH!*~\\&');
  assert.deepEqual([...said(odd).keys()], ['Patient/0047113']);
});

test('limits: as many segments as there may be, and one more (Q25)', () => {
  assert.equal(parseMessage(adt(), 'utf-8', 4).kind, 'message');
  assert.deepEqual(parseMessage(adt(), 'utf-8', 3), { kind: 'fault', fault: 'it has more than 3 segments' });
});

test('settings: every fault at once, with its line', () => {
  const faulty = loadHl7Settings(
    'patient: [1]\ntime_zone: Mars\nidentifiers: { A: x }\nnonsense: 1\ncodes: { L: { map: [] } }\n',
  );
  assert.ok(faulty.kind === 'faults');
  assert.deepEqual(
    faulty.faults.map(({ line }) => line),
    [1, 2, 3, 4, 5],
  );
});
