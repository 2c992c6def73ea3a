/** Who cares for whom, who acts for whom and what patients have decided, drawn from a seed, and the resources that say so. IHE PCF. */
import { isDeepStrictEqual } from 'node:util';
import type { Coding, Resource } from '@affinity/core/fhir/resource.ts';
import type { Dice } from '../proofs/dice.ts';
import { coded, reference } from './world-content.ts';
import {
  type Agreements,
  actReason,
  beginning,
  codes,
  confidentiality,
  type Holding,
  ownedTypes,
  type PlannedConsent,
  type PlannedProvision,
  patients,
  sensitivity,
} from './world-plan.ts';

/** People who may ask, and where they work. `d1` works for `o1`. */
export const practitioners = ['d1', 'd2'] as const;
export const workplace = 'o1';
export const clients = ['app-1', 'app-2'] as const;

const day = 86_400_000;
const isDay = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Before, around or after the day of the world; mostly around. */
const drawHolding = (dice: Dice): Holding =>
  dice.one<Holding>([
    {},
    {},
    { from: beginning - 300 * day },
    { from: beginning - 300 * day, until: beginning + 300 * day },
    { until: beginning - 100 * day },
    { from: beginning + 100 * day },
  ]);

const periodOf = ({ from, until }: Holding): object | undefined =>
  from === undefined && until === undefined
    ? undefined
    : {
        ...(from === undefined ? {} : { start: new Date(from).toISOString() }),
        ...(until === undefined ? {} : { end: new Date(until).toISOString() }),
      };

const labelsDrawn: readonly Coding[] = [
  { system: confidentiality, code: 'R' },
  { system: confidentiality, code: 'N' },
  { system: sensitivity, code: 'HIV' },
  { system: sensitivity, code: 'DEMO' },
];

/** One rule with one or two things that it asks for. `ids`: what may be named. */
const drawProvision = (
  dice: Dice,
  type: 'permit' | 'deny',
  ids: readonly string[],
  depth: number,
  above: Readonly<Record<string, unknown>> = {},
): PlannedProvision => {
  const asks: readonly (() => Partial<PlannedProvision>)[] = [
    () => ({ class: dice.one([...Object.keys(ownedTypes), 'Observation', 'Patient', 'Consent']) }),
    () => ({ class: dice.one(['Observation', 'Observation', 'Condition']) }),
    () => ({ code: dice.one(codes) }),
    () => ({ label: dice.one(labelsDrawn) }),
    () => ({ purpose: dice.one(['TREAT', 'TREAT', 'HRESCH', 'PATRQT']) }),
    () => ({ actor: dice.one(['Practitioner/d1', 'Practitioner/d2', 'Organization/o1', 'RelatedPerson/r1']) }),
    () => ({ data: dice.one(ids) }),
    () => ({ from: beginning - 300 * day, ...drawHolding(dice) }),
    () => ({ dataFrom: Date.UTC(2026, 3, 1), ...(dice.chance(0.5) ? { dataUntil: Date.UTC(2026, 6, 1) } : {}) }),
  ];
  const asked = { ...dice.one(asks)(), ...(dice.chance(0.4) ? dice.one(asks)() : {}) };
  // An exception that takes back the whole rule makes the Consent a faulty one: it asks for something that the rule does not.
  const isWhole = Object.entries(asked).every(([name, value]) => isDeepStrictEqual(above[name], value));
  if (isWhole) return drawProvision(dice, type, ids, depth, above);
  const other = type === 'permit' ? 'deny' : 'permit';
  const exceptions = depth > 0 && dice.chance(0.35) ? 1 : 0;
  return {
    type,
    ...asked,
    provisions: Array.from({ length: exceptions }, () => drawProvision(dice, other, ids, depth - 1, asked)),
  };
};

const drawConsent = (dice: Dice, patient: string, number: number, ids: readonly string[]): PlannedConsent => {
  const type = dice.one(['permit', 'permit', 'deny'] as const);
  const other = type === 'permit' ? 'deny' : 'permit';
  const exceptions = 1 + dice.below(2);
  const known = {
    id: `p-${patient}${number}`,
    patient,
    active: dice.chance(0.85),
    faulty: dice.chance(0.08),
    // No two on the same day: one is the later.
    given: beginning - (2 * (1 + dice.below(5)) + number) * day,
    grantor: dice.chance(0.7) ? `Patient/${patient}` : 'RelatedPerson/r1',
  };
  const holding = dice.chance(0.3) ? drawHolding(dice) : {};
  const provisions = Array.from({ length: exceptions }, () => drawProvision(dice, other, ids, 1, { ...holding }));
  return { ...known, provision: { type, ...holding, provisions } };
};

