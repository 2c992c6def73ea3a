/** Arbitrary searches over the resources of arbitrary-resource.ts, as the parameters that stand in a URL. FHIR R4 search.html. */
import fc from 'fast-check';
import { amounts, codes, dateTexts, names, patientIds, places, systems, ucum, urls } from './arbitrary-resource.ts';

type Pair = readonly [string, string];
const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values);
const escaped = (text: string): string => text.replace(/[,|$\\]/g, '\\$&');

const token = fc.oneof(
  oneOf(codes).map(escaped),
  fc.tuple(oneOf(systems), oneOf(codes)).map(([system, code]) => `${system}|${escaped(code)}`),
  oneOf(codes).map((code) => `|${escaped(code)}`),
  oneOf(systems).map((system) => `${system}|`),
);
const identifier = fc.oneof(
  oneOf(['007', '7', 'aB', 'ab', '|7']),
  fc.tuple(oneOf(systems), oneOf(['007', '7'])).map(([system, value]) => `${system}|${value}`),
);
const date = fc
  .tuple(
    oneOf(['', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']),
    oneOf([...dateTexts, '1970-03', '2020-02-29T04:30']),
  )
  .map(([prefix, text]) => prefix + text);
const reference = fc.oneof(
  oneOf(patientIds),
  oneOf(patientIds).map((id) => `Patient/${id}`),
  oneOf([
    'Group/a',
    'Practitioner/a',
    'https://other.example/fhir/Patient/a',
    'urn:uuid:00000000-0000-4000-8000-000000000001',
  ]),
);
const string = oneOf([...names, 'N', 'van der', 'hara', 'zzz']).map(escaped);
const prefix = oneOf(['', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']);
const number = fc
  .tuple(prefix, oneOf([...amounts, '5.40', '0.005', '1e1', '1e2', '7']))
  .map(([is, text]) => `${is}${text}`);
const unit = oneOf([
  '',
  `|${ucum}|mg`,
  `|${ucum}|g`,
  `|${ucum}|mm[Hg]`,
  '|http://codes.example|mg',
  '||mg',
  '||puffs',
  '||x',
]);
const quantity = fc.tuple(number, unit).map(([amount, of]) => amount + of);
const near = fc
  .tuple(oneOf(places), oneOf(['', '|1', '|20|km', '|400', '|900|m', '|20000|km']))
  .map(([{ latitude, longitude }, distance]) => `${latitude}|${longitude}${distance}`);
const url = oneOf([...urls, 'http://a.example', 'http://a.example/', 'http://a.example/x/y/z/1', 'urn:oid:1.2']).map(
  escaped,
);
const word = oneOf(['final', 'active', 'finished', 'current', 'order', 'male', 'true', 'false']);

/** One to two alternatives. */
const anyOf = (value: fc.Arbitrary<string>) =>
  fc.array(value, { minLength: 1, maxLength: 2 }).map((all) => all.join(','));
const pair = (names: readonly string[], value: fc.Arbitrary<string>): fc.Arbitrary<Pair> =>
  fc.tuple(oneOf(names), anyOf(value));

const missable = [
  'category',
  'code',
  'subject',
  'patient',
  'date',
  'name',
  'identifier',
  'performer',
  'status',
  'value-quantity',
  'code-value-quantity',
  'probability',
  'near',
  '_source',
];
const clause: fc.Arbitrary<Pair> = fc.oneof(
  pair(
    ['category', 'code', 'category:not', 'code:not', 'combo-code', 'class', 'type', 'clinical-status', '_tag'],
    token,
  ),
  pair(['status', 'intent', 'gender', 'active', 'deceased', 'status:not'], word),
  pair(['identifier', 'subject:identifier', 'patient:identifier'], identifier),
  pair(['patient', 'subject', 'performer', 'asserter', 'requester', 'author', 'link'], reference),
  pair(['subject:Patient', 'patient:Patient', 'subject:Group'], oneOf(patientIds)),
  pair(['date', 'onset-date', 'recorded-date', 'authoredon', 'birthdate', 'death-date'], date),
  pair(['_lastUpdated'], oneOf(['gt2020', 'lt2020', 'ge2020-01-01', 'eq2020', 'ne2020', 'eb2021'])),
  pair(['name', 'family', 'given', 'value-string', 'onset-info'], string),
  pair(['name:contains', 'family:contains', 'value-string:contains'], string),
  pair(['name:exact', 'family:exact', 'given:exact'], string),
  pair(['code:text', 'combo-code:text', 'type:text'], string),
  pair(
    ['identifier:of-type'],
    fc.tuple(oneOf(systems), oneOf(['MR', 'SS']), oneOf(['007', '7'])).map((parts) => parts.join('|')),
  ),
  pair(['probability'], number),
  pair(['value-quantity', 'component-value-quantity', 'combo-value-quantity', 'onset-age'], quantity),
  pair(
    ['code-value-quantity', 'component-code-value-quantity', 'combo-code-value-quantity'],
    fc.tuple(token, quantity).map((parts) => parts.join('$')),
  ),
  pair(
    ['code-value-string'],
    fc.tuple(token, string).map((parts) => parts.join('$')),
  ),
  pair(['near'], near),
  pair(['_source', '_profile', '_source:above', '_source:below', '_profile:below'], url),
  fc.tuple(oneOf(missable.map((name) => `${name}:missing`)), oneOf(['true', 'false'])),
);

/** Up to three clauses, of the parameters named. */
export const arbitrarySearch = (params: ReadonlySet<string>): fc.Arbitrary<URLSearchParams> =>
  fc
    .array(
      clause.filter(([name]) => params.has(name.replace(/:.*/, ''))),
      { maxLength: 3 },
    )
    .map((pairs) => new URLSearchParams(pairs.map(([name, value]) => [name, value])));

/** What is asked of a patient, an encounter or an observation at the other end. */
const ofPatient: fc.Arbitrary<Pair> = fc.oneof(
  pair(['identifier'], identifier),
  pair(['name', 'family', 'name:exact'], string),
  pair(['gender', 'gender:not', 'active'], word),
  pair(['birthdate'], oneOf(['1970', 'ne1970-03', 'gt1970-02', 'le1970-03-05'])),
  pair(['_id'], oneOf(patientIds)),
  pair(['birthdate:missing', 'name:missing'], oneOf(['true', 'false'])),
);
const ofEncounter: fc.Arbitrary<Pair> = fc.oneof(
  pair(['status', 'status:not'], word),
  pair(['class', 'type'], token),
  pair(['date'], date),
  fc.tuple(ofPatient).map(([[name, value]]): Pair => [`patient.${name}`, value]),
);
const ofObservation: fc.Arbitrary<Pair> = fc.oneof(
  pair(['status'], word),
  pair(['code', 'category', 'code:not'], token),
  pair(['value-quantity'], quantity),
  pair(['date'], date),
  fc.tuple(ofEncounter).map(([[name, value]]): Pair => [`encounter.${name}`, value]),
  fc.tuple(ofPatient).map(([[name, value]]): Pair => [`performer:Patient.${name}`, value]),
);
const through = (way: string, end: fc.Arbitrary<Pair>): fc.Arbitrary<Pair> =>
  end.map(([name, value]): Pair => [way + name, value]);

interface ArbitraryJoin {
  /** the parameter that it begins with */
  readonly chain?: string;
  /** the type that `_has` points to */
  readonly type?: string;
  readonly pair: fc.Arbitrary<Pair>;
}
const joins: readonly ArbitraryJoin[] = [
  { chain: 'patient', pair: through('patient.', ofPatient) },
  { chain: 'subject', pair: through('subject:Patient.', ofPatient) },
  { chain: 'subject', pair: through('subject.', pair(['identifier'], identifier)) },
  { chain: 'encounter', pair: through('encounter.', ofEncounter) },
  { chain: 'performer', pair: through('performer.', pair(['name'], string)) },
  { chain: 'link', pair: through('link:Patient.', ofPatient) },
  { type: 'Patient', pair: through('_has:Observation:patient:', ofObservation) },
  { type: 'Patient', pair: through('_has:Condition:patient:', pair(['code', 'category'], token)) },
  { type: 'Patient', pair: through('_has:Encounter:patient:_has:Observation:encounter:', ofObservation) },
  { type: 'Encounter', pair: through('_has:Observation:encounter:', ofObservation) },
];

/** Searches of a type with one or two joins, and a clause perhaps; none where the type has no join. */
export const arbitraryJoinSearch = (type: string, params: ReadonlySet<string>): fc.Arbitrary<URLSearchParams> => {
  const usable = joins.filter((join) => (join.chain === undefined ? join.type === type : params.has(join.chain)));
  const some =
    usable.length === 0
      ? fc.constant([])
      : fc.array(fc.oneof(...usable.map((join) => join.pair)), { minLength: 1, maxLength: 2 });
  return fc
    .tuple(some, arbitrarySearch(params))
    .map(([pairs, clauses]) => new URLSearchParams([...pairs.map((one) => [...one]), ...[...clauses].slice(0, 1)]));
};
