/**
 * Worlds of records drawn from a seed, with what decides who may see each version of them: said here from what was drawn,
 * so that the policy is not its own judge (access-oracle.ts). FHIR R4 security.html#access-control.
 */
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import type { Coding, Resource } from '@affinity/core/fhir/resource.ts';
import type { Dice } from '../proofs/dice.ts';
import {
  consentResource,
  drawAgreements,
  practitioners,
  relativeResource,
  teamResource,
  workplace,
} from './world-agreements.ts';
import { contentOf, reference } from './world-content.ts';
import {
  type Agreements,
  codes,
  confidentiality,
  type Facts,
  higher,
  isAtMost,
  nobodys,
  ownedTypes,
  type Planned,
  type PlannedConsent,
  type PlannedVersion,
  patients,
  sensitivity,
  sharedTypes,
  throughTypes,
  type WorldPlan,
} from './world-plan.ts';

const drawn: readonly string[] = [
  ...['Observation', 'Observation', 'Observation'],
  ...Object.keys(ownedTypes),
  ...sharedTypes,
  ...throughTypes,
  ...nobodys,
  'AuditEvent',
];

/** Patients whom the text of a resource refers to, wherever. */
const namesIn = (resource: Resource): readonly string[] => {
  const text = JSON.stringify(resource);
  return patients.filter((id) => new RegExp(`"Patient/${id}(/_history/\\d+)?"`).test(text) || isPatient(resource, id));
};
const isPatient = ({ resourceType, id }: Resource, patient: string): boolean =>
  resourceType === 'Patient' && id === patient;

const sensitivities: readonly (readonly [code: string, level: Confidentiality])[] = [
  ['HIV', 'R'],
  ['PSY', 'R'],
  ['DEMO', 'N'],
  ['NOREDISCLOSE', 'N'],
];

/** Labels, and how confidential they make a resource. */
const drawLabels = (dice: Dice, least: Confidentiality): { labels: readonly Coding[]; level: Confidentiality } => {
  const level = higher(dice.one<Confidentiality>(['N', 'N', 'N', 'N', 'R', 'R', 'V']), least);
  const labels: Coding[] = level === 'N' && dice.chance(0.5) ? [] : [{ system: confidentiality, code: level }];
  if (!dice.chance(0.2)) return { labels, level };
  const [code, of] = dice.one(sensitivities);
  return { labels: [...labels, { system: sensitivity, code }], level: higher(level, of) };
};

const plain = { labels: [], level: 'N' } as const;
/** A canonical URL is one to a resource, like an id: whoever may publish learns that one is taken. */
const isUnlabelled = (type: string): boolean => type === 'ValueSet';

/** What is contained is a part of the whole, and its labels are the whole's. */
const drawContained = (dice: Dice, type: string): { resources: readonly object[]; labels: readonly Coding[] } => {
  if (!['Observation', 'Condition', 'MedicationRequest'].includes(type) || !dice.chance(0.12))
    return { resources: [], labels: [] };
  const labels = dice.chance(0.5) ? [{ system: confidentiality, code: 'R' }] : [];
  const meta = labels.length === 0 ? {} : { meta: { security: labels } };
  return { resources: [{ resourceType: 'Practitioner', id: 'within', ...meta, name: [{ family: 'Dachs' }] }], labels };
};

const dayAfter = 86_400_000;
/** Types with a day by which they are dated, and types with an instant. */
const datedTypes = ['Observation', 'Condition', 'Encounter', 'DiagnosticReport', 'MedicationRequest', 'Composition'];
const timedTypes = ['DocumentReference', 'Provenance', 'AuditEvent'];
const datesOf = (type: string, date: string): Pick<Facts, 'dated'> => {
  const [instant, morning] = [Date.parse(date), Date.parse(`${date}T08:00:00Z`)];
  if (datedTypes.includes(type)) return { dated: [instant, instant + dayAfter] };
  return timedTypes.includes(type) ? { dated: [morning, morning + 1000] } : {};
};
const codedTypes = ['Observation', 'Condition', 'DiagnosticReport', 'MedicationRequest', 'List', 'Task'];

/** Whose what was agreed is. */
const agreedElements: Readonly<Record<string, string>> = {
  RelatedPerson: 'patient',
  CareTeam: 'subject',
  Consent: 'patient',
};