/** @param ids `Type/id` of what Consents may name */
export const drawAgreements = (dice: Dice, ids: readonly string[]): Agreements => ({
  implicit: dice.chance(0.85) ? 'permit' : 'deny',
  teams: Array.from({ length: 3 }, (_, number) => {
    const [who, member] = dice.one([
      ['Practitioner/d1', 'Practitioner/d1'],
      ['Practitioner/d1', 'PractitionerRole/pr1'],
      ['Practitioner/d2', 'Practitioner/d2'],
    ] as const);
    const patient = dice.one(['a', 'a', 'b', 'c']);
    return { id: `t${number}`, patient, who, member, active: dice.chance(0.85), ...drawHolding(dice) };
  }),
  relatives: [
    { patient: 'a', who: 'RelatedPerson/r1', active: true, ...(dice.chance(0.6) ? {} : drawHolding(dice)) },
    { patient: dice.one(patients), who: 'RelatedPerson/r2', active: dice.chance(0.8), ...drawHolding(dice) },
  ],
  consents: patients.flatMap((patient) =>
    Array.from({ length: dice.one([0, 0, 1, 1, 2]) }, (_, number) => drawConsent(dice, patient, number, ids)),
  ),
});

/** What everybody may have of a patient's record through one app. */
export const wholeGrant = (id: string, patient: string, client: string): PlannedConsent => ({
  id: `grant-${id}`,
  patient,
  active: true,
  faulty: false,
  given: beginning - day,
  grantor: `Patient/${patient}`,
  provision: { type: 'deny', provisions: [{ type: 'permit', actor: client, provisions: [] }] },
});

const isClient = (actor: string): boolean => !actor.includes('/');
const actorOf = (actor: string): object => ({
  role: coded('IRCP', 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'),
  reference: isClient(actor) ? { identifier: { system: 'urn:affinity:client', value: actor } } : reference(actor),
});

const provisionOf = (provision: PlannedProvision): object => {
  const { type, actor, purpose, class: of, code, label, data, dataFrom, dataUntil, provisions } = provision;
  const period = periodOf(provision);
  const dataPeriod = periodOf({
    ...(dataFrom === undefined ? {} : { from: dataFrom }),
    ...(dataUntil === undefined ? {} : { until: dataUntil }),
  });
  return {
    type,
    ...(period === undefined ? {} : { period }),
    ...(actor === undefined ? {} : { actor: [actorOf(actor)] }),
    ...(purpose === undefined ? {} : { purpose: [{ system: actReason, code: purpose }] }),
    ...(of === undefined ? {} : { class: [{ system: 'http://hl7.org/fhir/resource-types', code: of }] }),
    ...(code === undefined ? {} : { code: [coded(code)] }),
    ...(label === undefined ? {} : { securityLabel: [label] }),
    ...(data === undefined ? {} : { data: [{ meaning: 'instance', reference: reference(data) }] }),
    ...(dataPeriod === undefined ? {} : { dataPeriod }),
    ...(provisions.length === 0 ? {} : { provision: provisions.map(provisionOf) }),
  };
};

/** One that nobody can understand has an exception of no type. */
export const consentResource = (consent: PlannedConsent): Resource => {
  const { id, patient, active, faulty, given, grantor, provision } = consent;
  const said = provisionOf(provision) as { readonly provision?: readonly object[] };
  const muddled = { ...said, provision: [...(said.provision ?? []), { class: [{ code: 'Observation' }] }] };
  return {
    resourceType: 'Consent',
    id,
    status: active ? 'active' : 'inactive',
    scope: coded('patient-privacy', 'http://terminology.hl7.org/CodeSystem/consentscope'),
    category: [coded('59284-0', 'http://loinc.org')],
    patient: reference(`Patient/${patient}`),
    dateTime: isDay(given),
    performer: [reference(grantor)],
    policyRule: coded('OPTIN', 'http://terminology.hl7.org/CodeSystem/v3-ActCode'),
    provision: faulty ? muddled : said,
  } as Resource;
};

export const teamResource = ({ id, patient, member, active, ...held }: Agreements['teams'][number]): Resource =>
  ({
    resourceType: 'CareTeam',
    id,
    status: active ? 'active' : 'inactive',
    subject: reference(`Patient/${patient}`),
    ...(periodOf(held) === undefined ? {} : { period: periodOf(held) }),
    participant: [{ member: reference(member) }],
  }) as Resource;

export const relativeResource = ({ who, patient, active, ...held }: Agreements['relatives'][number]): Resource =>
  ({
    resourceType: 'RelatedPerson',
    id: who.split('/')[1] ?? '',
    active,
    patient: reference(`Patient/${patient}`),
    ...(periodOf(held) === undefined ? {} : { period: periodOf(held) }),
    name: [{ family: 'Adler' }],
  }) as Resource;
