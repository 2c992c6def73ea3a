/** What a launch tells an app beside its tokens. SMART App Launch 2.2, scopes-and-launch-context. */
import type { ActorClaim } from '../oauth/actor.ts';
import type { Confirmation } from '../oauth/confirmation.ts';
import type { PurposeClaim } from './purpose-of-use.ts';

/** What else is in context. SMART App Launch 2.2, fhirContext: an array of objects, never of strings. */
export interface FhirContextItem {
  /** relative reference on the server that the token is for */
  readonly reference?: string;
  readonly canonical?: string;
  readonly identifier?: { readonly system?: string; readonly value: string };
  readonly type?: string;
  /** absent: `launch` */
  readonly role?: string;
}

/**
 * Kept with the grant beside its patient, and given again with every refresh, under the names of the token response. Ids are
 * bare (`12`, not `Encounter/12`).
 */
export interface LaunchContext {
  readonly encounter?: string;
  readonly fhirContext?: readonly FhirContextItem[];
  readonly intent?: string;
  readonly tenant?: string;
  readonly need_patient_banner?: boolean;
  /** absolute URL; its content never changes */
  readonly smart_style_url?: string;
}

/**
 * Claims of our access tokens beside those of RFC 9068 §2.2 (`iss exp aud sub client_id iat jti scope`).
 * `sub` of a backend service is its client_id.
 */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly aud: string | readonly string[];
  readonly sub: string;
  readonly client_id: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly scope: string;
  /** of the sign-in that the token comes from: RFC 9068 §2.2.1, RFC 9470 §6.1 */
  readonly auth_time?: number;
  readonly acr?: string;
  /** bare id of the patient in context */
  readonly patient?: string;
  /** absolute URL of the user's resource */
  readonly fhirUser?: string;
  /** the grant whose end is the token's end; absent for client_credentials */
  readonly grant_id?: string;
  /** v3-Confidentiality code up to which the person let the app see; absent: N */
  readonly clearance?: string;
  /** the key whose holder may use it; absent: whoever bears it */
  readonly cnf?: Confirmation;
  /** the servers that hold it for the app, where it came by exchange */
  readonly act?: ActorClaim;
  /** why, and by which Consent: IHE IUA, IHE PCF */
  readonly extensions?: Partial<PurposeClaim> & Partial<ConsentClaim>;
}

/** By which Consent the token was given, for whoever reads it elsewhere: our own servers judge by the Consent itself. IHE PCF. */
export interface ConsentClaim {
  readonly ihe_pcf: { readonly patient_id: string; readonly doc_id: readonly string[] };
}

/**
 * Both absolute URLs. No `residual`: what the Consent leaves out, the scopes and the resource server leave out (IHE PCF,
 * updates to ITI-71).
 */
export const consentClaim = (patient: string, consent: string): ConsentClaim => ({
  ihe_pcf: { patient_id: patient, doc_id: [consent] },
});