/** A version of a resource, with references to what was planned before. */
const versionOf = (dice: Dice, type: string, id: string, earlier: readonly Planned[]): PlannedVersion => {
  const category = dice.one(['laboratory', 'vital-signs']);
  const drawnOwner = type === 'Patient' ? id : dice.one(['a', 'a', 'a', 'b', 'b', 'c', '']);
  const to = (...of: readonly string[]): string => {
    const ids = earlier.filter((one) => of.includes(one.type)).map((one) => `${one.type}/${one.id}`);
    const chosen = ids.length === 0 ? `${of[0]}/absent` : dice.one(ids);
    return dice.chance(0.1) ? `${chosen}/_history/1` : chosen;
  };
  const isThrough = throughTypes.includes(type);
  const targets = earlier.filter((one) => Object.hasOwn(ownedTypes, one.type));
  const target = isThrough && targets.length > 0 ? dice.one(targets) : undefined;
  const of = target?.versions.at(-1)?.facts;
  // What speaks of another resource is at least as confidential.
  const least = of !== undefined && !isAtMost(of.level, 'N') ? of.level : 'N';
  const { labels: own, level: ownLevel } = isUnlabelled(type) ? plain : drawLabels(dice, least);
  const contained = drawContained(dice, type);
  const level = contained.labels.length === 0 ? ownLevel : higher(ownLevel, 'R');
  const date = `2026-0${dice.below(8) + 1}-1${dice.below(9)}`;
  const code = dice.one(codes);
  const content = contentOf(dice, {
    ...{ type, id, code, category, date, to },
    target: target === undefined ? 'Observation/absent' : `${target.type}/${target.id}`,
  });
  const element = ownedTypes[type] ?? agreedElements[type];
  const says = drawnOwner === '' ? reference('Group/all') : reference(`Patient/${drawnOwner}`);
  const entity = { entity: [{ what: reference(`Patient/${drawnOwner}`), role: { code: '1' } }] };
  const resource = {
    resourceType: type,
    id,
    ...(own.length === 0 ? {} : { meta: { security: own } }),
    ...(contained.resources.length === 0 ? {} : { contained: contained.resources }),
    ...content,
    ...(element === undefined ? {} : { [element]: says }),
    ...(type === 'AuditEvent' && drawnOwner !== '' ? entity : {}),
  } as Resource;
  const hasOwner = element !== undefined || type === 'Patient' || type === 'AuditEvent';
  const owner = isThrough ? (of?.owner ?? '') : hasOwner ? drawnOwner : '';
  const facts: Facts = {
    ...{ type, id, owner, level },
    names: namesIn(resource),
    // What speaks of another bears its labels, too.
    labels: [...own, ...contained.labels, ...(of?.labels ?? [])],
    category: type === 'Observation' ? category : '',
    code: codedTypes.includes(type) ? code : '',
    ...datesOf(type, date),
  };
  return { facts, resource };
};

/** Content that somebody sends. */
export const drawContent = (dice: Dice, type: string, id: string, plan: readonly Planned[]): Resource =>
  versionOf(dice, type, id, plan).resource;

/** Types of which a later version may be of another owner or level. Nothing of these planned here is anybody's through them. */
const changes = (type: string): boolean => Object.hasOwn(ownedTypes, type);

/** A resource with one version, without a label. */
const plainly = (resource: Resource, owner: string, more: Partial<Facts> = {}): Planned => {
  const { resourceType: type, id = '' } = resource;
  const names = namesIn(resource);
  const facts: Facts = { type, id, owner, names, level: 'N', labels: [], category: '', code: '', ...more };
  return { type, id, versions: [{ facts, resource }], deleted: false };
};

const peopleOfTheHouse = (): readonly Planned[] =>
  [
    { resourceType: 'Organization', id: workplace, name: 'Adler' },
    ...practitioners.map((id) => ({ resourceType: 'Practitioner', id, name: [{ family: 'Biber' }] })),
    {
      resourceType: 'PractitionerRole',
      id: 'pr1',
      active: true,
      practitioner: reference('Practitioner/d1'),
      organization: reference(`Organization/${workplace}`),
    },
  ].map((resource) => plainly(resource as Resource, ''));

const consentPlanned = (consent: PlannedConsent): Planned => {
  const day = Date.parse(new Date(consent.given).toISOString().slice(0, 10));
  return plainly(consentResource(consent), consent.patient, {
    givenBy: consent.grantor,
    dated: [day, day + dayAfter],
  });
};
const teamPlanned = (team: Agreements['teams'][number]): Planned => {
  const { from, until, patient } = team;
  const held =
    from === undefined && until === undefined ? {} : { dated: [from ?? -Infinity, until ?? Infinity] as const };
  return plainly(teamResource(team), patient, held);
};

const agreedResources = ({ teams, relatives, consents }: Agreements): readonly Planned[] => [
  ...teams.map(teamPlanned),
  ...relatives.map((relative) => plainly(relativeResource(relative), relative.patient)),
  ...consents.map(consentPlanned),
];

/** @param size resources beside the patients and what was agreed; @param grants of those who will ask */
export const planWorld = (dice: Dice, size: number, grants: readonly PlannedConsent[] = []): WorldPlan => {
  const plan: Planned[] = [...peopleOfTheHouse()];
  for (const id of patients) {
    const { resource } = versionOf(dice, 'Patient', id, plan);
    plan.push(plainly({ ...resource, meta: {} } as Resource, id));
  }
  for (let number = 0; number < size; number += 1) {
    const type = dice.one(drawn);
    const id = `x${number}`;
    const versions = Array.from({ length: changes(type) && dice.chance(0.3) ? 2 + dice.below(2) : 1 }, () =>
      versionOf(dice, type, id, plan),
    );
    plan.push({ type, id, versions, deleted: changes(type) && dice.chance(0.12) });
  }
  const ids = plan.filter(({ type }) => Object.hasOwn(ownedTypes, type)).map(({ type, id }) => `${type}/${id}`);
  const agreed = drawAgreements(dice, ids.length === 0 ? ['Observation/absent'] : ids);
  return { agreed, resources: [...plan, ...agreedResources(agreed), ...grants.map(consentPlanned)] };
};
