/** Arbitrary resources and Filters from small pools of values, so that what is asked for is often there. FHIR R4. */
import fc from 'fast-check';
import { confidentialityLevels, type Filter } from '../fhir/filter.ts';
import type { Resource } from '../fhir/resource.ts';

export const patientIds = ['a', 'b', 'c'] as const;
export const systems = ['http://loinc.org', 'http://codes.example'] as const;
export const codes = ['laboratory', 'vital-signs', 'x', 'X', 'semi;colon|bar,comma$\\'] as const;
export const dateTexts = [
  '2019',
  '2020',
  '2020-02',
  '2020-02-29',
  '2020-02-29T10:00:00Z',
  '2020-02-29T10:00:00+05:30',
  '2020-12-31T23:59:59.999Z',
  '2021-01-01',
] as const;
export const names = ['Núñez', 'Nunez', 'nun', 'O\u2019Hara Łoś', 'Van  der Berg', '%_'] as const;
const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
export const labels = [
  ...confidentialityLevels.map((code) => ({ system: confidentiality, code })),
  { system: confidentiality, code: 'nonsense' },
  { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'ETH' },
] as const;

const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values);
const few = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 2 });
/** A record of which every part may be missing. */
const some = <T extends object>(parts: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) =>
  fc.record(parts, { requiredKeys: [] });

const coding = fc.record({ system: oneOf(systems), code: oneOf(codes) }, { requiredKeys: ['code'] });
const concept = fc.oneof(
  { weight: 5, arbitrary: fc.record({ coding: few(coding) }) },
  { weight: 1, arbitrary: fc.constant({ text: 'in words' }) },
);
/** `text` and `display` are what `:text` looks into. */
const inWords = fc.oneof(
  concept,
  fc.record({ coding: fc.tuple(fc.record({ code: oneOf(codes), display: oneOf(names) })), text: oneOf(names) }),
);
const identifier = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ system: oneOf(systems), value: oneOf(['007', '7', 'aB']) }, { requiredKeys: ['value'] }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.record({ coding: fc.tuple(fc.record({ system: oneOf(systems), code: oneOf(['MR', 'SS']) })) }),
      value: oneOf(['007', '7']),
    }),
  },
);
/** No two are on each other's border, so that a conversion between units cannot tell them apart. */
export const amounts = [5, 5.4, 10, -1.5, 100, 0] as const;
export const ucum = 'http://unitsofmeasure.org';
const quantity = fc.oneof(
  oneOf(amounts).map((value) => ({ value, unit: 'mg', system: ucum, code: 'mg' })),
  oneOf([0.005, 0.0054, 0.01]).map((value) => ({ value, unit: 'g', system: ucum, code: 'g' })),
  oneOf(amounts).map((value) => ({ value, unit: 'millimetres of mercury', system: ucum, code: 'mm[Hg]' })),
  oneOf(amounts).map((value) => ({ value, system: 'http://codes.example', code: 'mg' })),
  oneOf(amounts).map((value) => ({ value, unit: 'puffs' })),
  oneOf(amounts).map((value) => ({ value })),
  fc
    .tuple(oneOf(amounts), oneOf(['<', '<=', '>=', '>']), oneOf([{ system: ucum, code: 'mg' }, {}]))
    .map(([value, comparator, unit]) => ({ value, comparator, ...unit })),
);
const range = oneOf([
  { low: { value: 5, system: ucum, code: 'a' }, high: { value: 10, system: ucum, code: 'a' } },
  { low: { value: 5, system: ucum, code: 'a' } },
  { high: { value: 10 } },
]);
/** Where each of them is 100 km or more from the others. */
export const places = [
  { latitude: 46.2, longitude: 6.1 },
  { latitude: 47.4, longitude: 8.5 },
  { latitude: -17.7, longitude: 178 },
  { latitude: -17.7, longitude: -178 },
] as const;
export const urls = ['http://a.example/x', 'http://a.example/x/y', 'http://a.example/x/y/z', 'urn:oid:1.2.3'] as const;
const date = oneOf(dateTexts);
const period = fc.oneof(
  fc.record({ start: oneOf(['2019', '2020-02']), end: oneOf(['2020-02-29', '2021-01-01']) }),
  fc.record({ start: date }),
  fc.record({ end: date }),
);

