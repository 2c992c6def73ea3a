/** The synthetic population: the same every time, whole, and shaped to US Core 6.1.0. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isResourceId, type Resource } from '@affinity/core/fhir/resource.ts';
import { later } from './calendar.ts';
import { cast } from './cast.ts';
import { samplePeople } from './people.ts';
import { generatePopulation } from './population.ts';

const options = { seed: 7, patients: 100, today: '2026-03-02' };
const population = [...generatePopulation(options)];
const keyOf = ({ resourceType, id }: Resource): string => `${resourceType}/${id}`;

/** Every literal reference in a value, however deep. */
function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'reference' && typeof inner === 'string') yield inner;
    yield* referencesIn(inner);
  }
}

/** The record of one patient: the resources with the patient's number in their ids. */
const recordOf = (key: string): Resource[] => population.filter(({ id }) => id?.split('-').includes(key));

const digest = (resources: Iterable<Resource>): string => {
  const hash = createHash('sha256');
  for (const resource of resources) hash.update(JSON.stringify(resource));
  return hash.digest('hex');
};

test('the same options give the same bytes, another seed gives others', () => {
  assert.equal(digest(generatePopulation(options)), digest(population));
  assert.notEqual(digest(generatePopulation({ ...options, seed: 8 })), digest(population));
});

test('a patient is the same whatever the number of patients', () => {
  const fewer = [...generatePopulation({ ...options, patients: 11 })];
  assert.deepEqual(fewer, population.slice(0, fewer.length));
  assert.equal(population[fewer.length]?.id, 'patient-0012');
});

test('every reference points to a resource that came before', () => {
  const seen = new Set<string>();
  for (const resource of population) {
    seen.add(keyOf(resource));
    for (const reference of referencesIn(resource)) assert.ok(seen.has(reference), `${keyOf(resource)} → ${reference}`);
  }
});

test('ids are valid and unique, also of people with large numbers', () => {
  const seen = new Set<string>();
  for (const resource of population) {
    assert.ok(isResourceId(resource.id ?? ''), keyOf(resource));
    assert.ok(!seen.has(keyOf(resource)), `twice: ${keyOf(resource)}`);
    seen.add(keyOf(resource));
  }
  assert.ok(Math.max(...population.map(({ id }) => id?.length ?? 0)) <= 56, 'room for six-digit numbers');
});

test('nothing happened after today, and everybody alive was seen within a year before it', () => {
  const { today } = options;
  const happened = ['effectiveDateTime', 'issued', 'authoredOn', 'recordedDate', 'performedDateTime', 'whenHandedOver'];
  const lastSeen = new Map<string, string>();
  for (const resource of population) {
    for (const name of happened) {
      const date = resource[name];
      if (typeof date === 'string') assert.ok(date.slice(0, 10) <= today, `${keyOf(resource)} ${name} ${date}`);
    }
    if (resource.resourceType !== 'Encounter') continue;
    const { start } = resource.period as { start: string };
    const { reference } = resource.subject as { reference: string };
    lastSeen.set(reference, later(start, lastSeen.get(reference) ?? ''));
  }
  const alive = population.filter((each) => each.resourceType === 'Patient' && !each.deceasedDateTime);
  assert.ok(alive.length > 80);
  for (const patient of alive) assert.ok((lastSeen.get(keyOf(patient)) ?? '') > '2025-03-02', keyOf(patient));
});

test('the stories are mixed: every kind of resource, some people dead, some children, about as many resources as planned', () => {
  const perPatient = population.length / options.patients;
  assert.ok(perPatient >= 100 && perPatient <= 230, `${perPatient} a patient`);
  assert.ok(population.some((each) => each.deceasedDateTime));
  assert.ok(population.some((each) => each.resourceType === 'Device'));
  const codes = JSON.stringify(population.filter(({ resourceType }) => resourceType === 'Condition'));
  for (const code of [
    '59621000',
    '44054006',
    '195967001',
    '72892002',
    '433144002',
    '370143000',
    '75544000',
    '86406008',
  ])
    assert.ok(codes.includes(code), `no condition ${code}`);
});

setFlagsFromString('--expose-gc');
/** Collects garbage, so that what is left is what is held. */
const collect = runInNewContext('gc') as () => void;

test('a large population is drawn one record at a time', () => {
  const drawn = generatePopulation({ ...options, patients: 2000 });
  let open = 0;
  let most = 0;
  let patients = 0;
  let memory = 0;
  for (const { resourceType } of drawn) {
    if (resourceType === 'Patient') {
      most = Math.max(most, open);
      open = 0;
      patients += 1;
      if (patients === 200 || patients === 2000) {
        collect();
        memory = process.memoryUsage().heapUsed - memory;
      }
    } else open += 1;
  }
  assert.equal(patients, 2000);
  assert.ok(most < 1500, `${most} resources in one record`);
  assert.ok(memory < 5e6, `${memory} bytes more after 2,000 patients than after 200`);
  const endless = generatePopulation({ ...options, patients: 1e9 });
  assert.equal(endless.next().value?.resourceType, 'Organization');
});

