/** SMART scopes as a grammar. SMART App Launch 2.2, scopes-and-launch-context. */

export type Compartment = 'patient' | 'user' | 'system';
/** c create · r read, vread, instance history · u update, patch · d delete · s search, type and system history */
export type Permission = 'c' | 'r' | 'u' | 'd' | 's';

export interface ResourceScope {
  readonly compartment: Compartment;
  /** a FHIR R4 resource type, or `*` for all, present and future */
  readonly type: string;
  /** in the order c r u d s, without repetition, at least one */
  readonly permissions: readonly Permission[];
  /** search-parameter constraints, all of which a resource must meet; decoded, in the order given */
  readonly constraints: readonly { readonly param: string; readonly value: string }[];
  /** how it was asked for: an app that asks in v1 form is answered in v1 form */
  readonly form: 'v1' | 'v2';
}