/** References to a subject: mostly to a patient of this server, and the ways in which one is not that. */
const subject = fc.oneof(
  { weight: 8, arbitrary: oneOf(patientIds).map((id) => ({ reference: `Patient/${id}` })) },
  {
    weight: 4,
    arbitrary: oneOf([
      { reference: 'Patient/a/_history/1' },
      { reference: 'Group/a' },
      { reference: 'https://other.example/fhir/Patient/a' },
      { reference: 'urn:uuid:00000000-0000-4000-8000-000000000001' },
      { reference: '#a' },
      { display: 'somebody' },
    ]),
  },
  { weight: 1, arbitrary: fc.record({ identifier }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('Patient'), identifier }) },
);
const anybody = fc.oneof(
  subject,
  oneOf(['a', 'b']).map((id) => ({ reference: `Practitioner/${id}` })),
);
const encounter = oneOf(patientIds).map((id) => ({ reference: `Encounter/${id}` }));
const meta = some({
  security: few(oneOf(labels)),
  tag: few(coding),
  source: oneOf(urls),
  profile: few(oneOf(urls)),
}).filter((value) => Object.keys(value).length > 0);

const choice = <T>(forms: Readonly<Record<string, fc.Arbitrary<T>>>) =>
  fc.oneof(...Object.entries(forms).map(([name, form]) => form.map((value) => ({ [name]: value }))), fc.constant({}));
const contained = fc.constant([{ resourceType: 'Patient', id: 'a' }]);

const parts: Readonly<Record<string, fc.Arbitrary<object>>> = {
  Observation: fc
    .tuple(
      fc.record({ status: oneOf(['final', 'amended']), code: inWords }),
      some({
        meta,
        contained,
        category: few(concept),
        subject,
        encounter,
        performer: few(anybody),
        identifier: few(identifier),
        component: few(fc.record({ code: concept, valueQuantity: quantity }, { requiredKeys: ['code'] })),
      }),
      choice<unknown>({
        effectiveDateTime: date,
        effectivePeriod: period,
        effectiveTiming: fc.record({ event: few(oneOf(['2019', '2020-02-29'])) }),
      }),
      choice<unknown>({
        valueString: oneOf(names),
        valueCodeableConcept: concept,
        valueQuantity: quantity,
        valueSampledData: fc.constant({
          origin: { value: 0, system: ucum, code: 'mg' },
          period: 1,
          dimensions: 1,
          data: '1 E 10 5.4',
        }),
      }),
    )
    .map((all) => Object.assign({}, ...all)),
  Condition: fc
    .tuple(
      fc.record({ subject }),
      some({
        meta,
        category: few(concept),
        code: concept,
        clinicalStatus: concept,
        recordedDate: date,
        asserter: anybody,
      }),
      choice<unknown>({ onsetDateTime: date, onsetPeriod: period, onsetString: oneOf(names), onsetRange: range }),
    )
    .map((all) => Object.assign({}, ...all)),
  MedicationRequest: fc
    .tuple(
      fc.record({ status: oneOf(['active', 'stopped']), intent: oneOf(['order', 'plan']), subject }),
      some({ meta, category: few(concept), authoredOn: date, requester: anybody }),
      fc.oneof(
        concept.map((medicationCodeableConcept) => ({ medicationCodeableConcept })),
        fc.constant({ medicationReference: { reference: 'Medication/m' } }),
      ),
    )
    .map((all) => Object.assign({}, ...all)),
  Patient: fc
    .tuple(
      some({
        meta,
        active: fc.boolean(),
        gender: oneOf(['male', 'female']),
        birthDate: oneOf(['1970', '1970-03', '1970-03-05']),
        name: few(
          some({ family: oneOf(names), given: few(oneOf(names)) }).filter((name) => Object.keys(name).length > 0),
        ),
        identifier: few(identifier),
        link: few(fc.record({ other: subject, type: fc.constant('seealso') })),
      }),
      choice<unknown>({ deceasedBoolean: fc.boolean(), deceasedDateTime: date }),
    )
    .map((all) => Object.assign({}, ...all)),
  Encounter: fc
    .tuple(
      fc.record({ status: oneOf(['finished', 'planned']), class: coding }),
      some({ meta, subject, type: few(concept), period, identifier: few(identifier) }),
    )
    .map((all) => Object.assign({}, ...all)),
  DocumentReference: fc
    .tuple(
      fc.record({
        status: fc.constant('current'),
        content: fc.constant([{ attachment: { contentType: 'text/plain' } }]),
      }),
      some({
        meta,
        subject,
        type: concept,
        category: few(concept),
        date: fc.constant('2020-02-29T10:00:00Z'),
        author: few(anybody),
      }),
    )
    .map((all) => Object.assign({}, ...all)),
  AllergyIntolerance: fc
    .tuple(fc.record({ patient: subject }), some({ meta, code: concept, recorder: anybody, recordedDate: date }))
    .map((all) => Object.assign({}, ...all)),
  RiskAssessment: fc
    .tuple(
      fc.record({ status: fc.constant('final'), subject }),
      some({
        meta,
        encounter,
        prediction: few(oneOf(amounts).map((probabilityDecimal) => ({ probabilityDecimal }))),
      }),
    )
    .map((all) => Object.assign({}, ...all)),
  Location: some({ meta, name: oneOf(names), position: oneOf(places), identifier: few(identifier) }),
  Account: fc
    .tuple(fc.record({ status: fc.constant('active') }), some({ meta, subject: few(subject), name: oneOf(names) }))
    .map((all) => Object.assign({}, ...all)),
};

