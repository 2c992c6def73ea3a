/** What is asked of the guard: a request, or an entry of a Bundle, after the door. FHIR R4 http.html. */
import type { EverythingOf } from '@affinity/core/fhir/backend.ts';
import type { HistoryPage } from '@affinity/core/fhir/interaction.ts';
import type { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Content, Resource } from '@affinity/core/fhir/resource.ts';
import type { SearchQuery, Subset, SystemQuery } from '@affinity/core/fhir/search-query.ts';
import type { PersonIdentifier } from '@affinity/core/identity/person-index.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { Intent } from '@affinity/policy/decision.ts';
import type { Loaded } from './body.ts';
import type { Representation } from './negotiation.ts';
import type { OperationAsked, OperationPlace, OwnOperation } from './own-operation.ts';

/** Reads what was sent, once the decision permits; the same again however often it is called. */
export type Load<Value> = () => Promise<Value | FhirError>;

/** A resource named by a search instead of an id. FHIR R4 http.html#cond-update. */
export interface Condition {
  readonly query: SearchQuery;
  /** what no other transaction may work on meanwhile */
  readonly hold: string;
}

/** What references of a transaction become: as they stand in the Bundle → `Type/id`. FHIR R4 http.html#trules. */
export type Identities = ReadonlyMap<string, string>;

interface Faulty {
  /** a fault of the request; told once the decision permits */
  readonly fault?: FhirError;
}

export type LookIntent = Extract<
  Intent,
  { kind: 'read' | 'vread' | 'history-instance' | 'history-type' | 'search-type' }
>;
export interface Looking extends Faulty {
  readonly kind: 'look';
  readonly intent: LookIntent;
  /** of a history: as it was understood, for its links */
  readonly understood?: Understood;
  /** of a search: names of parameters that are not known and were passed over */
  readonly ignored?: readonly string[];
}

export type WriteIntent = Extract<Intent, { kind: 'create' | 'update' | 'patch' | 'delete' }>;
/** Makes the JSON text of a new version from that of the current one, or says why it cannot. */
export type Patch = (json: string) => string | FhirError;
export interface Writing extends Faulty {
  readonly kind: 'write';
  readonly intent: WriteIntent;
  /** of a create or update */
  readonly content?: (identities?: Identities) => Promise<Loaded | FhirError>;
  /** of a patch */
  readonly patch?: Load<Patch>;
  readonly condition?: Condition;
  /** JSON text of a Provenance without target, stored with what is written */
  readonly provenance?: string;
  /** of an entry of a transaction: by what others refer to it */
  readonly fullUrl?: string;
  /** of an entry of a transaction: its references that are searches, by their text */
  readonly references?: ReadonlyMap<string, Condition>;
}

/** Pairs of name and value, for the self link. */
export type Understood = readonly (readonly [string, string])[];

export interface SearchingAll extends Faulty {
  readonly kind: 'search-system';
  /** `types` are those of `_type`; none: all that were granted */
  readonly query: SystemQuery;
  readonly ignored?: readonly string[];
}
export interface HistoryOfAll extends Faulty {
  readonly kind: 'history-system';
  readonly page: HistoryPage;
  readonly understood: Understood;
}
export interface Everything extends Faulty {
  readonly kind: 'everything';
  /** `types` are those of `_type`; none: all that were granted */
  readonly of: EverythingOf;
  readonly understood: Understood;
}
export interface Meta extends Faulty {
  readonly kind: 'meta';
  readonly type: string;
  readonly id: string;
}
/** FHIR R4 valueset-resource-validation-mode. */
export const validationModes = ['create', 'update', 'delete', 'profile'] as const;
export type ValidationMode = (typeof validationModes)[number];
/** What is sent to be validated. Without content the stored resource is meant. */
export interface ToValidate {
  readonly content?: Content;
  readonly profile?: string;
  readonly mode?: ValidationMode;
}
export interface Validating extends Faulty {
  readonly kind: 'validate';
  readonly type: string;
  /** of the stored one */
  readonly id?: string;
  readonly load: Load<ToValidate>;
}
/** Bare ids of the Patients of this server who are the person that has it; none where that is nobody, or not sure. */
export type PatientsIdentified = (identifier: PersonIdentifier) => Promise<readonly string[]>;

/**
 * Says what is wrong with a resource, as an OperationOutcome. FHIR R4 resource-operation-validate.html. `read` gives what
 * the caller may read, and nothing else.
 * @throws FhirError when it cannot be said
 */
export type Validate = (
  given: ToValidate & {
    readonly type: string;
    readonly read: (type: string, id: string) => Promise<Resource | undefined>;
    readonly signal?: AbortSignal;
  },
) => Promise<Resource>;

/** What is wrong with giving a Binary out, by the resource that it is in a record through. FHIR R4 binary.html#security. */
export type DocumentFault = (binary: Resource, through: Resource) => FhirError | undefined;

/** What a write would make of a stored resource. Absent before: it is created; absent after: it is deleted. */
export interface Change {
  readonly principal: Principal;
  readonly type: string;
  readonly id: string;
  readonly before?: Resource;
  readonly after?: Resource;
}
/** What a server has against a change that the rights allow: a rule of its own, such as whose entries a source may change. */
export type Objects = (change: Change) => FhirError | undefined | Promise<FhirError | undefined>;

/** What a server's own operation is asked, once the decision permits. */
export interface Operating extends Faulty {
  readonly kind: 'operation';
  readonly operation: OwnOperation;
  readonly at: OperationPlace;
  readonly load: Load<Omit<OperationAsked, 'signal' | keyof OperationPlace>>;
}

export type Asked = Looking | Writing | SearchingAll | HistoryOfAll | Everything | Meta | Validating | Operating;

/** A request as far as the door has understood it. */
export interface AskedRequest {
  readonly asked: Asked;
  /** of a search, for the log: without any token */
  readonly query?: string;
  readonly form?: string;
  readonly understood?: Understood;
  /** which part of each resource is wanted */
  readonly subset?: Subset;
  /** as the form of a search asks for it */
  readonly representation?: Representation;
}
