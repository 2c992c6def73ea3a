/**
 * What a decision needs to know beside who asks and what is asked. Whoever calls `decide` gathers it. A fact that is left
 * out never widens: what hangs on it is denied.
 */
import type { PrivacyConsent } from '@affinity/core/fhir/consent.ts';
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';

/** What holds for a patient who has no Consent in force (IHE PCF, implicit policies). */
export type ImplicitConsent = 'permit' | 'deny' | 'emergency-only';

/** What a patient's Consents say, as far as they can be understood. */
export interface PatientConsents {
  /** in force or not yet or no longer: periods are judged by the decision */
  readonly consents: readonly PrivacyConsent[];
  /** one that is active cannot be understood: it is taken as denying everything */
  readonly faulty: boolean;
}

export interface ConsentFacts {
  readonly implicit: ImplicitConsent;
  /**
   * patients without any are left out; what follows from a map or a Consent is remembered by its identity, so that a change
   * makes another
   */
  readonly byPatient: ReadonlyMap<string, PatientConsents>;
  /** whose Consents were looked up: a patient who was not is denied */
  readonly covers: 'everybody' | ReadonlySet<string>;
}

/** What a backend service may reach by its pre-agreed policy. SMART Backend Services. */
export interface ServiceFacts {
  readonly records: 'all' | readonly string[];
  /** highest confidentiality that it may see; N unless said */
  readonly clearance?: Confidentiality;
}

export interface DecisionFacts {
  /** when the decision is made, epoch milliseconds; without it no rule with a period permits */
  readonly now?: number;
  /** ids of the patients for whom the user may act, as proxy or for themself, at this moment */
  readonly patientsOf?: readonly string[];
  /** ids of the patients whom the practitioner cares for, by care team, as general practitioner or by organization */
  readonly caredFor?: readonly string[];
  /** references that are the user: `Practitioner/3`, its PractitionerRoles and Organizations, `RelatedPerson/7` */
  readonly actors?: readonly string[];
  /** a practitioner of this server may reach every record of it: a setting of the server, never a claim */
  readonly wholeServer?: boolean;
  /** the user may read the whole audit log: said of a person by an administrator, never by a claim */
  readonly auditor?: boolean;
  /** the user may declare an emergency: said of a person by an administrator, never by a claim */
  readonly emergency?: boolean;
  /** the caller may take labels off, or make a record less confidential: said by an administrator, never by a claim */
  readonly relabel?: boolean;
  /** types of this server that anybody may read: a setting of the server, never a claim */
  readonly open?: ReadonlySet<string>;
  /** the user may write what is of these types: said by an administrator, never by a claim */
  readonly publisher?: boolean;
  /** of a backend service */
  readonly service?: ServiceFacts;
  /** what the person's grant says at this moment: its Consent; absent where it has ended or cannot be read */
  readonly grant?: PrivacyConsent;
  readonly consents?: ConsentFacts;
}
