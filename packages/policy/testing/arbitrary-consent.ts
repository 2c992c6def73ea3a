/** Random provisions of Consents over few words, so that they often speak of the same callers and records. */
import { type ConsentActor, clientSystem, type PrivacyConsent, type Provision } from '@affinity/core/fhir/consent.ts';
import type { Coding } from '@affinity/core/fhir/resource.ts';
import fc from 'fast-check';
import type { ConsentFacts, PatientConsents } from '../facts.ts';

const terminology = 'http://terminology.hl7.org/CodeSystem';
const recipient: Coding = { system: `${terminology}/v3-ParticipationType`, code: 'IRCP' };
const reason = (code: string): Coding => ({ system: `${terminology}/v3-ActReason`, code });
const level = (code: string): Coding => ({ system: `${terminology}/v3-Confidentiality`, code });
const category = (code: string): Coding => ({ system: `${terminology}/observation-category`, code });

/** The moment at which decisions are made in these worlds. */
export const arbitraryNow: number = Date.UTC(2026, 0, 2);

const actors: readonly ConsentActor[] = [
  { roles: [recipient], reference: 'Practitioner/1' },
  { roles: [recipient], reference: 'RelatedPerson/1' },
  { roles: [recipient], reference: 'Group/1' },
  { roles: [{ system: 'urn:roles', code: 'friend' }], reference: 'Practitioner/1' },
  { roles: [recipient], identifier: { system: clientSystem, value: 'app' } },
  { roles: [recipient], identifier: { system: clientSystem, value: 'other' } },
  { roles: [recipient], identifier: { system: 'urn:people', value: '7' } },
];
const few = <Item>(items: readonly Item[]): fc.Arbitrary<readonly Item[]> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.subarray([...items], { minLength: 1, maxLength: 2 }));
const period = (spans: readonly NonNullable<Provision['period']>[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.constantFrom(...spans));
const year = (number: number): number => Date.UTC(number, 0, 1);

const conditions = fc.record({
  type: fc.constantFrom('permit' as const, 'deny' as const),
  period: period([
    { end: year(2025) },
    { start: year(2025) },
    { start: year(2025), end: year(2027) },
    { start: year(2027) },
  ]),
  actors: few(actors),
  actions: few(['access', 'collect', 'correct', 'urn:actions|whistle']),
  securityLabels: few([
    ...['N', 'R', 'X'].map(level),
    { system: `${terminology}/v3-ActCode`, code: 'PSY' },
    { system: `${terminology}/v3-ActCode`, code: 'ETH' },
  ]),
  purposes: few([...['TREAT', 'ETREAT', 'HRESCH'].map(reason), { system: 'urn:purposes', code: 'TREAT' }]),
  classes: few([
    ...['Observation', 'Condition', 'Practitioner'].map((code) => ({
      system: 'http://hl7.org/fhir/resource-types',
      code,
    })),
    { system: 'urn:ietf:rfc:3986', code: 'http://profiles.example/vitals' },
  ]),
  codes: few([
    [category('laboratory')],
    [category('vital-signs'), { system: 'http://loinc.org', code: '1-8' }],
    [{ code: 'survey' }],
  ]),
  dataPeriod: period([{ end: year(2020) }, { start: year(2020) }, { start: year(2019), end: year(2021) }]),
  data: few([
    { meaning: 'instance' as const, type: 'Observation', id: '1' },
    { meaning: 'related' as const, type: 'Encounter', id: 'e' },
    { meaning: 'authoredby' as const, type: 'Practitioner', id: '1' },
  ]),
});

const { tree } = fc.letrec<{ tree: Provision }>((tie) => ({
  tree: fc
    .tuple(
      conditions,
      fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.constant([]), fc.array(tie('tree'), { maxLength: 3 })),
    )
    .map(([{ period: when, dataPeriod, ...rest }, provisions]) => ({
      ...rest,
      ...(when === undefined ? {} : { period: when }),
      ...(dataPeriod === undefined ? {} : { dataPeriod }),
      provisions: provisions as readonly Provision[],
    })),
}));
export const arbitraryProvision: fc.Arbitrary<Provision> = tree;

const conditionNames = ['actors', 'actions', 'securityLabels', 'purposes', 'classes', 'codes', 'data'] as const;

/** The same tree, with something taken from it that lets through: a permit, or what makes a deny narrow. */
export const lessened = (provision: Provision, which: number): readonly Provision[] => {
  const { provisions } = provision;
  const kept = provisions.filter((one, at) => one.type === 'deny' || at !== which % provisions.length);
  const name = conditionNames[which % conditionNames.length] ?? 'actors';
  const inner = provisions.flatMap((one, at) =>
    lessened(one, which).map((less) => ({
      ...provision,
      provisions: provisions.map((same, index) => (index === at ? less : same)),
    })),
  );
  const { period, dataPeriod, ...always } = provision;
  const wide = provision.type === 'deny' ? [{ ...provision, [name]: [] }, always] : [];
  return [{ ...provision, provisions: kept }, ...wide, ...inner];
};

const arbitraryPrivacyConsent: fc.Arbitrary<PrivacyConsent> = fc.record({
  id: fc.constantFrom('c1', 'c2', 'c3'),
  given: fc.constantFrom(0, 1, 2, 3),
  grantors: fc.subarray(['Patient/a', 'RelatedPerson/1']),
  provision: tree,
});

export const arbitraryConsentsOfPatient: fc.Arbitrary<PatientConsents> = fc.record({
  consents: fc.array(arbitraryPrivacyConsent, { maxLength: 3 }),
  faulty: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
});

/** Of these patients, and whether anything is known of them. */
export const arbitraryConsents = (patients: readonly string[]): fc.Arbitrary<ConsentFacts> =>
  fc
    .record({
      implicit: fc.constantFrom('permit' as const, 'permit' as const, 'deny' as const, 'emergency-only' as const),
      known: fc.array(fc.tuple(fc.constantFrom(...patients), arbitraryConsentsOfPatient), { maxLength: 3 }),
      covers: fc.oneof(
        { weight: 3, arbitrary: fc.constant('everybody' as const) },
        fc.subarray([...patients]).map((ids) => new Set(ids)),
      ),
    })
    .map(({ implicit, known, covers }) => ({ implicit, byPatient: new Map(known), covers }));