test('a day that is no date is refused', () => {
  assert.throws(() => generatePopulation({ ...options, today: 'tomorrow' }).next(), RangeError);
});

test('the sample people are in the population, with the records they act for', () => {
  const byKey = new Map(population.map((resource) => [keyOf(resource), resource]));
  for (const person of samplePeople) {
    assert.equal(person.fhirUser === undefined, person.kind === 'administrator');
    if (person.fhirUser === undefined) continue;
    const resource = byKey.get(person.fhirUser);
    const [name] = (resource?.name ?? []) as { given: string[]; family: string }[];
    assert.ok(person.name.endsWith(`${name?.given[0]} ${name?.family}`), person.username);
    assert.ok(person.password.length >= 12, 'long enough for a password rule');
    for (const { patient, relation, relatedPerson } of person.patients) {
      assert.ok(byKey.has(`Patient/${patient}`), patient);
      assert.equal(relation === 'self', person.fhirUser === `Patient/${patient}`);
      assert.equal(relation === 'self', relatedPerson === undefined);
      if (relatedPerson === undefined) continue;
      const related = byKey.get(`RelatedPerson/${relatedPerson}`);
      assert.equal((related?.patient as { reference: string } | undefined)?.reference, `Patient/${patient}`);
      assert.deepEqual((related?.name as { given: string[] }[] | undefined)?.[0]?.given, [person.name.split(' ')[0]]);
    }
  }
  assert.equal(new Set(samplePeople.map(({ username }) => username)).size, samplePeople.length);
  assert.equal(samplePeople.find(({ username }) => username === 'carla')?.patients.length, 2);
  assert.equal(cast[0]?.given, 'Ana');
});

test("Ana's record has weight, blood pressure and glucose to chart over years", () => {
  const codes = { weight: ['29463-7'], pressure: ['85354-9'], glucose: ['2345-7', '41653-7'], hba1c: ['4548-4'] };
  const record = recordOf('0001').filter(({ resourceType }) => resourceType === 'Observation');
  for (const [name, wanted] of Object.entries(codes)) {
    const dates = record
      .filter(({ code }) => wanted.includes((code as { coding: { code: string }[] }).coding[0]?.code ?? ''))
      .map(({ effectiveDateTime }) => String(effectiveDateTime))
      .sort();
    assert.ok(dates.length >= (name === 'hba1c' ? 6 : 12), `${name}: ${dates.length}`);
    const years = (Date.parse(dates.at(-1) ?? '') - Date.parse(dates[0] ?? '')) / 31_557_600_000;
    assert.ok(years >= 2, `${name} over ${years} years`);
  }
});

test("Ana's treatment shows: pressure, weight and HbA1c fall from their height, and home glucose follows HbA1c", () => {
  const record = recordOf('0001').filter(({ resourceType }) => resourceType === 'Observation');
  const valuesOf = (kind: string): number[] =>
    record
      .filter(({ id }) => id?.startsWith(`obs-0001-${kind}-`))
      .sort((one, other) => (String(one.effectiveDateTime) < String(other.effectiveDateTime) ? -1 : 1))
      .map(({ valueQuantity, component }) => {
        const [first] = (component ?? [{ valueQuantity }]) as { valueQuantity: { value: number } }[];
        return first?.valueQuantity.value ?? Number.NaN;
      });
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  for (const [kind, drop] of [
    ['bp', 10],
    ['weight', 3],
    ['hba1c', 0.8],
  ] as const) {
    const values = valuesOf(kind);
    assert.ok(Math.max(...values) - mean(values.slice(-3)) > drop, `${kind}: ${values}`);
  }
  assert.ok(Math.abs(mean(valuesOf('glucose')) - (28.7 * mean(valuesOf('hba1c')) - 46.7)) < 30);
});

test('confidential facts are marked: restricted and very restricted ones for Ana and Ben, and every sensitive code', () => {
  const levelOf = ({ meta }: Resource): string => meta?.security?.[0]?.code ?? '';
  for (const key of ['0001', '0002'])
    for (const level of ['R', 'V'])
      assert.ok(
        recordOf(key).some((each) => levelOf(each) === level),
        `${level} in the record ${key}`,
      );
  const sensitive = [
    '86406008',
    '20447-9',
    '24467-3',
    '1999667',
    '370143000',
    '312941',
    '75544000',
    '351267',
    '3879-4',
    '706893006',
    '76690-7',
  ];
  for (const resource of population) {
    const text = JSON.stringify(resource);
    for (const code of sensitive)
      if (text.includes(`"${code}"`)) assert.match(levelOf(resource), /^[RV]$/, `${keyOf(resource)} tells ${code}`);
  }
});
