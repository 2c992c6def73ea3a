/** What every part of the guard works with, for one request of one caller. */
import type { Backend, Interactions, Version } from '@affinity/core/fhir/backend.ts';
import type { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Change, DocumentFault, PatientsIdentified, Validate } from '../asked.ts';
import type { About } from './about.ts';
import type { OwnedFacts, WrittenFacts } from './owned-facts.ts';
import type { Rights } from './rights.ts';

export interface Surroundings {
  readonly backend: Backend;
  readonly rights: Rights;
  /** the facts of a resource that would be written; `within` knows what its transaction has written */
  readonly factsOf: (resource: Resource, written?: WrittenFacts) => Promise<OwnedFacts>;
  /** what the log is told of a version */
  readonly aboutOf: (version: Version) => About;
  /** what is wrong with whom the content of a write speaks for: this domain in an AuditEvent, others in a Provenance */
  readonly falseClaim: (resource: Resource) => FhirError | undefined;
  /** types that are offered at this moment */
  readonly types: () => readonly string[];
  /** whether an update of what is not there creates it, by the setting */
  readonly updateCreate: boolean;
  /** how deep what a patch makes may nest */
  readonly jsonDepth: number;
  readonly validate?: Validate;
  /** a Binary is shown only with what it is in a record through, and if there is nothing wrong with it */
  readonly documents?: DocumentFault;
  readonly ownBases: readonly string[];
  /** what the server itself has against a change */
  readonly objects: (change: Omit<Change, 'principal'>) => Promise<FhirError | undefined>;
  /** by an identifier of the person, whoever gave it; absent: identifiers are those of this server alone */
  readonly patientsIdentified?: PatientsIdentified;
  /** for one question: the caller has gone, or its time is up */
  readonly signal: () => AbortSignal | undefined;
}

export const signalling = (signal: AbortSignal | undefined): { readonly signal?: AbortSignal } =>
  signal === undefined ? {} : { signal };

/** Where a write is made: the backend itself, or a transaction of it. */
export type On = Interactions;
