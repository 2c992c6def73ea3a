/** What stands in the resources of a world, by type, with references to what was planned before. FHIR R4 resourcelist.html. */
import type { Dice } from '../proofs/dice.ts';
import { categorySystem, codeSystem, codes, names } from './world-plan.ts';

export interface Drawn {
  readonly type: string;
  readonly id: string;
  readonly code: string;
  readonly category: string;
  /** a day */
  readonly date: string;
  /** of a Provenance or a Binary: what it is of */
  readonly target: string;
  /** a reference to something of one of these types */
  readonly to: (...of: readonly string[]) => string;
}

export const coded = (code: string, system = codeSystem) => ({ coding: [{ system, code, display: `Code ${code}` }] });
export const reference = (to: string) => ({ reference: to });
/** What kind of thing it is, where no `code` says it. */
const kind = (code: string) => coded(code, 'urn:kinds');

export const contentOf = (dice: Dice, { type, id, code, category, date, target, to }: Drawn): object => {
  const identifier = [{ system: 'urn:ids', value: dice.chance(0.7) ? `n-${id}` : `n-${dice.one(codes)}` }];
  const name = dice.one(names);
  const known = { identifier, code: coded(code) };
  switch (type) {
    case 'Patient':
      return {
        name: [{ family: name, given: [dice.one(names)] }],
        birthDate: date,
        gender: dice.one(['male', 'female']),
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
        device: reference(to('Device')),
      };
    case 'Condition':
      return { ...known, recordedDate: date, encounter: reference(to('Encounter')) };
    case 'Encounter':
      return {
        identifier,
        status: 'finished',
        class: { system: 'urn:kinds', code },
        period: { start: date, end: date },
        serviceProvider: reference(to('Organization')),
        location: [{ location: reference(to('Location')) }],
        participant: [{ individual: reference(to('Practitioner', 'PractitionerRole')) }],
      };
    case 'DiagnosticReport':
      return { ...known, status: 'final', effectiveDateTime: date, result: [reference(to('Observation'))] };
    case 'DocumentReference':
      return {
        identifier,
        status: 'current',
        type: kind(code),
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
        type: kind(code),
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
    case 'Device':
      return { identifier, status: 'active', type: kind(code), owner: reference(to('Organization')) };
    case 'RelatedPerson':
      return { active: true, name: [{ family: name }], relationship: [kind(code)] };
    case 'CareTeam':
      return { status: 'active', participant: [{ member: reference(to('Practitioner', 'PractitionerRole')) }] };
    case 'Consent':
      return {
        status: 'active',
        scope: coded('patient-privacy', 'http://terminology.hl7.org/CodeSystem/consentscope'),
        category: [coded('59284-0', 'http://loinc.org')],
        dateTime: date,
        performer: [reference(to('Patient', 'RelatedPerson'))],
        provision: {
          type: dice.one(['permit', 'deny']),
          data: [{ meaning: 'instance', reference: reference(to('Observation')) }],
        },
      };
    case 'Organization':
      return { identifier, name, partOf: reference(to('Organization')) };
    case 'Practitioner':
      return { identifier, name: [{ family: name }] };
    case 'PractitionerRole':
      return { identifier, active: false, organization: reference(to('Organization')), specialty: [kind(code)] };
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
      return { type: 'person', actual: true, code: kind(code), member: [{ entity: reference(to('Patient')) }] };
    case 'Appointment':
      return { status: 'booked', participant: [{ actor: reference(to('Patient')), status: 'accepted' }] };
    default:
      return {
        type: { system: 'urn:kinds', code },
        recorded: `${date}T08:00:00Z`,
        agent: [{ who: reference(to('Practitioner')), requestor: true }],
        source: { observer: { display: 'another house' } },
      };
  }
};
