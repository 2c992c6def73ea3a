/** The records that a request leaves, each durable before its answer. FHIR R4 AuditEvent; IHE BALP. */
import { randomUUIDv7 } from 'node:crypto';
import type { AuditLog, AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';

/** One request as the log knows it, from the door on. */
export interface AuditSubject {
  readonly requestId: string;
  /** network address of the caller */
  readonly address?: string;
  /** the interaction, or `request` where the path names none */
  readonly event: string;
  readonly target?: string;
  /** raw query of a search, without any token */
  readonly query?: string;
  /** absent while nobody is known */
  readonly principal?: Principal;
}

export interface Verdict {
  readonly outcome: AuditRecord['outcome'];
  readonly status?: number;
  readonly reason?: string;
  /** in place of the subject's, once it is known better */
  readonly target?: string;
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

const whoIs = ({ clientId, tokenId, user, grant, patient }: Principal): Partial<AuditRecord> => ({
  client: clientId,
  token: tokenId,
  ...(user === undefined ? {} : { user }),
  ...(grant === undefined ? {} : { grant }),
  ...(patient === undefined ? {} : { patient }),
});

/** @param now epoch milliseconds */
export const createAuditTrail =
  (audit: AuditLog, source: string, now: () => number): AuditTrail =>
  async (subject, verdict) => {
    const { principal, event, requestId, address, query } = subject;
    const target = verdict.target ?? subject.target;
    const record: AuditRecord = {
      id: randomUUIDv7(),
      recorded: new Date(now()).toISOString(),
      source,
      event,
      outcome: verdict.outcome,
      requestId,
      ...(verdict.status === undefined ? {} : { status: verdict.status }),
      ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
      ...(principal === undefined ? {} : whoIs(principal)),
      ...(target === undefined ? {} : { target }),
      ...(query === undefined || query === '' ? {} : { query }),
      ...(address === undefined ? {} : { address }),
    };
    await audit.append(record).catch((cause: unknown) => {
      throw new Unrecorded(cause);
    });
  };

/** A raw query as it may be recorded: what was sent as a token is taken out (RFC 9700 §4.3.2). */
export const recordableQuery = (raw: string): string =>
  raw
    .split('&')
    .filter((pair) => !/access_token/i.test(decodeLoosely(pair)))
    .join('&')
    .slice(0, 8192);

const decodeLoosely = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return 'access_token';
  }
};
