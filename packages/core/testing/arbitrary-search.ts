/** Arbitrary searches over the resources of arbitrary-resource.ts, as the parameters that stand in a URL. FHIR R4 search.html. */
import fc from 'fast-check';
import { codes, dateTexts, names, patientIds, systems } from './arbitrary-resource.ts';

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
const word = oneOf(['final', 'active', 'finished', 'current', 'order', 'male', 'true', 'false']);

/** One to two alternatives. */
const anyOf = (value: fc.Arbitrary<string>) =>
  fc.array(value, { minLength: 1, maxLength: 2 }).map((all) => all.join(','));
const pair = (names: readonly string[], value: fc.Arbitrary<string>): fc.Arbitrary<Pair> =>
  fc.tuple(oneOf(names), anyOf(value));

const missable = ['category', 'code', 'subject', 'patient', 'date', 'name', 'identifier', 'performer', 'status'];
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
