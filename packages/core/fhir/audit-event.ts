/** What is recorded of every decision before its answer leaves. FHIR R4 AuditEvent; IHE BALP. */
import type { Confidentiality } from './filter.ts';

/**
 * Everything that is recorded. What each becomes as an AuditEvent stands in one table, balp/event-forms.ts: a name that is
 * added here and not there is a type error.
 */
export const auditedEvents = [
  // interactions with records (FHIR R4 http.html)
  'read',
  'vread',
  'update',
  'patch',
  'delete',
  'history-instance',
  'history-type',
  'history-system',
  'create',
  'search-type',
  'search-system',
  'batch',
  'transaction',
  'operation',
  // a request whose path or method names no interaction
  'request',
  // sign-in, consent and tokens
  'sign-in',
  'sign-in-failed',
  'sign-in-throttled',
  'second-factor',
  'sign-out',
  'patient-shown',
  'identifiers-shown',
  'identifiers-released',
  'patient-choice-refused',
  'consent-granted',
  'consent-denied',
  'device-authorization',
  'device-code-entered',
  'launch-issued',
  'launch-used',
  'code-issued',
  'code-replayed',
  'token-issued',
  'token-refreshed',
  'token-exchanged',
  'token-refused',
  'refresh-token-replayed',
  'token-revoked',
  'token-introspected',
  // how the domain is run
  'client-registered',
  'client-changed',
  'client-removed',
  'key-rotated',
  'policy-changed',
  'label-changed',
  'role-changed',
  // how somebody signs in: password, passkey, codes; an account elsewhere that is linked, or no longer
  'credential-changed',
  'identity-linked',
  'emergency-access',
  'alerts-shown',
  'alert-acknowledged',
  'decision-explained',
  // records that leave for another organization, and that come from one
  'disclosed',
  'disclosure-received',
] as const;
export type AuditedEvent = (typeof auditedEvents)[number];

/** Fields beyond the first five may be missing in records of earlier versions; none is ever taken away. */
export interface AuditRecord {
  /** unique, sortable by time: uuid v7 */
  readonly id: string;
  /** instant with milliseconds, UTC */
  readonly recorded: string;
  /** the part that speaks: `clinic`, `authorization-server`… */
  readonly source: string;
  readonly event: AuditedEvent;
  readonly outcome: 'permitted' | 'denied' | 'failed';
  /** the HTTP status of the answer, where there is one */
  readonly status?: number;
  /** why a request was denied, for the log only: never sent to the caller */
  readonly reason?: string;
  /** the rule that denied, where a rule did */
  readonly rule?: string;
  /** the rules that narrowed what was permitted, in the order in which they were asked */
  readonly because?: readonly string[];
  readonly requestId?: string;
  readonly client?: string;
  /** servers that asked for the client with a token that they exchanged, the latest first */
  readonly actors?: readonly string[];
  /** subject of the user at the issuer */
  readonly user?: string;
  /** `iss` of the user's subject */
  readonly issuer?: string;
  readonly grant?: string;
  /** jti of the access token, never the token */
  readonly token?: string;
  /** id of the patient in whose context this was asked */
  readonly patient?: string;
  /** codes of v3-ActReason, as the token has them, separated by a space */
  readonly purpose?: string;
  /** `Type/id` or `Type/id/_history/v`, or a type for a search */
  readonly target?: string;
  /** ids of the patients whose records the answer holds or the request was about, each once */
  readonly patients?: readonly string[];
  /** how confidential what the answer holds is, or what was written, where that is above normal */
  readonly confidentiality?: Confidentiality;
  /** raw query of a search; personal data, kept only in the audit log */
  readonly query?: string;
  /** the raw form of a search by POST, or what may be kept of one to the token endpoint; personal data as well */
  readonly form?: string;
  /** what was understood of the query, as a query; personal data as well */
  readonly understood?: string;
  /** the scopes that were consented to */
  readonly scope?: string;
  /** HTTP method of the request */
  readonly method?: string;
  /** absolute URL under which the part that speaks is known: a FHIR base, or the issuer */
  readonly base?: string;
  /** network address of the caller */
  readonly address?: string;
}

/** Resolves when the record is durable. Rejects when it cannot be: then nothing may be answered but 503. */
export interface AuditLog {
  append(record: AuditRecord): Promise<void>;
}
