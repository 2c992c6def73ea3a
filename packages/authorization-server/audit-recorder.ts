/** Writes the events of sign-in and grants to the audit log. FHIR R4 AuditEvent; IHE BALP. */
import { randomUUIDv7 } from 'node:crypto';
import type { AuditedEvent, AuditLog, AuditRecord } from '@affinity/core/fhir/audit-event.ts';

export type AuthorizationEvent = Extract<
  AuditedEvent,
  | 'sign-in'
  | 'sign-in-failed'
  | 'sign-in-throttled'
  | 'sign-out'
  | 'second-factor'
  | 'credential-changed'
  | 'identity-linked'
  | 'patient-shown'
  | 'identifiers-shown'
  | 'identifiers-released'
  | 'patient-choice-refused'
  | 'consent-granted'
  | 'consent-denied'
  | 'emergency-access'
  | 'device-authorization'
  | 'device-code-entered'
  | 'launch-issued'
  | 'launch-used'
  | 'code-issued'
  | 'code-replayed'
  | 'token-issued'
  | 'token-refreshed'
  | 'token-exchanged'
  | 'token-refused'
  | 'refresh-token-replayed'
  | 'token-revoked'
  | 'token-introspected'
  | 'client-registered'
  | 'client-changed'
  | 'client-removed'
>;

/** Resolves when the record is durable: the answer waits for it. Never given a password, a code or a token. */
export type Record = (
  event: AuthorizationEvent,
  outcome: AuditRecord['outcome'],
  facts?: Omit<Partial<AuditRecord>, 'id' | 'recorded' | 'source' | 'event' | 'outcome'>,
) => Promise<void>;

export const createRecorder =
  (audit: AuditLog, issuer: string, now: () => Date): Record =>
  (event, outcome, facts = {}) =>
    audit.append({
      id: randomUUIDv7(),
      recorded: now().toISOString(),
      source: 'authorization-server',
      event,
      outcome,
      base: issuer,
      issuer,
      ...facts,
    });
