/**
 * A privacy Consent as decisions read it: a base provision and its exceptions, each with what it speaks of. FHIR R4
 * consent.html; IHE PCF. `consent-parse.ts` reads it from the resource.
 */
import type { Coding } from './resource.ts';

/** An inclusive begin and an exclusive end, epoch milliseconds; absent: open. */
export interface Span {
  readonly start?: number;
  readonly end?: number;
}

/** Somebody a provision speaks of: a resource of this server, or somebody known by an identifier. */
export interface ConsentActor {
  /** `IRCP` and others of v3-ParticipationType or the like */
  readonly roles: readonly Coding[];
  /** `Practitioner/3` */
  readonly reference?: string;
  readonly identifier?: { readonly system?: string; readonly value: string };
}

/** `untold`: it hangs on something of another server in a way that cannot be told here; no Consent says so by itself. */
export type DataMeaning = 'instance' | 'related' | 'dependents' | 'authoredby' | 'untold';

/** One rule of a Consent. A list that is empty speaks of everything; one that is not, of what is in it. */
export interface Provision {
  /** an exception says which; the base provision too, as far as it is read */
  readonly type: 'permit' | 'deny';
  /** when the rule holds */
  readonly period?: Span;
  readonly actors: readonly ConsentActor[];
  /** codes of http://terminology.hl7.org/CodeSystem/consentaction */
  readonly actions: readonly string[];
  readonly securityLabels: readonly Coding[];
  /** mostly of v3-ActReason */
  readonly purposes: readonly Coding[];
  /** resource types, profiles and the like */
  readonly classes: readonly Coding[];
  /** each a concept: any of its codings will do */
  readonly codes: readonly (readonly Coding[])[];
  /** of the data, not of the rule */
  readonly dataPeriod?: Span;
  readonly data: readonly { readonly meaning: DataMeaning; readonly type: string; readonly id: string }[];
  /** exceptions to this rule */
  readonly provisions: readonly Provision[];
}

/** A Consent that is active and about privacy. */
export interface PrivacyConsent {
  readonly id: string;
  /** bare id; absent where nobody's record is named, as in the grant of a clinician */
  readonly patient?: string;
  /** when it was given, epoch milliseconds; 0 where it does not say */
  readonly given: number;
  /** `Patient/1`, `RelatedPerson/3`: who gave it */
  readonly grantors: readonly string[];
  readonly provision: Provision;
}

/** The system of the identifier by which an actor of a Consent names an OAuth client: its value is the `client_id`. */
export const clientSystem = 'urn:affinity:client';

/** The id of the Consent that an OAuth grant is: `grant-` and the grant's id. */
export const grantConsentId = (grant: string): string => `grant-${grant}`;
export const isGrantConsentId = (id: string): boolean => id.startsWith('grant-');

/** When something of a rule, or of its exceptions, begins or is over: epoch milliseconds, in no order. */
export const instantsOf = ({ period, provisions }: Provision): readonly number[] => [
  ...(period?.start === undefined ? [] : [period.start]),
  ...(period?.end === undefined ? [] : [period.end]),
  ...provisions.flatMap(instantsOf),
];
