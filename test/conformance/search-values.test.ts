/** N15, N16, K01, K02: what search parameters mean, each requirement by its id, on real PostgreSQL. FHIR R4 search.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { type Caller, clinicFor } from './clinic.ts';

const patient = (more: object): Resource => ({ resourceType: 'Patient', ...more });
const observation = (more: object): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: {
    coding: [{ system: 'http://loinc.org', code: '718-7', display: 'Hemoglobin' }],
    text: 'Haemoglobin in blood',
  },
  ...more,
});
const coded = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
const ucum = (value: number, code: string) => ({ value, unit: code, system: 'http://unitsofmeasure.org', code });

/** What each query finds, by the names of what was created. */
const expectFound = async (
  { found }: Caller,
  names: Readonly<Record<string, { readonly id: string }>>,
  expected: Readonly<Record<string, string>>,
): Promise<void> => {
  for (const [query, wanted] of Object.entries(expected)) {
    const ids = await found(query);
    const got = Object.entries(names).flatMap(([name, { id }]) => (ids.includes(id) ? [name] : []));
    assert.equal(got.join(' '), wanted, query);
    assert.equal(ids.length, got.length, `${query} finds nothing else`);
  }
};

test('N15: dates by every prefix, with implicit ranges and time zones', async (t) => {
  const clinic = await clinicFor(t);
  const at = (effective: object) => clinic.create(observation(effective));
  const names = {
    year: await at({ effectiveDateTime: '2020' }),
    day: await at({ effectiveDateTime: '2020-06-01' }),
    zoned: await at({ effectiveDateTime: '2020-06-01T23:30:00-05:00' }),
    period: await at({ effectivePeriod: { start: '2020-05-01', end: '2020-07-01' } }),
    open: await at({ effectivePeriod: { start: '2021-01-01' } }),
  };
  await expectFound(clinic, names, {
    '/Observation?date=2020': 'year day zoned period',
    '/Observation?date=2020-06-01': 'day',
    '/Observation?date=2020-06-02': 'zoned',
    '/Observation?date=ne2020': 'open',
    '/Observation?date=gt2020-06-01': 'year zoned period open',
    '/Observation?date=ge2020-06-01': 'year day zoned period open',
    '/Observation?date=lt2020-06-01': 'year period',
    '/Observation?date=le2020-06-01': 'year day period',
    '/Observation?date=sa2020-06-01': 'zoned open',
    '/Observation?date=eb2020-06-02': 'day',
    '/Observation?date=2020-06-02T04:30:00Z': 'zoned',
    '/Observation?date=ge2020-05-01&date=le2020-06-30': 'year day zoned period',
    '/Observation?date=2020-06-01,2020-06-02': 'day zoned',
  });
});

test('N15: numbers, quantities by unit and by UCUM, composites, uris and positions', async (t) => {
  const clinic = await clinicFor(t);
  const names = {
    grams: await clinic.create(observation({ valueQuantity: ucum(5.4, 'g') })),
    milligrams: await clinic.create(observation({ valueQuantity: ucum(5400, 'mg') })),
    other: await clinic.create(observation({ code: coded('2345-7'), valueQuantity: ucum(90, 'mg/dL') })),
    pressure: await clinic.create(
      observation({
        code: coded('85354-9'),
        component: [
          { code: coded('8480-6'), valueQuantity: ucum(150, 'mm[Hg]') },
          { code: coded('8462-4'), valueQuantity: ucum(80, 'mm[Hg]') },
        ],
      }),
    ),
  };
  const unit = 'http://unitsofmeasure.org';
  await expectFound(clinic, names, {
    [`/Observation?value-quantity=5.4|${unit}|g`]: 'grams milligrams',
    [`/Observation?value-quantity=gt5|${unit}|g`]: 'grams milligrams',
    [`/Observation?value-quantity=lt5500|${unit}|mg`]: 'grams milligrams',
    [`/Observation?value-quantity=5.0|${unit}|g`]: '',
    [`/Observation?value-quantity=5|${unit}|g`]: 'grams milligrams',
    '/Observation?value-quantity=5.4||g': 'grams',
    '/Observation?value-quantity=90': 'other',
    '/Observation?code-value-quantity=718-7$gt5||g': 'grams',
    '/Observation?code-value-quantity=2345-7$gt5||g': '',
    '/Observation?component-code-value-quantity=8480-6$gt140': 'pressure',
    '/Observation?component-code-value-quantity=8462-4$gt140': '',
    [`/Observation?component-code-value-quantity=http://loinc.org|8480-6$ge150|${unit}|mm[Hg]`]: 'pressure',
    [`/Observation?component-value-quantity=lt90|${unit}|mm[Hg]`]: 'pressure',
  });
  const risks = {
    low: await clinic.create({
      resourceType: 'RiskAssessment',
      status: 'final',
      subject: { reference: 'Patient/x' },
      prediction: [{ probabilityDecimal: 0.02 }],
    }),
    high: await clinic.create({
      resourceType: 'RiskAssessment',
      status: 'final',
      subject: { reference: 'Patient/x' },
      prediction: [{ probabilityDecimal: 0.8 }],
    }),
  };
  await expectFound(clinic, risks, {
    '/RiskAssessment?probability=gt0.5': 'high',
    '/RiskAssessment?probability=0.02': 'low',
    '/RiskAssessment?probability=le0.8': 'low high',
  });
  const sets = {
    one: await clinic.create({ resourceType: 'ValueSet', status: 'active', url: 'http://x.example/sets/one' }),
    two: await clinic.create({ resourceType: 'ValueSet', status: 'active', url: 'http://x.example/other' }),
  };
  await expectFound(clinic, sets, {
    '/ValueSet?url=http://x.example/sets/one': 'one',
    '/ValueSet?url:below=http://x.example/sets': 'one',
    '/ValueSet?url:below=http://x.example': 'one two',
    '/ValueSet?url:above=http://x.example/sets/one/more': 'one',
  });
  const places = {
    boston: await clinic.create({ resourceType: 'Location', position: { latitude: 42.36, longitude: -71.06 } }),
    bonn: await clinic.create({ resourceType: 'Location', position: { latitude: 50.73, longitude: 7.1 } }),
  };
  await expectFound(clinic, places, {
    '/Location?near=42.3|-71|20|km': 'boston',
    '/Location?near=50.7|7|20|km': 'bonn',
  });
});