/** Types that `arbitraryResource` makes. */
export const arbitraryTypes: readonly string[] = Object.keys(parts);

/** A resource of a type, without id. */
export const arbitraryOf = (type: string): fc.Arbitrary<Resource> =>
  (parts[type] ?? fc.constant({})).map((content) => ({ resourceType: type, ...content }));

/** A resource of any of the types, with an id; a Patient's is one of `patientIds`. */
export const arbitraryResource = (): fc.Arbitrary<Resource> =>
  fc
    .tuple(oneOf(arbitraryTypes).chain(arbitraryOf), oneOf(patientIds), oneOf(['r1', 'r2', 'r3']))
    .map(([resource, patient, id]) => ({ ...resource, id: resource.resourceType === 'Patient' ? patient : id }));

/** More than are compared one by one: what is few is among many that are nobody. */
const manyPatients = Array.from({ length: 20 }, (_, at) => `nobody-${at}`);
const somePatients = fc
  .tuple(fc.subarray([...patientIds, 'nobody'], { minLength: 0 }), oneOf([[], manyPatients]))
  .map(([few, many]) => [...few, ...many]);
const bounds = [...new Set(dateTexts.map((text) => Date.parse(text)))].flatMap((at) => [at, at + 1, at + 86_400_000]);
const dated = fc.record(
  {
    kind: fc.constant('dated' as const),
    param: oneOf(['date', 'onset-date', 'recorded-date', 'authoredon', 'birthdate', 'death-date', 'no-such-date']),
    start: oneOf([...bounds, Number.NEGATIVE_INFINITY, 0.5, Number.NaN]),
    end: oneOf([...bounds, Number.POSITIVE_INFINITY, 0.5, Number.NaN]),
  },
  { requiredKeys: ['kind', 'param'] },
);

/** A leaf whose fact is always known, so that `not` may stand around it. */
const known = (): fc.Arbitrary<Filter> =>
  fc.oneof(
    somePatients.map((patients): Filter => ({ kind: 'compartments', patients })),
    somePatients.map((patients): Filter => ({ kind: 'names', patients })),
    dated,
    oneOf(arbitraryTypes).map((type): Filter => ({ kind: 'type', type })),
    fc.record({
      kind: fc.constant('instance' as const),
      type: oneOf(arbitraryTypes),
      id: oneOf([...patientIds, 'r1', 'r2']),
    }),
    oneOf(labels).map((label): Filter => ({ kind: 'label', ...label })),
    oneOf(confidentialityLevels).map((atMost): Filter => ({ kind: 'confidentiality', atMost })),
  );
const leaf = (): fc.Arbitrary<Filter> =>
  fc.oneof(
    known(),
    oneOf(patientIds).map((patient): Filter => ({ kind: 'compartment', patient })),
    fc
      .tuple(
        oneOf(['category', 'code', 'status', '_tag', 'clinical-status']),
        fc.option(oneOf([...systems, '']), { nil: undefined }),
        oneOf(codes),
      )
      .map(
        ([param, system, code]): Filter => ({
          kind: 'token',
          param,
          code,
          ...(system === undefined ? {} : { system }),
        }),
      ),
    fc
      .tuple(oneOf(['category', 'code']), oneOf(systems))
      .map(([param, system]): Filter => ({ kind: 'token', param, system })),
    fc
      .tuple(oneOf(['subject', 'patient', 'performer']), oneOf(['Patient', 'Group', 'Practitioner']), oneOf(patientIds))
      .map(([param, type, id]): Filter => ({ kind: 'reference', param, type, id })),
  );

/** Filters of every kind, nested up to three deep. */
export const arbitraryFilter = (): fc.Arbitrary<Filter> =>
  fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'small', maxDepth: 3 },
      leaf(),
      oneOf<Filter>([{ kind: 'everything' }, { kind: 'nothing' }]),
      known().map((filter): Filter => ({ kind: 'not', filter })),
      fc.array(tie('filter'), { maxLength: 3 }).map((filters): Filter => ({ kind: 'and', filters })),
      fc.array(tie('filter'), { maxLength: 3 }).map((filters): Filter => ({ kind: 'or', filters })),
    ),
  })).filter;
