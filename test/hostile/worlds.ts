/**
 * Worlds of records drawn from a seed, and who may see what of them: said here from the plan alone, so that the policy is
 * not its own judge. FHIR R4 security.html#access-control.
 */
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Dice } from '../proofs/dice.ts';

/** What decides whether somebody may see a version. */
export interface Facts {
  readonly type: string;
  /** one patient, or '' for nobody */
  readonly owner: string;
  readonly level: Confidentiality;
  readonly category: string;
}
export interface PlannedVersion {
  readonly facts: Facts;
  readonly resource: Resource;
}
export interface Planned {
  readonly type: string;
  readonly id: string;
  /** oldest first; the last is the current one */
  readonly versions: readonly PlannedVersion[];
  readonly deleted: boolean;
}

export const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
export const categorySystem = 'http://terminology.hl7.org/CodeSystem/observation-category';
export const patients = ['a', 'b', 'c'] as const;
export const codes = ['k1', 'k2', 'k3'] as const;
export const names = ['Adler', 'Biber', 'Dachs'] as const;

const levels: readonly Confidentiality[] = ['U', 'L', 'M', 'N', 'R', 'V'];
export const isAtMost = (level: Confidentiality, limit: Confidentiality): boolean =>
  levels.indexOf(level) <= levels.indexOf(limit);

/** Types of one patient's record, with the element that says whose it is. */
const owned: Readonly<Record<string, string>> = {
  Observation: 'subject',
  Condition: 'subject',
  Encounter: 'subject',
  DiagnosticReport: 'subject',
  DocumentReference: 'subject',
  MedicationRequest: 'subject',
  List: 'subject',
  Composition: 'subject',
  Task: 'for',
  RelatedPerson: 'patient',
};
export const sharedTypes: readonly string[] = ['Organization', 'Practitioner', 'Location', 'ValueSet'];
const through = ['Provenance', 'Binary'];
/** Nobody's record by their type: only who reaches all sees them. */
const nobodys = ['Group', 'Appointment'];
const drawn: readonly string[] = [
  'Observation',
  'Observation',
  'Observation',
  ...Object.keys(owned),
  ...sharedTypes,
  ...through,
  ...nobodys,
  'AuditEvent',
];
export const types: readonly string[] = [...new Set(['Patient', ...drawn])];

const coded = (code: string, system = 'urn:codes') => ({ coding: [{ system, code, display: `Code ${code}` }] });
const reference = (to: string) => ({ reference: to });

