/** What is recorded of every decision before its answer leaves. FHIR R4 AuditEvent; IHE BALP. */

export interface AuditRecord {
  /** unique, sortable by time: uuid v7 */
  readonly id: string;
  /** instant with milliseconds, UTC */
  readonly recorded: string;
  /** the part that speaks: `clinic`, `authorization-server`… */
  readonly source: string;
  /** a FHIR interaction, or an event of sign-in and grants: `sign-in`, `sign-in-failed`, `consent-granted`, `token-issued`… */
  readonly event: string;
  readonly outcome: 'permitted' | 'denied' | 'failed';
  /** the HTTP status of the answer, where there is one */
  readonly status?: number;
  /** why a request was denied, for the log only: never sent to the caller */
  readonly reason?: string;
  readonly requestId?: string;
  readonly client?: string;
  /** subject of the user at the issuer */
  readonly user?: string;
  readonly grant?: string;
  /** jti of the access token, never the token */
  readonly token?: string;
  /** id of the patient in whose context this was asked */
  readonly patient?: string;
  readonly purpose?: string;
  /** `Type/id` or `Type/id/_history/v`, or a type for a search */
  readonly target?: string;
  /** ids of the patients whose records the answer holds or the request was about, each once */
  readonly patients?: readonly string[];
  /** raw query of a search; personal data, kept only in the audit log */
  readonly query?: string;
  /** network address of the caller */
  readonly address?: string;
}

/** Resolves when the record is durable. Rejects when it cannot be: then nothing may be answered but 503. */
export interface AuditLog {
  append(record: AuditRecord): Promise<void>;
}
