/** Who asks, and with what: what a valid access token says. SMART App Launch 2.2; RFC 9068. */
import type { Confidentiality } from '../fhir/filter.ts';
import type { ResourceScope } from './scope.ts';

export interface Principal {
  /** nobody: no token was sent, and nothing else is known; the client and the token are empty then */
  readonly anonymous?: true;
  readonly clientId: string;
  /** jti of the access token */
  readonly tokenId: string;
  /** client_ids of the servers that hold the token for the app, the one that acts now first; absent: the app itself acts */
  readonly actors?: readonly string[];
  /** the token says that it is a backend service's own (RFC 9068 §2.2: `sub` is the client); never beside `user` */
  readonly service?: true;
  /**
   * the token is of another domain: who issued it, and whom or what it names there. Never beside `user`, `fhirUser`, `grant`
   * or `clearance`; `clientId` begins with the issuer, and `patient` was found by an identifier, not by a claim of that name
   */
  readonly foreign?: { readonly issuer: string; readonly subject: string };
  /** subject of the user at the issuer; absent for a backend service */
  readonly user?: string;
  /** relative reference such as `Patient/12` or `Practitioner/3` */
  readonly fhirUser?: string;
  /** the grant that the token came from; absent for a backend service */
  readonly grant?: string;
  /** the resource scopes of the token; whatever is not one is left out */
  readonly scopes: readonly ResourceScope[];
  /** id of the patient in context */
  readonly patient?: string;
  /** thumbprint of the key to which the token is bound: it is worth nothing without a proof of it (RFC 9449 §6) */
  readonly key?: string;
  /** highest confidentiality that the token may see; absent: N */
  readonly clearance?: Confidentiality;
  /** why, as codes of v3-ActReason (IUA `purpose_of_use`); none: it is not known, and nothing is assumed */
  readonly purposes?: readonly string[];
}
