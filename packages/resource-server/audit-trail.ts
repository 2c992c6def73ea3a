/** The records that a request leaves, each durable before its answer. FHIR R4 AuditEvent; IHE BALP. */
import { randomUUIDv7 } from 'node:crypto';
import type { AuditedEvent, AuditLog, AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import { isAtMost } from '@affinity/core/fhir/security-label.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';

/** Parameters as they were understood, in their order. */
export type Understood = readonly (readonly [string, string])[];

/** One request as the log knows it, from the door on. */
export interface AuditSubject {
  readonly requestId: string;
  /** network address of the caller */
  readonly address?: string;
  /** HTTP method of the request */
  readonly method?: string;
  /** the interaction, or `request` where the path names none */
  readonly event: AuditedEvent;
  readonly target?: string;
  /** raw query of a search, without any token */
  readonly query?: string;
  /** raw form of a search by POST, without any token */
  readonly form?: string;
  /** what was understood of the query */
  readonly understood?: Understood;
  /** absent while nobody is known */
  readonly principal?: Principal;
}

export interface Verdict {
  readonly outcome: AuditRecord['outcome'];
  readonly status?: number;
  readonly reason?: string;
  /** the rule that denied */
  readonly rule?: string;
  /** the rules that narrowed what was permitted */
  readonly because?: readonly string[];
  /** in place of the subject's, once it is known better */
  readonly target?: string;
  /** ids of the patients whose records the answer holds or the request was about */
  readonly patients?: Iterable<string>;
  /** the highest of what the answer holds or the request was about */
  readonly confidentiality?: Confidentiality;
}

/** The server as the log knows it. */
export interface AuditSource {
  /** `clinic` */
  readonly name: string;
  /** absolute URL of the FHIR base */
  readonly base?: string;
  /** `iss` of the users' subjects */
  readonly issuer?: string;
}

/** A record could not be made durable: nothing may be answered but 503. */
export class Unrecorded extends Error {
  constructor(cause: unknown) {
    super('the audit record could not be made durable', { cause });
    this.name = 'Unrecorded';
  }
}

/** Resolves when the record is durable. Rejects with Unrecorded when it cannot be. */
export type AuditTrail = (subject: AuditSubject, verdict: Verdict) => Promise<void>;

type Given<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] | undefined };

/** What is not known is left out: a record is a line of JSON. */
const known = <Fields extends object>(fields: Given<Fields>): Partial<Fields> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''),
  ) as Partial<Fields>;

const whoIs = (principal: Principal | undefined, issuer: string | undefined): Partial<AuditRecord> =>
  principal === undefined
    ? {}
    : known<AuditRecord>({
        client: principal.clientId,
        actors: principal.actors,
        token: principal.tokenId,
        user: principal.foreign?.subject ?? principal.user,
        issuer: principal.foreign?.issuer ?? (principal.user === undefined ? undefined : issuer),
        grant: principal.grant,
        patient: principal.patient,
        purpose: principal.purposes?.join(' '),
      });

const queryOf = (understood: Understood): string => understood.map(([name, value]) => `${name}=${value}`).join('&');

/** @param now epoch milliseconds */
export const createAuditTrail =
  (audit: AuditLog, { name, base, issuer }: AuditSource, now: () => number): AuditTrail =>
  async (subject, verdict) => {
    const { principal, event, requestId, address, method, query, form, understood } = subject;
    const patients = [...new Set(verdict.patients ?? [])];
    const { confidentiality = 'N' } = verdict;
    const record: AuditRecord = {
      id: randomUUIDv7(),
      recorded: new Date(now()).toISOString(),
      source: name,
      event,
      outcome: verdict.outcome,
      requestId,
      ...whoIs(principal, issuer),
      ...known<AuditRecord>({
        status: verdict.status,
        reason: verdict.reason,
        rule: verdict.rule,
        because: verdict.because?.length === 0 ? undefined : verdict.because,
        method,
        target: verdict.target ?? subject.target,
        patients: patients.length === 0 ? undefined : patients,
        confidentiality: isAtMost(confidentiality, 'N') ? undefined : confidentiality,
        query,
        form,
        understood: understood === undefined ? undefined : queryOf(understood).slice(0, recordedCharacters),
        base,
        address,
      }),
    };
    await audit.append(record).catch((cause: unknown) => {
      throw new Unrecorded(cause);
    });
  };

/** Longer queries and forms are recorded to here. */
const recordedCharacters = 8192;

/** A raw query as it may be recorded: what was sent as a token is taken out (RFC 9700 §4.3.2). */
export const recordableQuery = (raw: string): string =>
  raw
    .split('&')
    .filter((pair) => !/access_token/i.test(decodeLoosely(pair)))
    .join('&')
    .slice(0, recordedCharacters);

const decodeLoosely = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return 'access_token';
  }
};