const contentOf = (
  dice: Dice,
  { type, id, code, category, date }: Readonly<Record<'type' | 'id' | 'code' | 'category' | 'date', string>>,
  to: (...of: readonly string[]) => string,
  target: string,
): object => {
  const identifier = [{ system: 'urn:ids', value: dice.chance(0.7) ? `n-${id}` : `n-${dice.one(codes)}` }];
  const name = dice.one(names);
  const known = { identifier, code: coded(code) };
  switch (type) {
    case 'Patient':
      return {
        name: [{ family: name, given: [dice.one(names)] }],
        birthDate: date,
        gender: dice.one(['male', 'female']),
        generalPractitioner: [reference(to('Practitioner', 'Organization'))],
        managingOrganization: reference(to('Organization')),
        link: [{ other: reference(to('Patient')), type: 'seealso' }],
      };
    case 'Observation':
      return {
        ...known,
        status: dice.one(['final', 'amended']),
        category: [coded(category, categorySystem)],
        effectiveDateTime: date,
        valueQuantity: { value: dice.below(20), unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' },
        performer: [reference(to('Practitioner', 'Organization', 'RelatedPerson'))],
        encounter: reference(to('Encounter')),
        hasMember: [reference(to('Observation'))],
      };
    case 'Condition':
      return { ...known, recordedDate: date, encounter: reference(to('Encounter')) };
    case 'Encounter':
      return {
        identifier,
        status: 'finished',
        class: { system: 'urn:codes', code },
        period: { start: date },
        serviceProvider: reference(to('Organization')),
        location: [{ location: reference(to('Location')) }],
      };
    case 'DiagnosticReport':
      return { ...known, status: 'final', effectiveDateTime: date, result: [reference(to('Observation'))] };
    case 'DocumentReference':
      return {
        identifier,
        status: 'current',
        type: coded(code),
        date: `${date}T08:00:00Z`,
        content: [{ attachment: { contentType: 'text/plain', url: to('Binary') } }],
        context: { encounter: [reference(to('Encounter'))] },
      };
    case 'MedicationRequest':
      return {
        identifier,
        status: 'active',
        intent: 'order',
        medicationCodeableConcept: coded(code),
        authoredOn: date,
        requester: reference(to('Practitioner')),
        reasonReference: [reference(to('Condition'))],
      };
    case 'List':
      return {
        status: 'current',
        mode: 'working',
        code: coded(code),
        entry: [{ item: reference(to('Observation', 'Condition')) }],
      };
    case 'Composition':
      return {
        status: 'final',
        type: coded(code),
        date,
        title: name,
        author: [reference(to('Practitioner'))],
        section: [{ title: name, entry: [reference(to('Observation', 'Condition'))] }],
      };
    case 'Task':
      return {
        status: 'requested',
        intent: 'order',
        code: coded(code),
        focus: reference(to('Observation', 'MedicationRequest')),
      };
    case 'RelatedPerson':
      return { name: [{ family: name }], relationship: [coded(code)] };
    case 'Organization':
      return { identifier, name, partOf: reference(to('Organization')) };
    case 'Practitioner':
      return { identifier, name: [{ family: name }] };
    case 'Location':
      return {
        name,
        position: { latitude: dice.below(5), longitude: dice.below(5) },
        managingOrganization: reference(to('Organization')),
      };
    case 'ValueSet':
      return { url: `http://values.example/${id}`, version: '1', status: 'draft', name };
    case 'Provenance':
      return {
        target: [reference(target)],
        recorded: `${date}T08:00:00Z`,
        agent: [{ who: reference(to('Practitioner')) }],
      };
    case 'Binary':
      return { contentType: 'text/plain', data: 'dGV4dA==', securityContext: reference(target) };
    case 'Group':
      return { type: 'person', actual: true, code: coded(code), member: [{ entity: reference(to('Patient')) }] };
    case 'Appointment':
      return { status: 'booked', participant: [{ actor: reference(to('Patient')), status: 'accepted' }] };
    default:
      return {
        type: { system: 'urn:codes', code },
        recorded: `${date}T08:00:00Z`,
        agent: [{ who: reference(to('Practitioner')), requestor: true }],
        source: { observer: { display: 'another house' } },
      };
  }
};

/** A version of a resource, with references to what was planned before. */
const versionOf = (dice: Dice, type: string, id: string, earlier: readonly Planned[]): PlannedVersion => {
  const ownLevel = dice.one<Confidentiality>(['N', 'N', 'N', 'N', 'R', 'R', 'V']);
  const category = dice.one(['laboratory', 'vital-signs']);
  const drawnOwner = type === 'Patient' ? id : dice.one(['a', 'a', 'a', 'b', 'b', 'c', '']);
  const to = (...of: readonly string[]): string => {
    const ids = earlier.filter((one) => of.includes(one.type)).map((one) => `${one.type}/${one.id}`);
    const chosen = ids.length === 0 ? `${of[0]}/absent` : dice.one(ids);
    return dice.chance(0.1) ? `${chosen}/_history/1` : chosen;
  };
  const isThrough = through.includes(type);
  const targets = earlier.filter((one) => Object.hasOwn(owned, one.type));
  const target = isThrough && targets.length > 0 ? dice.one(targets) : undefined;
  const of = target?.versions.at(-1)?.facts;
  // What speaks of another resource is at least as confidential.
  const level = of !== undefined && isAtMost(ownLevel, of.level) ? of.level : ownLevel;
  const date = `2026-0${dice.below(8) + 1}-1${dice.below(9)}`;
  const given = { type, id, code: dice.one(codes), category, date };
  const element = owned[type];
  const says = drawnOwner === '' ? reference('Group/all') : reference(`Patient/${drawnOwner}`);
  const entity = { entity: [{ what: reference(`Patient/${drawnOwner}`), role: { code: '1' } }] };
  const resource = {
    resourceType: type,
    id,
    ...(level === 'N' && dice.chance(0.5) ? {} : { meta: { security: [{ system: confidentiality, code: level }] } }),
    ...contentOf(dice, given, to, target === undefined ? 'Observation/absent' : `${target.type}/${target.id}`),
    ...(element === undefined ? {} : { [element]: says }),
    ...(type === 'AuditEvent' && drawnOwner !== '' ? entity : {}),
  } as Resource;
  const hasOwner = element !== undefined || type === 'Patient' || type === 'AuditEvent';
  const owner = isThrough ? (of?.owner ?? '') : hasOwner ? drawnOwner : '';
  return { facts: { type, owner, level, category: type === 'Observation' ? category : '' }, resource };
};

/** Content that somebody sends. */
export const drawContent = (dice: Dice, type: string, id: string, plan: readonly Planned[]): Resource =>
  versionOf(dice, type, id, plan).resource;

/** Types of which a later version may be of another owner or level. Nothing of these planned here is anybody's through them. */
const changes = (type: string): boolean => Object.hasOwn(owned, type);

/** @param size resources beside the three patients */
export const planWorld = (dice: Dice, size: number): readonly Planned[] => {
  const plan: Planned[] = [];
  for (const id of patients) {
    const { facts, resource } = versionOf(dice, 'Patient', id, plan);
    plan.push({
      type: 'Patient',
      id,
      versions: [{ facts: { ...facts, level: 'N' }, resource: { ...resource, meta: {} } as Resource }],
      deleted: false,
    });
  }
  for (let number = 0; number < size; number += 1) {
    const type = dice.one(drawn);
    const id = `x${number}`;
    const versions = Array.from({ length: changes(type) && dice.chance(0.3) ? 2 + dice.below(2) : 1 }, () =>
      versionOf(dice, type, id, plan),
    );
    plan.push({ type, id, versions, deleted: changes(type) && dice.chance(0.12) });
  }
  return plan;
};