test('N16: modifiers as declared; one that is not is refused always; escapes, OR and AND', async (t) => {
  const clinic = await clinicFor(t);
  const names = {
    plain: await clinic.create(
      patient({
        name: [{ family: 'Müller-Fox' }],
        gender: 'female',
        birthDate: '1970-01-01',
        identifier: [
          {
            type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
            system: 'urn:mrn',
            value: '1',
          },
        ],
      }),
    ),
    odd: await clinic.create(patient({ name: [{ family: 'A,B|C$D' }], gender: 'male' })),
  };
  await expectFound(clinic, names, {
    '/Patient?family=muller': 'plain',
    '/Patient?family:exact=M%C3%BCller-Fox': 'plain',
    '/Patient?family:exact=muller-fox': '',
    '/Patient?family:contains=fox': 'plain',
    '/Patient?family=A\\,B\\|C\\$D': 'odd',
    '/Patient?family=a,muller': 'plain odd',
    '/Patient?family=muller&gender=male': '',
    '/Patient?gender:not=male': 'plain',
    '/Patient?birthdate:missing=true': 'odd',
    '/Patient?birthdate:missing=false': 'plain',
    '/Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|1': 'plain',
    '/Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|SS|1': '',
  });
  const text = {
    one: await clinic.create(observation({})),
    two: await clinic.create(observation({ code: coded('1-8') })),
  };
  await expectFound(clinic, text, {
    '/Observation?code:text=haemo': 'one',
    '/Observation?code:text=hemoglobin': 'one',
  });
  for (const query of ['family:bogus=x', 'gender:exact=male', 'birthdate:contains=19', 'family:=x', 'gender:in=x'])
    for (const handling of ['strict', 'lenient'])
      await clinic.ask(400, 'GET', `/Patient?${query}`, undefined, { Prefer: `handling=${handling}` });
});

test('K01: identifiers compare by system and value, both exact, in four forms', async (t) => {
  const clinic = await clinicFor(t);
  const having = (identifier: object) => clinic.create(patient({ identifier: [identifier] }));
  const names = {
    padded: await having({ system: 'urn:mrn', value: '0012' }),
    bare: await having({ value: '0012' }),
    other: await having({ system: 'urn:other', value: '0012' }),
    lower: await having({ system: 'urn:mrn', value: 'abc' }),
  };
  await expectFound(clinic, names, {
    '/Patient?identifier=urn:mrn|0012': 'padded',
    '/Patient?identifier=urn:mrn|12': '',
    '/Patient?identifier=|0012': 'bare',
    '/Patient?identifier=urn:mrn|': 'padded lower',
    '/Patient?identifier=0012': 'padded bare other',
    '/Patient?identifier=urn:mrn|ABC': '',
    '/Patient?identifier=URN:MRN|abc': '',
  });
});

test('K02: subject:identifier and subject.identifier are two searches', async (t) => {
  const clinic = await clinicFor(t);
  const identifier = { system: 'urn:mrn', value: 'PRP1660' };
  const { id } = await clinic.create(patient({ identifier: [identifier] }));
  const condition = (subject: object): Promise<Resource & { readonly id: string }> =>
    clinic.create({ resourceType: 'Condition', code: { text: 'x' }, subject });
  const names = {
    logical: await condition({ identifier }),
    literal: await condition({ reference: `Patient/${id}` }),
    neither: await condition({ reference: 'Patient/other' }),
  };
  await expectFound(clinic, names, {
    '/Condition?subject:identifier=urn:mrn|PRP1660': 'logical',
    '/Condition?subject.identifier=PRP1660': 'literal',
    '/Condition?subject.identifier=urn:mrn|PRP1660': 'literal',
    '/Condition?patient.identifier=urn:mrn|PRP1660': 'literal',
    '/Condition?subject:Patient.identifier=urn:mrn|PRP1660': 'literal',
  });
});
