/** What a world is made of, as it is planned: versions of resources with what decides who may see them, and what was agreed. */
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import type { Coding, Resource } from '@affinity/core/fhir/resource.ts';

/** What decides whether somebody may see a version. */
export interface Facts {
  readonly type: string;
  readonly id: string;
  /** one patient, or '' for nobody */
  readonly owner: string;
  /** every patient whom it refers to */
  readonly names: readonly string[];
  readonly level: Confidentiality;
  readonly labels: readonly Coding[];
  readonly category: string;
  /** of its `code` */
  readonly code: string;
  /** of the care it speaks of: the first instant and the one after the last; absent where it has none */
  readonly dated?: readonly [from: number, until: number];
  /** of a Consent: who gave it */
  readonly givenBy?: string;
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

/** When something holds, epoch milliseconds; open where nothing is said. */
export interface Holding {
  readonly from?: number;
  readonly until?: number;
}

/** A rule of a planned Consent. What is left out is not asked for. */
export interface PlannedProvision extends Holding {
  readonly type: 'permit' | 'deny';
  /** `Practitioner/d1`, or the client_id of an app */
  readonly actor?: string;
  readonly role?: string;
  readonly purpose?: string;
  readonly class?: string;
  readonly code?: string;
  readonly label?: Coding;
  /** `Observation/x1` */
  readonly data?: string;
  /** of the data */
  readonly dataFrom?: number;
  readonly dataUntil?: number;
  readonly provisions: readonly PlannedProvision[];
}
export interface PlannedConsent {
  readonly id: string;
  readonly patient: string;
  readonly active: boolean;
  /** nobody can understand it */
  readonly faulty: boolean;
  readonly given: number;
  readonly grantor: string;
  readonly provision: PlannedProvision;
}
/** Who cares for a patient, or acts for one, and when. */
export interface Bond extends Holding {
  readonly patient: string;
  /** `Practitioner/d1`, `RelatedPerson/r1` */
  readonly who: string;
  readonly active: boolean;
}
export interface Agreements {
  readonly teams: readonly (Bond & { readonly id: string; readonly member: string })[];
  readonly relatives: readonly Bond[];
  readonly consents: readonly PlannedConsent[];
  /** of a patient without any Consent in force */
  readonly implicit: 'permit' | 'deny';
}
export interface WorldPlan {
  readonly resources: readonly Planned[];
  readonly agreed: Agreements;
}

/** The day on which every world begins, so that a seed gives the same world on every day. */
export const beginning = Date.UTC(2026, 9, 1, 8);

export const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
export const sensitivity = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
export const actReason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
export const categorySystem = 'http://terminology.hl7.org/CodeSystem/observation-category';
export const codeSystem = 'urn:codes';
export const patients = ['a', 'b', 'c'] as const;
export const codes = ['k1', 'k2', 'k3'] as const;
export const names = ['Adler', 'Biber', 'Dachs'] as const;

const levels: readonly Confidentiality[] = ['U', 'L', 'M', 'N', 'R', 'V'];
export const isAtMost = (level: Confidentiality, limit: Confidentiality): boolean =>
  levels.indexOf(level) <= levels.indexOf(limit);
export const higher = (one: Confidentiality, other: Confidentiality): Confidentiality =>
  isAtMost(one, other) ? other : one;

/** Types of one patient's record, with the element that says whose it is. */
export const ownedTypes: Readonly<Record<string, string>> = {
  Observation: 'subject',
  Condition: 'subject',
  Encounter: 'subject',
  DiagnosticReport: 'subject',
  DocumentReference: 'subject',
  MedicationRequest: 'subject',
  List: 'subject',
  Composition: 'subject',
  Task: 'for',
  Device: 'patient',
};
/** Types of a record that are there by what was agreed. */
export const agreedTypes = ['RelatedPerson', 'CareTeam', 'Consent'] as const;
export const sharedTypes: readonly string[] = [
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'Location',
  'ValueSet',
];
export const throughTypes: readonly string[] = ['Provenance', 'Binary'];
/** Nobody's record by their type: only who reaches all sees them. */
export const nobodys: readonly string[] = ['Group', 'Appointment'];
export const types: readonly string[] = [
  'Patient',
  ...Object.keys(ownedTypes),
  ...agreedTypes,
  ...sharedTypes,
  ...throughTypes,
  ...nobodys,
  'AuditEvent',
];
