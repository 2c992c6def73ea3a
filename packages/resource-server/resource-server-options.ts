/** What a resource server is made of: its neighbours, and what is its own. SMART App Launch 2.2; RFC 6750; RFC 9068. */
import type { AuditLog } from '@affinity/core/fhir/audit-event.ts';
import type { Backend } from '@affinity/core/fhir/backend.ts';
import type { SmartCapability } from '@affinity/core/smart/configuration.ts';
import type { GrantState } from '@affinity/core/smart/grant-state.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import type { ProofNeighbours } from '@affinity/proof/dpop-check.ts';
import type { JSONWebKeySet } from 'jose';
import type { DocumentFault, Objects, PatientsIdentified, Validate } from './asked.ts';
import type { Introspect } from './authenticate.ts';
import type { AllowsOrigin } from './cors.ts';
import type { ForeignIssuers } from './foreign-issuers.ts';
import type { Limits } from './limits.ts';
import type { OpenReads } from './open-reads.ts';
import type { OwnOperation } from './own-operation.ts';
import type { PrepareWrites } from './prepare-writes.ts';
import type { PublicOptions } from './public-documents.ts';

export interface ResourceServerOptions {
  /** as the audit log knows it: `clinic` */
  readonly name: string;
  /** absolute URL of the FHIR base, without trailing slash; also under which its resources are known */
  readonly base: string;
  readonly backend: Backend;
  readonly audit: AuditLog;
  /** `iss` of its access tokens */
  readonly issuer: string;
  /** `aud` of its access tokens; the base unless told */
  readonly audience?: string;
  /** the issuer's public keys; called for every request, so it should remember them */
  readonly keys: () => Promise<JSONWebKeySet>;
  readonly algorithms?: readonly string[];
  readonly grants: GrantState;
  /** describes tokens that are references; without it only signed ones are taken */
  readonly introspect?: Introspect;
  /** other domains whose tokens count here, within limits; without it none */
  readonly foreign?: ForeignIssuers;
  /** tokens that are bound to a key are taken where this is given, each time with a proof (RFC 9449) */
  readonly proofs?: ProofOptions;
  /** RFC 8414 metadata of the issuer */
  readonly authorizationMetadata: () => object | Promise<object>;
  /** what the whole can do, for smart-configuration */
  readonly smartCapabilities: readonly SmartCapability[];
  readonly managementEndpoint?: string;
  readonly brands?: NonNullable<PublicOptions['brands']>;
  readonly associated?: NonNullable<PublicOptions['associated']>;
  /** what decisions need to know of a user beside the token */
  readonly facts: (principal: Principal) => DecisionFacts | Promise<DecisionFacts>;
  /** secret of at least 32 bytes that seals page links; the same in every process of this server */
  readonly pageKey: Uint8Array;
  /** origins of registered clients that run in a browser */
  readonly allowsOrigin: AllowsOrigin;
  readonly limits?: Partial<Limits>;
  /** an update of what is not there creates it, for those who reach every record; not unless told */
  readonly updateCreate?: boolean;
  /** makes of a write what is judged: it may change and add, and decides nothing */
  readonly prepare?: PrepareWrites;
  /** a Binary is given as the document that it holds, if there is nothing wrong with it; not unless told */
  readonly documents?: DocumentFault;
  /** It stands in front of another system, whose content it narrows and puts into its own words: said with every answer. FHIR R4 http.html#custom. */
  readonly isIntermediary?: boolean;
  /** operations of its own, each behind the guard */
  readonly operations?: readonly OwnOperation[];
  /** types that anybody reads without a token; `facts` must say the same of them */
  readonly openReads?: OpenReads;
  /** a rule of its own about writes, beside the rights: it can only refuse */
  readonly objects?: Objects;
  /** says what is wrong with a resource: `$validate` is offered where it is given */
  readonly validate?: Validate;
  /** `patient.identifier` takes any identifier of the person where this is given, and the CapabilityStatement says so */
  readonly patientsIdentified?: PatientsIdentified;
  /** what of terminology can be asked, for `/metadata?mode=terminology`; without its date */
  readonly terminologyCapabilities?: () => object | Promise<object>;
  /** canonical URLs of what the server as a whole conforms to, and of profiles by type, for the CapabilityStatement */
  readonly instantiates?: readonly string[];
  readonly supportedProfiles?: Readonly<Record<string, readonly string[]>>;
  /** what is done for a request is done within it: its id goes along to foreign systems, and its end ends their work */
  readonly within?: <Result>(
    context: { readonly requestId: string; readonly signal: AbortSignal },
    work: () => Promise<Result>,
  ) => Promise<Result>;
  /** epoch milliseconds */
  readonly now: () => number;
  /** for operators: never given a token or a value of a record */
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
}

export interface ProofOptions extends Pick<ProofNeighbours, 'useOnce' | 'nonces' | 'requireNonce'> {
  /** others are not taken */
  readonly required: boolean;
}
